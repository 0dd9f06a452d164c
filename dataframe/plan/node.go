package plan

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Node is a node of a logical plan.
type Node interface {
	// String is one line of explain: the node without its inputs.
	fmt.Stringer
	// Children are the inputs, in order.
	Children() []Node
	// WithChildren returns a copy with other inputs of the same schemas.
	WithChildren(inputs []Node) Node
	// Exprs are the expressions that the node computes, in a fixed order.
	Exprs() []expr.Expr
	// WithExprs returns a copy with other expressions, as many as before.
	WithExprs(exprs []expr.Expr) Node
	// Schema is that of the rows the node gives.
	Schema() *types.Schema
}

// Transform rewrites a plan from the leaves up, as expr.Transform does.
func Transform(n Node, f func(Node) (Node, error)) (Node, error) {
	changed, err := expr.Changed(n.Children(), func(c Node) (Node, error) { return Transform(c, f) })
	if err != nil {
		return nil, err
	}
	if changed != nil {
		n = n.WithChildren(changed)
	}
	return f(n)
}

// Walk calls f for each node, parents first, as long as f returns true for the
// parent.
func Walk(n Node, f func(Node) bool) {
	if !f(n) {
		return
	}
	for _, c := range n.Children() {
		Walk(c, f)
	}
}

// Streaming tells whether a plan reads from a stream.
func Streaming(n Node) bool {
	found := false
	Walk(n, func(n Node) bool {
		if s, ok := n.(*Scan); ok && s.Streaming {
			found = true
		}
		return !found
	})
	return found
}

// Tree is a node of a tree that Format can draw.
type Tree[T any] interface {
	fmt.Stringer
	Children() []T
}

// Format draws a plan, logical or physical, as Spark's explain does: a node a
// line, each line ended.
func Format[T Tree[T]](root T) string {
	var b strings.Builder
	draw(&b, root, "", "")
	return b.String()
}

func draw[T Tree[T]](b *strings.Builder, n T, first, rest string) {
	b.WriteString(first + n.String() + "\n")
	children := n.Children()
	for i, c := range children {
		if i == len(children)-1 {
			draw(b, c, rest+"+- ", rest+"   ")
		} else {
			draw(b, c, rest+":- ", rest+":  ")
		}
	}
}

// ScopeOf returns what names mean in an expression over the rows of n: its
// columns, under the names of the tables they come from.
func ScopeOf(n Node) *expr.Scope { return &expr.Scope{Schema: n.Schema(), Tables: tables(n)} }

// tables returns the table name of each column of n, nil where none has one.
func tables(n Node) []string {
	switch n := n.(type) {
	case *Alias:
		out := make([]string, n.Schema().Len())
		for i := range out {
			out[i] = n.Name
		}
		return out
	case *Filter, *Sort, *Limit, *Distinct, *Watermark, *Dedup:
		return tables(n.Children()[0])
	case *TimeWindow:
		if in := tables(n.Input); in != nil {
			return append(in[:len(in):len(in)], "")
		}
	case *Project:
		return n.tables()
	case *Join:
		return n.tables()
	case *Upsert:
		return tables(n.Input)
	case *AsChanges:
		return n.tables()
	}
	return nil
}

func exprList(list []expr.Expr) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// columns returns the schema of a list of bound expressions.
func columns(list []expr.Expr) *types.Schema {
	fields := make([]types.Field, len(list))
	for i, e := range list {
		fields[i] = types.Field{Name: expr.OutputName(e), Type: e.Type(), Nullable: e.Nullable()}
	}
	return types.NewSchema(fields...)
}
