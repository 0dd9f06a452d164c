package wire

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) upsert(n *plan.Upsert) (*pb.Node, error) {
	in, err := e.node(n.Input)
	if err != nil {
		return nil, err
	}
	m := &pb.Node_Upsert{Input: in, Keys: make([]uint32, len(n.Keys))}
	for i, k := range n.Keys {
		if m.Keys[i], err = number(k); err != nil {
			return nil, err
		}
	}
	if n.Deleted != nil {
		if m.Deleted, err = e.expr(n.Deleted); err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
	}
	return &pb.Node{Kind: &pb.Node_Upsert_{Upsert: m}}, nil
}

func (d *decoder) upsert(m *pb.Node_Upsert) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	keys, seen := make([]int, len(m.GetKeys())), map[uint32]bool{}
	for i, k := range m.GetKeys() {
		if int64(k) >= int64(in.Schema().Len()) || seen[k] {
			return nil, fmt.Errorf("a table with the key columns %v of %d", m.GetKeys(), in.Schema().Len())
		}
		keys[i], seen[k] = int(k), true
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("a table without a key")
	}
	var deleted expr.Expr
	if m.GetDeleted() != nil {
		if deleted, err = d.expr(m.GetDeleted(), in.Schema()); err != nil {
			return nil, err
		}
		if t := deleted.Type(); t != types.Boolean && t != types.Void || expr.HasAggregate(deleted) {
			return nil, fmt.Errorf("%s is not a condition on rows", deleted)
		}
	}
	n, err := plan.UpsertOf(in, keys, deleted)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (e *encoder) asChanges(n *plan.AsChanges) (*pb.Node, error) {
	in, err := e.node(n.Input)
	if err != nil {
		return nil, err
	}
	at, err := number(n.Column)
	return &pb.Node{Kind: &pb.Node_AsChanges_{AsChanges: &pb.Node_AsChanges{Input: in, Column: at}}}, err
}

func (d *decoder) asChanges(m *pb.Node_AsChanges) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	if int64(m.GetColumn()) >= int64(in.Schema().Len()) {
		return nil, fmt.Errorf("the column %d of %d has the changes", m.GetColumn(), in.Schema().Len())
	}
	n, err := plan.AsChangesOf(in, int(m.GetColumn()))
	if err != nil {
		return nil, err
	}
	return n, nil
}
