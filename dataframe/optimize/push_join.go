package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// The inputs of a join whose rows may be filtered before it: by a condition on
// the result (above), and by a part of the join's own condition (inside). A row
// that is left out of a side which also gives its rows without a match would be
// missed, or would have a match less.
func above(t plan.JoinType) (left, right bool) {
	switch t {
	case plan.Inner, plan.Cross:
		return true, true
	case plan.Left, plan.Semi, plan.Anti:
		return true, false
	case plan.Right:
		return false, true
	}
	return false, false
}

func inside(t plan.JoinType) (left, right bool) {
	switch t {
	case plan.Inner, plan.Cross, plan.Semi:
		return true, true
	case plan.Left, plan.Anti:
		return false, true
	case plan.Right:
		return true, false
	}
	return false, false
}

// sides divides the parts of a condition over the columns of a join's inputs into
// those that go below it and the rest. A part goes where all its columns come from
// one side, which may be filtered, and where no row makes it fail: the join kept
// rows away from it.
func sides(parts []expr.Expr, width int, toLeft, toRight bool) (left, right, rest []expr.Expr) {
	for _, p := range parts {
		some, isLeft := refers(p, func(i int) bool { return i < width })
		_, isRight := refers(p, func(i int) bool { return i >= width })
		switch {
		case !some || !safe(p) || !expr.Deterministic(p):
			rest = append(rest, p)
		case isLeft && toLeft:
			left = append(left, p)
		case isRight && toRight:
			right = append(right, moved(p, -width))
		default:
			rest = append(rest, p)
		}
	}
	return left, right, rest
}

// moved points the references of e by columns further.
func moved(e expr.Expr, by int) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) expr.Expr {
		r, ok := e.(*expr.Ref)
		if !ok {
			return e
		}
		n := *r
		n.Index += by
		return &n
	})
	return out
}

// belowJoin brings the parts of a filter of a join to the side that they look at.
func belowJoin(f *plan.Filter, j *plan.Join) plan.Node {
	width := j.Left.Schema().Len()
	toLeft, toRight := above(j.Type)
	left, right, rest := sides(conjuncts(f.Cond), width, toLeft, toRight)
	if len(left)+len(right) == 0 {
		return f
	}
	in := []plan.Node{filtered(j.Left, left), filtered(j.Right, right)}
	return filtered(j.WithChildren(in), rest)
}

// filtered filters a node by parts of a condition, if there are any.
func filtered(n plan.Node, parts []expr.Expr) plan.Node {
	if len(parts) == 0 {
		return n
	}
	cond, err := conjunction(parts)
	if err != nil { // a conjunction of booleans has no errors
		return n
	}
	return pushed(n, cond)
}

// pushJoin brings parts of a join's condition that look at one side below it,
// and drops what is always true.
func pushJoin(n plan.Node, _ Options) plan.Node {
	j, ok := n.(*plan.Join)
	if !ok || j.Cond == nil {
		return n
	}
	cond := condition(j.Cond)
	if value, known := truth(cond); known && value {
		return rejoin(j, j.Left, j.Right, nil)
	}
	toLeft, toRight := inside(j.Type)
	left, right, rest := sides(conjuncts(cond), j.Left.Schema().Len(), toLeft, toRight)
	if len(left)+len(right) == 0 {
		if cond == j.Cond {
			return n
		}
		return rejoin(j, j.Left, j.Right, cond)
	}
	var stays expr.Expr
	if len(rest) > 0 {
		var err error
		if stays, err = conjunction(rest); err != nil {
			return n
		}
	}
	return rejoin(j, filtered(j.Left, left), filtered(j.Right, right), stays)
}

// rejoin is a join with other inputs of the same schemas and another condition.
func rejoin(j *plan.Join, left, right plan.Node, cond expr.Expr) plan.Node {
	typ := j.Type
	if typ == plan.Inner && cond == nil && len(j.LeftKeys) == 0 {
		typ = plan.Cross
	}
	return plan.JoinOf(left, right, typ, j.LeftKeys, j.RightKeys, j.NullSafe, cond)
}
