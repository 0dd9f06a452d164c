package optimize

import (
	"math"

	"github.com/riffledata/riffle/dataframe/plan"
)

// limits brings limits below projections, makes one of two in a row, and removes
// one that takes all.
func limits(n plan.Node, _ Options) plan.Node {
	l, ok := n.(*plan.Limit)
	if !ok {
		return n
	}
	if l.Rows == plan.All && l.Offset == 0 {
		return l.Input
	}
	switch in := l.Input.(type) {
	case *plan.Project:
		if deterministic(in.List) && (!plan.Streaming(in) || ordered(in)) {
			return in.WithChildren([]plan.Node{limits(&plan.Limit{Input: in.Input, Rows: l.Rows, Offset: l.Offset}, Options{})})
		}
	case *plan.Limit:
		return combineLimits(l, in)
	}
	return n
}

// ordered tells whether a projection is one of rows that are sorted. Other limits of
// streams stay above projections: those count rows that were computed, and one on
// which an expression fails is left out.
func ordered(n plan.Node) bool {
	for {
		switch in := n.(type) {
		case *plan.Project:
			n = in.Input
		case *plan.Sort:
			return true
		default:
			return false
		}
	}
}

// combineLimits takes of the inner one's rows what the outer one takes.
func combineLimits(outer, inner *plan.Limit) plan.Node {
	if outer.Offset > math.MaxInt64-inner.Offset {
		return outer
	}
	rows := outer.Rows
	if inner.Rows != plan.All {
		left := max(0, inner.Rows-outer.Offset)
		if rows == plan.All || left < rows {
			rows = left
		}
	}
	return limits(&plan.Limit{Input: inner.Input, Rows: rows, Offset: inner.Offset + outer.Offset}, Options{})
}
