package sql

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Catalog knows the tables that a query can read. It decides whether names
// differ by case.
type Catalog interface {
	// Table returns the plan that reads a table or view, and whether there is one.
	Table(name string) (plan.Node, bool)
	// Names returns the names of all tables and views, for error messages.
	Names() []string
}

// Bind resolves the names of a query against the tables of a catalogue and
// makes a plan of it. Any mistake in the text is an *Error.
func (s *Statement) Bind(cat Catalog) (plan.Node, error) {
	b := &binder{text: s.text, cat: cat}
	return b.query(s.q)
}

// binder makes plans of queries.
type binder struct {
	text string
	cat  Catalog
	// named are the queries of WITH that can be read here, the inner ones last.
	named []named
	// reads counts the relations read, those inside a named query each time.
	reads int
}

type named struct {
	name  string
	node  plan.Node
	reads int
}

// maxReads bounds how many relations a query reads: queries of WITH that read
// each other twice double their number with each step.
const maxReads = 10_000

func (b *binder) fail(t token, kind error, msg, fix string) error {
	return &Error{Query: b.text, Pos: t.pos, Msg: msg, Fix: fix, Err: kind}
}

// at gives an error from package expr or plan its place; t where it has none.
func (b *binder) at(t token, err error) error { return place(b.text, t.pos, err) }

func (b *binder) query(q *query) (plan.Node, error) {
	outer := len(b.named)
	defer func() { b.named = b.named[:outer] }()
	for _, c := range q.with {
		before := b.reads
		node, err := b.query(c.q)
		if err == nil {
			node, err = b.rename(node, c.name.name(), c.cols)
		}
		if err != nil {
			return nil, err
		}
		b.named = append(b.named, named{c.name.name(), node, b.reads - before})
	}
	node, err := b.ordered(q)
	if err != nil || q.limit == nil && q.offset == nil {
		return node, err
	}
	rows, offset, tok := plan.All, int64(0), token{}
	if q.limit != nil {
		rows, tok = q.limit.rows, q.limit.tok
	}
	if q.offset != nil {
		offset, tok = q.offset.rows, q.offset.tok
	}
	limit, err := plan.NewLimit(node, rows, offset)
	if err != nil {
		return nil, b.at(tok, err)
	}
	return limit, nil
}

// ordered binds the body with its ORDER BY: only a single SELECT can be sorted
// by what it does not give.
func (b *binder) ordered(q *query) (plan.Node, error) {
	if s, ok := q.body.(*selection); ok {
		return b.selection(s, q.order)
	}
	node, err := b.body(q.body)
	if err != nil || len(q.order) == 0 {
		return node, err
	}
	return b.sortOutput(node, q.order)
}

func (b *binder) body(x body) (plan.Node, error) {
	switch x := x.(type) {
	case *selection:
		return b.selection(x, nil)
	case *union:
		return b.union(x)
	case *values:
		return b.values(x)
	case *query:
		return b.query(x)
	}
	return nil, fmt.Errorf("sql: no binding for %T", x)
}

// union puts the arms together. One Distinct over all arms up to the last
// UNION that asks for it is the same as one after each.
func (b *binder) union(u *union) (plan.Node, error) {
	var nodes []plan.Node
	for i, a := range u.arms {
		node, err := b.body(a.body)
		if err != nil {
			return nil, err
		}
		if nodes = append(nodes, node); i == 0 || i < u.distinct {
			continue
		}
		sum, err := plan.NewUnion(nodes...)
		if err != nil {
			return nil, b.at(a.tok, err)
		}
		if i > u.distinct && i < len(u.arms)-1 {
			continue
		}
		if i > u.distinct {
			return sum, nil
		}
		d, err := plan.NewDistinct(sum)
		if err != nil {
			return nil, b.at(a.tok, err)
		}
		nodes = []plan.Node{d}
	}
	return nodes[0], nil
}

// relation binds what stands in FROM.
func (b *binder) relation(r *relation) (plan.Node, error) {
	if r == nil {
		return oneRow(), nil
	}
	if r.q != nil {
		node, err := b.query(r.q)
		if err != nil {
			return nil, err
		}
		return b.aliased(node, r)
	}
	node, err := b.table(r)
	if err != nil {
		return nil, err
	}
	if _, ok := node.(*plan.Alias); !ok {
		node = &plan.Alias{Input: node, Name: r.table[len(r.table)-1]}
	}
	return b.aliased(node, r)
}

func (b *binder) aliased(node plan.Node, r *relation) (plan.Node, error) {
	node, err := b.rename(node, r.alias, r.cols)
	if err != nil || r.alias == "" {
		return node, err
	}
	return &plan.Alias{Input: node, Name: r.alias}, nil
}

// table finds a table: first among the queries of WITH, then in the catalogue.
func (b *binder) table(r *relation) (plan.Node, error) {
	if b.reads++; b.reads > maxReads {
		return nil, b.fail(r.tok, expr.ErrSyntax, fmt.Sprintf("this query reads more than %d tables", maxReads), "split it into views")
	}
	name := strings.Join(r.table, ".")
	for i := len(b.named) - 1; i >= 0 && len(r.table) == 1; i-- {
		if n := b.named[i]; strings.EqualFold(n.name, name) {
			b.reads += n.reads
			return &plan.Alias{Input: n.node, Name: n.name}, nil
		}
	}
	if b.cat != nil {
		if node, ok := b.cat.Table(name); ok {
			return node, nil
		}
	}
	return nil, b.unknownTable(r, name)
}

func (b *binder) unknownTable(r *relation, name string) error {
	var names []string
	if b.cat != nil {
		names = append(names, b.cat.Names()...)
	}
	for _, n := range b.named {
		names = append(names, n.name)
	}
	msg := "no table or view " + types.QuoteIfNeeded(name)
	if len(r.table) > 1 {
		msg = "no table or view " + name
	}
	if len(names) == 0 {
		return b.fail(r.tok, ErrUnknownTable, msg+": there are none", "make one with CreateOrReplaceTempView, or start a query that writes to memory")
	}
	fix := strings.TrimPrefix(types.DidYouMean(r.table[len(r.table)-1], names), "; ")
	shown := make([]string, 0, 31)
	for i, n := range names {
		if i == 30 {
			shown = append(shown, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		shown = append(shown, types.QuoteIfNeeded(n))
	}
	return b.fail(r.tok, ErrUnknownTable, msg+" in ("+strings.Join(shown, ", ")+")", fix)
}

// rename gives the columns of a node other names, if there are any.
func (b *binder) rename(node plan.Node, table string, names []token) (plan.Node, error) {
	if len(names) == 0 {
		return node, nil
	}
	schema := node.Schema()
	if schema.Len() != len(names) {
		return nil, b.fail(names[0], expr.ErrSyntax, fmt.Sprintf("%s has %s, and %s are given here", types.QuoteIfNeeded(table), columnCount(schema.Len()), fmt.Sprint(len(names), " names")), "name each column once")
	}
	list := make([]expr.Expr, len(names))
	for i, n := range names {
		list[i] = expr.As(expr.RefTo(schema, i), n.name())
	}
	return plan.ProjectOf(node, list), nil
}

func columnCount(n int) string {
	if n == 1 {
		return "1 column"
	}
	return fmt.Sprintf("%d columns", n)
}
