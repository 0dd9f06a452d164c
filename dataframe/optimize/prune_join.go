package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// pruneJoin leaves out columns of both sides that neither the join nor anybody
// above needs.
func pruneJoin(n *plan.Join, w need) (plan.Node, []int) {
	width := n.Left.Schema().Len()
	both := make(need, width+n.Right.Schema().Len())
	copy(both, w) // of Semi and Anti, the left columns alone
	if n.Cond != nil {
		both.add(n.Cond)
	}
	l, r := both[:width:width], both[width:]
	l.add(n.LeftKeys...)
	r.add(n.RightKeys...)
	left, toLeft := prune(n.Left, l)
	right, toRight := prune(n.Right, r)
	to := append([]int(nil), toLeft...)
	for _, k := range toRight {
		if k >= 0 {
			k += left.Schema().Len()
		}
		to = append(to, k)
	}
	if left == n.Left && right == n.Right {
		return n, to[:len(w)]
	}
	var cond expr.Expr
	if n.Cond != nil {
		cond = renumber(n.Cond, to)
	}
	out := plan.JoinOf(left, right, n.Type, renumberAll(n.LeftKeys, toLeft), renumberAll(n.RightKeys, toRight), n.NullSafe, cond)
	return out, to[:len(w)]
}

func renumberAll(list []expr.Expr, to []int) []expr.Expr {
	if list == nil {
		return nil
	}
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = renumber(e, to)
	}
	return out
}

// pruneUpsert leaves out columns that are neither keys nor say what is deleted.
// Where rows are taken back all stay: they are found by all their values.
func pruneUpsert(n *plan.Upsert, w need) (plan.Node, []int) {
	if plan.Changing(n.Input, plan.Update) {
		in, to := prune(n.Input, everything(n.Input))
		return over(n, in, to), to
	}
	inner := append(need(nil), w...)
	inner.add(n.Exprs()...)
	in, to := prune(n.Input, inner)
	return over(n, in, to), to
}

// pruneChanges leaves out columns that nobody needs, but for that of the changes.
func pruneChanges(n *plan.AsChanges, w need) (plan.Node, []int) {
	inner := make(need, len(w)+1)
	copy(inner, w[:n.Column])
	inner[n.Column] = true
	copy(inner[n.Column+1:], w[n.Column:])
	if kept, _ := chosen(w, 0); len(kept) > 0 { // a column must be left
		inner[after(n, kept[0])] = true
	}
	in, to := prune(n.Input, inner)
	out := make([]int, len(w))
	for i := range out {
		if out[i] = to[after(n, i)]; out[i] > to[n.Column] {
			out[i]--
		}
	}
	if in == n.Input {
		return n, out
	}
	a, err := plan.AsChangesOf(in, to[n.Column])
	if err != nil { // what was fine before is fine with fewer columns
		return n, identity(n)
	}
	return a, out
}

// after is the number in the input of column i.
func after(n *plan.AsChanges, i int) int {
	if i >= n.Column {
		return i + 1
	}
	return i
}
