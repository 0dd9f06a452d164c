package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Windows lowers calls of window and session_window to a TimeWindow. All
// expressions of one select list and its grouping keys go through the same
// Windows, before they are bound; they may then name the window's column.
type Windows struct {
	in   Node
	call *expr.Call // bound
	node *TimeWindow
}

// NewWindows lowers calls over the rows of in.
func NewWindows(in Node) *Windows { return &Windows{in: in} }

// Node returns the input, under the windows that were called for.
func (w *Windows) Node() Node {
	if w.node == nil {
		return w.in
	}
	return w.node
}

// Lower puts the window's column in the place of a call. A name that the input
// has as well means the input's column.
func (w *Windows) Lower(e expr.Expr) (expr.Expr, error) { return w.lower(e, false) }

// LowerGrouped is Lower for what is computed of groups: outside aggregates, where
// a column of the input means nothing, a name means the window.
func (w *Windows) LowerGrouped(e expr.Expr) (expr.Expr, error) { return w.lower(e, true) }

func (w *Windows) lower(e expr.Expr, grouped bool) (expr.Expr, error) {
	switch e := e.(type) {
	case *expr.Name:
		return w.name(e, grouped), nil
	case *expr.Call:
		if fn, ok := expr.Lookup(e.Name); ok && fn.Kind == expr.Windowing {
			return w.column(e)
		}
		grouped = grouped && !e.IsAggregate()
	}
	changed, err := expr.Changed(e.Children(), func(c expr.Expr) (expr.Expr, error) { return w.lower(c, grouped) })
	if changed == nil || err != nil {
		return e, err
	}
	return e.WithChildren(changed), nil
}

// name decides what a name means that both the window and a column of the input
// have.
func (w *Windows) name(n *expr.Name, grouped bool) expr.Expr {
	if w.node == nil || !strings.EqualFold(n.Parts[0], w.node.Name) {
		return n
	}
	at, err := w.in.Schema().Index(n.Parts[0])
	if err != nil || at < 0 {
		return n
	}
	var out expr.Expr = expr.RefTo(w.in.Schema(), at)
	if grouped {
		out = expr.RefTo(w.node.Schema(), w.in.Schema().Len())
	}
	for _, part := range n.Parts[1:] {
		out = &expr.Extract{Child: out, Key: &expr.Literal{Value: part, T: types.String}, Pos: n.Pos}
	}
	return out
}

// LowerList lowers a select list, of groups or of rows. Where it has windows, stars
// stand for the columns of the input alone.
func (w *Windows) LowerList(list []expr.Expr, grouped bool) ([]expr.Expr, error) {
	out := make([]expr.Expr, 0, len(list))
	for _, e := range list {
		low, err := w.lower(e, grouped)
		if err != nil {
			return nil, err
		}
		out = append(out, low)
	}
	if w.node == nil {
		return list, nil
	}
	return w.unstar(out)
}

func (w *Windows) unstar(list []expr.Expr) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, e := range list {
		star, ok := e.(*expr.Star)
		if !ok {
			out = append(out, e)
			continue
		}
		cols, err := ScopeOf(w.in).BindList([]expr.Expr{star})
		if err != nil {
			return nil, err
		}
		out = append(out, cols...)
	}
	return out, nil
}

func (w *Windows) column(c *expr.Call) (expr.Expr, error) {
	bound, err := ScopeOf(w.in).Bind(c)
	if err != nil {
		return nil, err
	}
	call := bound.(*expr.Call)
	switch {
	case hasWindow(call.Args):
		return nil, &expr.Error{Pos: c.Pos, Msg: expr.Title(call) + " is a window of a window that is not there yet", Fix: "make the windows one after the other", Err: expr.ErrSyntax}
	case expr.HasAggregate(call):
		return nil, &expr.Error{Pos: c.Pos, Msg: "the window " + expr.Title(call) + " calls an aggregate", Fix: "make windows of a time of the row", Err: expr.ErrAggregate}
	case w.node == nil:
		if w.node, err = NewTimeWindow(w.in, call); err != nil {
			return nil, err
		}
		w.call = call
	case !expr.Equal(w.call, call):
		return nil, &expr.Error{Pos: c.Pos, Msg: fmt.Sprintf("two windows, %s and %s: each row would be in every pair of them", expr.Title(w.call), expr.Title(call)),
			Fix: "make the windows one after the other", Err: expr.ErrAggregate}
	}
	return expr.RefTo(w.node.Schema(), w.in.Schema().Len()), nil
}

func hasWindow(list []expr.Expr) bool {
	return slices.ContainsFunc(list, func(e expr.Expr) bool { return expr.HasWindow(e) != nil })
}

// noWindow refuses a window where a node makes no rows of it.
func noWindow(e expr.Expr) error {
	c := expr.HasWindow(e)
	if c == nil {
		return nil
	}
	return &expr.Error{Pos: c.Pos, Msg: expr.Title(c) + " stands only in a grouping key or a select list: it may make several rows of one",
		Fix: "add it as a column first, and use that", Err: expr.ErrSyntax}
}

// sessionKey returns which of some grouping keys over in is a session: the parts
// of it that touch are then merged. It is nil where none is.
func sessionKey(in Node, keys []expr.Expr) *int {
	for i, k := range keys {
		if r, ok := expr.Unalias(k).(*expr.Ref); ok && isSession(in, r.Index) {
			return &i
		}
	}
	return nil
}

// isSession tells whether a column holds parts of sessions that no aggregate has
// merged yet.
func isSession(n Node, col int) bool {
	switch n := n.(type) {
	case *TimeWindow:
		if col == n.Input.Schema().Len() {
			return n.Gap != nil
		}
		return isSession(n.Input, col)
	case *Filter, *Sort, *Limit, *Alias, *Watermark, *Distinct, *Dedup:
		return isSession(n.Children()[0], col)
	case *Project:
		r, ok := expr.Unalias(n.List[col]).(*expr.Ref)
		return ok && isSession(n.Input, r.Index)
	case *Union:
		for _, in := range n.Inputs {
			if !isSession(in, col) {
				return false
			}
		}
		return true
	}
	return false
}
