package plan

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// joinWords are the names of the types of joins, as Spark takes them.
var joinWords = map[string]JoinType{"inner": Inner, "cross": Cross, "outer": Full, "full": Full, "fullouter": Full,
	"left": Left, "leftouter": Left, "right": Right, "rightouter": Right, "semi": Semi, "leftsemi": Semi, "anti": Anti, "leftanti": Anti}

// ParseJoinType reads the name of a type of join in any case, with or without
// underscores: left, left_outer, leftouter. "" is inner.
func ParseJoinType(name string) (JoinType, error) {
	word := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	if word == "" {
		return Inner, nil
	}
	if t, ok := joinWords[word]; ok {
		return t, nil
	}
	known := []string{"inner", "left", "right", "full", "leftsemi", "leftanti", "cross"}
	return "", &expr.Error{Msg: fmt.Sprintf("no type of join %q", name),
		Fix: "use " + strings.Join(known, ", ") + types.DidYouMean(name, known), Err: expr.ErrSyntax}
}

// NewJoin joins two inputs on a condition over the columns of both, which are
// told apart by the names of their tables (Alias) where they have the same name.
// Comparisons by = or <=> of something of the left with something of the right
// become keys, both sides cast to their common type; what remains is the
// condition. Without a condition, nil, every pair matches.
func NewJoin(left, right Node, cond expr.Expr, typ JoinType) (*Join, error) {
	typ, err := ParseJoinType(string(typ))
	if err != nil {
		return nil, err
	}
	pairs := JoinOf(left, right, Inner, nil, nil, nil, nil)
	var bound expr.Expr
	if cond != nil {
		if bound, err = ScopeOf(pairs).Bind(cond); err != nil {
			return nil, err
		}
		if err := checkJoinCond(bound); err != nil {
			return nil, err
		}
	}
	return joinOn(left, right, bound, typ)
}

func checkJoinCond(bound expr.Expr) error {
	if expr.HasAggregate(bound) {
		return &expr.Error{Msg: "the join condition " + expr.Title(bound) + " calls an aggregate",
			Fix: "aggregate one side first and join its result", Err: expr.ErrAggregate}
	}
	if t := bound.Type(); t != types.Boolean && t != types.Void {
		return &expr.Error{Msg: fmt.Sprintf("a join needs a boolean condition, but %s is %s", expr.Title(bound), t.Name()),
			Fix: "compare it with a column of the other side", Err: expr.ErrType}
	}
	return nil
}

// joinOn joins on a bound condition.
func joinOn(left, right Node, bound expr.Expr, typ JoinType) (*Join, error) {
	switch {
	case bound == nil && typ == Inner:
		typ = Cross
	case bound != nil && typ == Cross:
		typ = Inner
	}
	s := splitter{width: left.Schema().Len()}
	if bound != nil {
		s.split(bound)
	}
	return JoinOf(left, right, typ, s.left, s.right, s.safe, s.rest), nil
}

// splitter divides a condition into pairs of keys and the rest.
type splitter struct {
	width       int // columns of the left input
	left, right []expr.Expr
	safe        []bool
	rest        expr.Expr
}

func (s *splitter) split(e expr.Expr) {
	c, ok := expr.Unalias(e).(*expr.Call)
	if ok && c.Name == "and" {
		s.split(c.Args[0])
		s.split(c.Args[1])
		return
	}
	if ok && (c.Name == "=" || c.Name == "<=>") && expr.Deterministic(c) && s.pair(c) {
		return
	}
	if s.rest == nil {
		s.rest = e
		return
	}
	if both, err := expr.BindCall(expr.NewCall("and", s.rest, e)); err == nil { // of two booleans it never fails
		s.rest = both
	}
}

// pair makes keys of the two sides of a comparison, if each looks at one input.
func (s *splitter) pair(c *expr.Call) bool {
	for k := range 2 {
		l, r := c.Args[k], c.Args[1-k]
		if s.side(l) == leftSide && s.side(r) == rightSide && Comparable(l.Type()) {
			s.left, s.right = append(s.left, l), append(s.right, shift(r, -s.width))
			s.safe = append(s.safe, c.Name == "<=>")
			return true
		}
	}
	return false
}

// Comparable tells whether values of a type can be keys of a join.
func Comparable(t types.Type) bool { return Orderable(t) || t == types.Interval }

// The inputs that an expression looks at, as bits.
const (
	leftSide  = 1
	rightSide = 2
)

func (s *splitter) side(e expr.Expr) int {
	side := 0
	expr.Walk(e, func(e expr.Expr) bool {
		if r, ok := e.(*expr.Ref); ok && r.Index < s.width {
			side |= leftSide
		} else if ok {
			side |= rightSide
		}
		return true
	})
	return side
}

// shift moves the references of a bound expression by n columns.
func shift(e expr.Expr, n int) expr.Expr {
	out, err := expr.Transform(e, func(e expr.Expr) (expr.Expr, error) {
		r, ok := e.(*expr.Ref)
		if !ok {
			return e, nil
		}
		moved := *r
		moved.Index += n
		return &moved, nil
	})
	if err != nil {
		return e // the function above has no errors
	}
	return out
}

// NewUsingJoin joins on columns that both inputs have by name. The result has
// each of them once, first, then the other columns of the left and of the right:
// the left one, for Right the right one, for Full whichever is not null.
func NewUsingJoin(left, right Node, names []string, typ JoinType) (Node, error) {
	typ, err := ParseJoinType(string(typ))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, &expr.Error{Msg: "a join using no column", Fix: "name the columns that both sides have, or use CrossJoin", Err: expr.ErrSyntax}
	}
	u := using{left: left, right: right}
	var cond expr.Expr
	for _, name := range names {
		eq, err := u.add(name)
		if err != nil {
			return nil, err
		}
		if cond == nil {
			cond = eq
		} else if cond, err = expr.BindCall(expr.NewCall("and", cond, eq)); err != nil {
			return nil, err
		}
	}
	j, err := joinOn(left, right, cond, typ)
	if err != nil || j.Type == Semi || j.Type == Anti {
		return j, err
	}
	return u.project(j)
}

// using is a join by names that is being built: the numbers of the columns.
type using struct {
	left, right Node
	l, r        []int
}

// add finds a column on both sides and returns their comparison.
func (u *using) add(name string) (expr.Expr, error) {
	l, err := usingColumn(u.left, "left", name)
	if err != nil {
		return nil, err
	}
	r, err := usingColumn(u.right, "right", name)
	if err != nil {
		return nil, err
	}
	u.l, u.r = append(u.l, l), append(u.r, r)
	right := expr.RefTo(u.right.Schema(), r)
	right.Index += u.left.Schema().Len()
	return expr.BindCall(expr.NewCall("=", expr.RefTo(u.left.Schema(), l), right))
}

func usingColumn(n Node, side, name string) (int, error) {
	i, err := n.Schema().Index(name)
	if err != nil {
		return 0, &expr.Error{Msg: "the " + side + " side of the join: " + err.Error(), Fix: "rename one of them", Err: types.ErrAmbiguous}
	}
	if i < 0 {
		names := n.Schema().Names()
		return 0, &expr.Error{Msg: fmt.Sprintf("no column %s on the %s side of the join (%s)", types.QuoteIfNeeded(name), side, strings.Join(names, ", ")),
			Fix: strings.TrimPrefix(types.DidYouMean(name, names), "; "), Err: expr.ErrUnknownColumn}
	}
	return i, nil
}

// project keeps one copy of the columns that were joined by.
func (u *using) project(j *Join) (Node, error) {
	var list []expr.Expr
	width, drop := u.left.Schema().Len(), map[int]bool{}
	for k := range u.l {
		l, r := expr.RefTo(j.schema, u.l[k]), expr.RefTo(j.schema, width+u.r[k])
		drop[u.l[k]], drop[width+u.r[k]] = true, true
		switch j.Type {
		case Right:
			list = append(list, r)
		case Full:
			either, err := expr.BindCall(expr.NewCall("coalesce", l, r))
			if err != nil {
				return nil, err
			}
			list = append(list, expr.As(either, l.Name))
		default:
			list = append(list, l)
		}
	}
	for i := range j.schema.Len() {
		if !drop[i] {
			list = append(list, expr.RefTo(j.schema, i))
		}
	}
	return ProjectOf(j, list), nil
}
