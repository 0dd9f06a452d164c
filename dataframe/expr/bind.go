package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Scope is what the names of an expression can mean: the columns of its input,
// each with the name of the table it came from.
type Scope struct {
	Schema *types.Schema
	// Tables has the table of each column, "" where there is none; nil: none has.
	Tables []string
}

// Bind resolves e. It refuses stars, sort keys inside, and unknown names.
func (s *Scope) Bind(e Expr) (Expr, error) {
	return Transform(e, func(e Expr) (Expr, error) {
		switch e := e.(type) {
		case *Name:
			return s.name(e)
		case *Star:
			return nil, &Error{e.Pos, "a star stands only alone in a select list or in count(*)", "name the column", ErrSyntax}
		case *Extract:
			return s.extract(e)
		case *Call:
			return BindCall(e)
		case *Cast:
			return bindCast(e)
		}
		return e, nil
	})
}

// BindList resolves a select list: it replaces stars by their columns.
func (s *Scope) BindList(list []Expr) ([]Expr, error) {
	var out []Expr
	for _, e := range list {
		star, ok := e.(*Star)
		if !ok {
			b, err := s.Bind(e)
			if err != nil {
				return nil, err
			}
			out = append(out, Named(e, b))
			continue
		}
		cols, err := s.star(star)
		if err != nil {
			return nil, err
		}
		out = append(out, cols...)
	}
	return out, nil
}

func (s *Scope) star(star *Star) ([]Expr, error) {
	var out []Expr
	if len(star.Target) <= 1 {
		for i := range s.Schema.Len() {
			if len(star.Target) == 0 || strings.EqualFold(s.table(i), star.Target[0]) {
				out = append(out, RefTo(s.Schema, i))
			}
		}
		if len(out) > 0 || len(star.Target) == 0 {
			return out, nil
		}
	}
	e, err := s.Bind(&Name{star.Target, star.Pos})
	if err != nil {
		return nil, err
	}
	st, ok := e.Type().(types.Struct)
	if !ok {
		return nil, &Error{star.Pos, fmt.Sprintf("%s is %s, and only a struct has fields for %s", e, article(e.Type().Name()), star), "", ErrType}
	}
	for i := range st.Fields {
		f := &Field{e, i}
		out = append(out, &Alias{f, f.Name()})
	}
	return out, nil
}

func (s *Scope) table(i int) string {
	if s.Tables == nil {
		return ""
	}
	return s.Tables[i]
}

// name resolves a name: a column, then a column of a table, and what parts
// remain as fields.
func (s *Scope) name(n *Name) (Expr, error) {
	i, err := s.Schema.Index(n.Parts[0])
	rest := n.Parts[1:]
	if len(rest) > 0 && s.Tables != nil {
		if j, err2 := s.qualified(n.Parts[0], rest[0]); j >= 0 || err2 != nil {
			i, err, rest = j, err2, rest[1:]
		}
	}
	if err != nil {
		return nil, &Error{n.Pos, err.Error(), "rename one of them, or write the table's name before it", types.ErrAmbiguous}
	}
	if i < 0 {
		return nil, s.unknown(n)
	}
	ref := RefTo(s.Schema, i)
	ref.Name = n.Parts[len(n.Parts)-len(rest)-1]
	var e Expr = ref
	for k, part := range rest {
		f, err := fieldOf(e, part, n.Pos)
		if err != nil {
			return nil, s.dotted(n, dottedField(e, rest[k:], n.Pos, err))
		}
		e = f
	}
	return e, nil
}

func (s *Scope) qualified(table, column string) (int, error) {
	found := -1
	for i := range s.Schema.Len() {
		if strings.EqualFold(s.Tables[i], table) && strings.EqualFold(s.Schema.Field(i).Name, column) {
			if found >= 0 {
				return -1, fmt.Errorf("%w: %s has two columns called %s", types.ErrAmbiguous, table, types.QuoteIfNeeded(column))
			}
			found = i
		}
	}
	return found, nil
}

func (s *Scope) unknown(n *Name) error {
	err := &Error{Pos: n.Pos, Msg: fmt.Sprintf("no column %s in (%s)", n, columnList(s.Schema)), Err: ErrUnknownColumn}
	err.Fix = strings.TrimPrefix(types.DidYouMean(n.Parts[len(n.Parts)-1], s.candidates(n)), "; ")
	return s.dotted(n, err)
}

// candidates are the columns that a name may have meant: those of the table that
// it names, or all.
func (s *Scope) candidates(n *Name) []string {
	var all, own []string
	for i := range s.Schema.Len() {
		name := s.Schema.Field(i).Name
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
		if strings.EqualFold(s.table(i), n.Parts[0]) {
			own = append(own, name)
		}
	}
	if len(n.Parts) > 1 && len(own) > 0 {
		return own
	}
	return all
}

// dotted adds the way out where an unquoted dot was meant as part of a name.
func (s *Scope) dotted(n *Name, err error) error {
	whole := strings.Join(n.Parts, ".")
	if i, err2 := s.Schema.Index(whole); len(n.Parts) > 1 && err2 == nil && i >= 0 {
		return &Error{n.Pos, fmt.Sprintf("no column %s: an unquoted dot takes a field of a struct", n),
			fmt.Sprintf("the column's own name holds a dot: write `%s` in backquotes", s.Schema.Field(i).Name), ErrUnknownColumn}
	}
	return err
}

// dottedField is dotted for a field of a struct.
func dottedField(e Expr, rest []string, pos int, err error) error {
	t, ok := e.Type().(types.Struct)
	if !ok || len(rest) < 2 {
		return err
	}
	whole := strings.Join(rest, ".")
	if i, err2 := t.Schema().Index(whole); err2 == nil && i >= 0 {
		return &Error{pos, fmt.Sprintf("%s has no field %s: an unquoted dot takes a field of a struct", e, types.QuoteIfNeeded(rest[0])),
			fmt.Sprintf("the field's own name holds a dot: write %s.`%s`, with backquotes", e, t.Fields[i].Name), ErrUnknownColumn}
	}
	return err
}

func columnList(s *types.Schema) string {
	names := s.Names()
	for i := range names {
		names[i] = types.QuoteIfNeeded(names[i])
	}
	if len(names) > 30 {
		names = append(names[:30], fmt.Sprintf("and %d more", len(names)-30))
	}
	return strings.Join(names, ", ")
}

func fieldOf(e Expr, name string, pos int) (Expr, error) {
	switch t := e.Type().(type) {
	case types.Struct:
		i, err := t.Schema().Index(name)
		if err != nil {
			return nil, &Error{pos, err.Error(), "", types.ErrAmbiguous}
		}
		if i < 0 {
			return nil, &Error{pos, fmt.Sprintf("%s has no field %s in (%s)", e, types.QuoteIfNeeded(name), columnList(t.Schema())),
				strings.TrimPrefix(types.DidYouMean(name, t.Schema().Names()), "; "), ErrUnknownColumn}
		}
		return &Field{e, i}, nil
	case types.Map:
		if t.Key == types.String {
			return BindCall(&Call{Name: "element_at_or_null", Args: []Expr{e, &Literal{name, types.String}}, Pos: pos})
		}
	}
	return nil, &Error{pos, fmt.Sprintf("%s is %s, which has no fields: %s cannot be taken from it", e, article(e.Type().Name()), types.QuoteIfNeeded(name)), "", ErrType}
}

// extract resolves child[key]. An array counts from 0 here; what is beyond its
// end is an error, or null where ANSI mode is off.
func (s *Scope) extract(x *Extract) (Expr, error) {
	if name, ok := x.literalKey(); ok {
		return fieldOf(x.Child, name, x.Pos)
	}
	switch x.Child.Type().(type) {
	case types.Array:
		return BindCall(&Call{Name: "item", Args: []Expr{x.Child, x.Key}, Pos: x.Pos})
	case types.Map:
		return BindCall(&Call{Name: "element_at_or_null", Args: []Expr{x.Child, x.Key}, Pos: x.Pos})
	}
	return nil, &Error{x.Pos, fmt.Sprintf("%s is %s: only arrays, maps and structs have parts", x.Child, article(x.Child.Type().Name())), "", ErrType}
}

// BindCall resolves a call whose arguments are bound: it finds the function,
// casts the arguments and computes the type.
func BindCall(c *Call) (Expr, error) {
	fn, ok := Lookup(c.Name)
	if !ok {
		return nil, &Error{c.Pos, "no function " + c.Name, strings.TrimPrefix(types.DidYouMean(c.Name, functionNames()), "; "), ErrUnknownFunction}
	}
	if c.Distinct && fn.Kind != Aggregate {
		return nil, &Error{c.Pos, fn.Name + " is no aggregate: DISTINCT means nothing in it", "leave DISTINCT out", ErrAggregate}
	}
	want, result, err := fn.Bind(c.Args)
	if err != nil {
		return nil, callError(c, fn, err)
	}
	if fn.Name == "nullif" && !types.SameShape(c.Args[0].Type(), want[0]) {
		return bindNullIf(c)
	}
	out := &Call{Name: fn.Name, Args: make([]Expr, len(c.Args)), Distinct: c.Distinct, Pos: c.Pos, fn: fn, t: result,
		written: c.written, shown: c.shown}
	if low := strings.ToLower(c.Name); low != strings.ToLower(fn.Name) {
		out.written = low
	}
	for i, a := range c.Args {
		out.Args[i] = coerce(a, want[i])
	}
	out.null = fn.nullable(out.Args, result)
	return out, nil
}

func callError(c *Call, fn *Function, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	fix := e.Fix
	if fix == "" && fn.Usage != "" {
		fix = "write " + fn.Usage
	}
	pos := e.Pos
	if pos == 0 {
		pos = c.Pos
	}
	return &Error{pos, fn.Name + ": " + e.Msg, fix, e.Err}
}

func bindCast(c *Cast) (Expr, error) {
	if !Castable(c.Child.Type(), c.To) {
		return nil, &Error{c.Pos, fmt.Sprintf("%s is %s and cannot be cast to %s", c.Child, article(c.Child.Type().Name()), c.To.Name()), "", ErrType}
	}
	if l, ok := c.Child.(*Literal); ok && l.Value == nil {
		return &Literal{nil, c.To}, nil
	}
	return c, nil
}
