package optimize

import (
	"slices"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// pushFilter brings conditions nearer to the source, so that less is computed
// for rows that are dropped in the end. What would then be computed twice stays
// where it is, and so does a condition that could fail for rows which another
// one, left behind, kept away from it. None goes below a watermark: it would then
// see fewer rows, and be another one.
func pushFilter(n plan.Node, _ Options) plan.Node {
	f, ok := n.(*plan.Filter)
	if !ok || !expr.Deterministic(f.Cond) {
		return n
	}
	switch in := f.Input.(type) {
	case *plan.Sort, *plan.Distinct, *plan.Alias:
		return in.WithChildren([]plan.Node{pushed(in.Children()[0], f.Cond)})
	case *plan.TimeWindow:
		return belowWindow(f, in)
	case *plan.Dedup:
		return below(f, in, refs(in), func(part expr.Expr) bool {
			some, all := refers(part, func(i int) bool { return slices.Contains(in.Keys, i) })
			return some && all
		})
	case *plan.Union:
		return belowUnion(f, in)
	case *plan.Join:
		return belowJoin(f, in)
	case *plan.Upsert:
		return below(f, in, columnsOf(in, -1), func(part expr.Expr) bool {
			some, all := refers(part, func(i int) bool { return slices.Contains(in.Keys, i) })
			return some && all
		})
	case *plan.AsChanges:
		return below(f, in, columnsOf(in.Input, in.Column), safe)
	case *plan.Project:
		if !deterministic(in.List) {
			return n
		}
		return below(f, in, in.List, belowProject(in))
	case *plan.Aggregate:
		return below(f, in, in.Keys, func(part expr.Expr) bool {
			some, all := refers(part, func(i int) bool {
				return i < len(in.Keys) && cheap(in.Keys[i]) && (in.Session == nil || i != *in.Session)
			})
			return some && all && deterministic(in.Keys)
		})
	}
	return n
}

// columnsOf are references to the columns of a node but one; -1 is none.
func columnsOf(n plan.Node, but int) []expr.Expr {
	var out []expr.Expr
	for i := range n.Schema().Len() {
		if i != but {
			out = append(out, expr.RefTo(n.Schema(), i))
		}
	}
	return out
}

// pushed filters a node, as far down as the condition goes.
func pushed(in plan.Node, cond expr.Expr) plan.Node {
	return pushFilter(&plan.Filter{Input: in, Cond: cond}, Options{})
}

// belowProject tells of a part of a condition whether it goes below a
// projection: where it looks at columns that pass through, or at cheap ones and
// the projection computes others that are not.
func belowProject(p *plan.Project) func(expr.Expr) bool {
	ok := free
	for _, e := range p.List {
		if !cheap(e) {
			ok = cheap
		}
	}
	return func(part expr.Expr) bool {
		_, all := refers(part, func(i int) bool { return ok(p.List[i]) })
		return all
	}
}

// below divides a condition over the columns of list, which in gives, into what
// goes below in and what stays.
func below(f *plan.Filter, in plan.Node, list []expr.Expr, goes func(expr.Expr) bool) plan.Node {
	var down, stay []expr.Expr
	for _, part := range conjuncts(f.Cond) {
		if goes(part) && (len(stay) == 0 || safe(part)) {
			if under, ok := substitute(part, list); ok {
				down = append(down, under)
				continue
			}
		}
		stay = append(stay, part)
	}
	if len(down) == 0 {
		return f
	}
	cond, err := conjunction(down)
	if err != nil {
		return f
	}
	out := in.WithChildren([]plan.Node{pushed(in.Children()[0], cond)})
	if len(stay) == 0 {
		return out
	}
	if cond, err = conjunction(stay); err != nil {
		return f
	}
	return &plan.Filter{Input: out, Cond: cond}
}

// belowWindow filters rows before they are put into windows, by what does not look
// at the window. What could fail stays, unless all rows have a window: a row
// without a time is kept away from it.
func belowWindow(f *plan.Filter, w *plan.TimeWindow) plan.Node {
	if !deterministic(w.Exprs()) {
		return f
	}
	own := w.Input.Schema().Len()
	whole := w.Gap == nil && !w.Time.Nullable()
	return below(f, w, refs(w), func(part expr.Expr) bool {
		_, all := refers(part, func(i int) bool { return i < own })
		return all && (whole || safe(part))
	})
}

// refs are references to all columns of n.
func refs(n plan.Node) []expr.Expr {
	out := make([]expr.Expr, n.Schema().Len())
	for i := range out {
		out[i] = expr.RefTo(n.Schema(), i)
	}
	return out
}

// belowUnion filters each input, if the condition can be said of all of them.
func belowUnion(f *plan.Filter, u *plan.Union) plan.Node {
	inputs := make([]plan.Node, len(u.Inputs))
	for i, in := range u.Inputs {
		cond, ok := substitute(f.Cond, refs(in))
		if !ok {
			return f
		}
		inputs[i] = pushed(in, cond)
	}
	return u.WithChildren(inputs)
}
