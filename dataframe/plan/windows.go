package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
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

// Lower puts the window's column in the place of a call.
func (w *Windows) Lower(e expr.Expr) (expr.Expr, error) {
	if expr.HasWindow(e) == nil {
		return e, nil
	}
	return expr.Transform(e, func(e expr.Expr) (expr.Expr, error) {
		if c, ok := e.(*expr.Call); ok && expr.HasWindow(c) == c {
			return w.column(c)
		}
		return e, nil
	})
}

// LowerList lowers a select list. Where it has windows, stars stand for the
// columns of the input alone.
func (w *Windows) LowerList(list []expr.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, 0, len(list))
	for _, e := range list {
		low, err := w.Lower(e)
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
