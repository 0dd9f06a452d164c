package wire

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) join(n *plan.Join) (*pb.Node, error) {
	m := &pb.Node_Join{Type: string(n.Type), NullSafe: n.NullSafe}
	var err error
	if m.Left, err = e.node(n.Left); err != nil {
		return nil, err
	}
	if m.Right, err = e.node(n.Right); err != nil {
		return nil, err
	}
	if m.LeftKeys, err = e.exprs(n.LeftKeys); err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	if m.RightKeys, err = e.exprs(n.RightKeys); err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	if n.Cond != nil {
		if m.Cond, err = e.expr(n.Cond); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	return &pb.Node{Kind: &pb.Node_Join_{Join: m}}, nil
}

func (d *decoder) join(m *pb.Node_Join) (plan.Node, error) {
	left, err := d.node(m.GetLeft())
	if err != nil {
		return nil, err
	}
	right, err := d.node(m.GetRight())
	if err != nil {
		return nil, err
	}
	typ := plan.JoinType(m.GetType())
	if is, err := plan.ParseJoinType(m.GetType()); err != nil || is != typ {
		return nil, fmt.Errorf("no type of join %q", m.GetType())
	}
	leftKeys, err := d.exprs(m.GetLeftKeys(), left.Schema())
	if err != nil {
		return nil, err
	}
	rightKeys, err := d.exprs(m.GetRightKeys(), right.Schema())
	if err != nil {
		return nil, err
	}
	if err := joinKeys(leftKeys, rightKeys, m.GetNullSafe()); err != nil {
		return nil, err
	}
	j := plan.JoinOf(left, right, typ, leftKeys, rightKeys, m.GetNullSafe(), nil)
	if typ == plan.Cross && (len(leftKeys) > 0 || m.GetCond() != nil) {
		return nil, fmt.Errorf("a cross join with a condition")
	}
	if m.GetCond() == nil {
		return j, nil
	}
	cond, err := d.expr(m.GetCond(), j.Pairs())
	if err != nil {
		return nil, err
	}
	if t := cond.Type(); t != types.Boolean && t != types.Void || expr.HasAggregate(cond) {
		return nil, fmt.Errorf("%s is not a condition on pairs of rows", cond)
	}
	return plan.JoinOf(left, right, typ, leftKeys, rightKeys, m.GetNullSafe(), cond), nil
}

// joinKeys checks that keys come in pairs that can be compared.
func joinKeys(left, right []expr.Expr, safe []bool) error {
	if len(left) != len(right) || len(left) != len(safe) {
		return fmt.Errorf("a join of %d keys with %d", len(left), len(right))
	}
	for i, l := range left {
		r := right[i]
		if !types.SameShape(l.Type(), r.Type()) || !plan.Comparable(l.Type()) || expr.HasAggregate(l) || expr.HasAggregate(r) {
			return fmt.Errorf("%s (%s) and %s (%s) are no keys to join by", l, l.Type().Name(), r, r.Type().Name())
		}
	}
	return nil
}
