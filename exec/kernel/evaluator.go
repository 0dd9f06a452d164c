package kernel

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// Evaluator computes one bound expression. It belongs to one task: it keeps
// scratch memory and is not safe for concurrent use.
type Evaluator struct{ list *List }

// Compile prepares a bound expression. It fails where a function has no kernel,
// or a constant argument is wrong (a bad pattern).
func Compile(e expr.Expr) (*Evaluator, error) {
	list, err := CompileList([]expr.Expr{e})
	if err != nil {
		return nil, err
	}
	return &Evaluator{list}, nil
}

// Eval computes the selected rows of a batch. The result has rows.N rows, or is
// a constant; see Value. An error that a row caused is a *RowError.
func (ev *Evaluator) Eval(env *Env, rec arrow.RecordBatch, rows Rows) (Value, error) {
	out, err := ev.list.Eval(env, rec, rows)
	if err != nil {
		return Value{}, err
	}
	return out[0], nil
}

// List computes several expressions over the same rows; what they have in
// common is computed once. It belongs to one task, as an Evaluator does.
type List struct {
	nodes []node
	run   run
}

// CompileList prepares bound expressions, in order.
func CompileList(list []expr.Expr) (*List, error) {
	c := &compiler{seen: map[string][]*shared{}}
	l := &List{nodes: make([]node, len(list))}
	for i, e := range list {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		l.nodes[i] = n
	}
	l.run.slots = make([]slot, c.slots)
	return l, nil
}

// Eval computes the selected rows of a batch: one value for each expression.
func (l *List) Eval(env *Env, rec arrow.RecordBatch, rows Rows) ([]Value, error) {
	r := l.run.begin(env, rec, rows)
	defer r.end()
	out := make([]Value, len(l.nodes))
	for i, n := range l.nodes {
		v, err := n.eval(r, rows)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// run is the state of one evaluation.
type run struct {
	env   *Env
	rec   arrow.RecordBatch
	root  Rows
	slots []slot
	plain map[int]arrow.Array // columns of views, as plain arrays
	// rewrites says that selections are narrowed in place, so that nothing
	// may be kept for them.
	rewrites bool
}

// slot holds the value of a shared expression and the rows it was computed for.
type slot struct {
	set   bool
	value Value
	rows  Rows
}

func (r *run) begin(env *Env, rec arrow.RecordBatch, rows Rows) *run {
	r.env, r.rec, r.root = env, rec, rows
	return r
}

// end forgets the batch, so that it can be collected.
func (r *run) end() {
	r.env, r.rec, r.root, r.plain = nil, nil, Rows{}, nil
	clear(r.slots)
}

// node is a compiled expression.
type node interface {
	eval(r *run, rows Rows) (Value, error)
}

// compiler turns expressions into nodes, equal ones into the same node.
type compiler struct {
	seen  map[string][]*shared
	slots int
}

func (c *compiler) compile(e expr.Expr) (node, error) {
	e = expr.Unalias(e)
	if e.Type() == nil {
		return nil, fmt.Errorf("%s is not bound", e)
	}
	switch e := e.(type) {
	case *expr.Ref:
		return &column{index: e.Index}, nil
	case *expr.Literal:
		return newConstant(e)
	}
	if !expr.Deterministic(e) {
		return c.build(e)
	}
	key := e.String()
	for _, s := range c.seen[key] {
		if expr.Equal(s.expr, e) {
			s.uses++
			return s, nil
		}
	}
	n, err := c.build(e)
	if err != nil {
		return nil, err
	}
	s := &shared{node: n, expr: e, slot: c.slots, uses: 1}
	c.slots++
	c.seen[key] = append(c.seen[key], s)
	return s, nil
}

func (c *compiler) build(e expr.Expr) (node, error) {
	switch e := e.(type) {
	case *expr.Call:
		return c.call(e)
	case *expr.Cast:
		return c.cast(e)
	case *expr.Field:
		child, err := c.compile(e.Child)
		return &field{child: child, index: e.Index}, err
	}
	return nil, fmt.Errorf("%s (%T) cannot be computed for a row", e, e)
}

func (c *compiler) compileAll(list []expr.Expr) ([]node, error) {
	nodes := make([]node, len(list))
	for i, e := range list {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
	}
	return nodes, nil
}

// shared is a node that several expressions may use. Its value is kept for the
// evaluation, and used again where it was computed for the same rows, or for
// all that the evaluation is about: a lazy branch sees fewer rows, and what was
// computed for it alone says nothing about the others.
type shared struct {
	node node
	expr expr.Expr
	slot int
	uses int
}

func (s *shared) eval(r *run, rows Rows) (Value, error) {
	if s.uses == 1 {
		return s.node.eval(r, rows)
	}
	if kept := &r.slots[s.slot]; kept.set && (sameRows(kept.rows, rows) || sameRows(kept.rows, r.root)) {
		return kept.value, nil
	}
	v, err := s.node.eval(r, rows)
	if err == nil && (!r.rewrites || sameRows(rows, r.root)) {
		r.slots[s.slot] = slot{true, v, rows}
	}
	return v, err
}

// sameRows tells whether two row sets are one and the same.
func sameRows(a, b Rows) bool {
	if a.N != b.N || (a.Sel == nil) != (b.Sel == nil) || len(a.Sel) != len(b.Sel) {
		return false
	}
	return len(a.Sel) == 0 || &a.Sel[0] == &b.Sel[0]
}
