package wire

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) process(n *plan.Process) (*pb.Node, error) {
	in, err := e.node(n.Input)
	if err != nil {
		return nil, err
	}
	m := &pb.Node_Process{Input: in, Name: n.Name, Time: string(n.Time), Mode: string(n.Mode)}
	if n.Event != nil {
		m.Event = uint32(*n.Event) + 1
	}
	if n.Initial != nil {
		m.Initial, err = e.node(n.Initial)
	}
	return &pb.Node{Kind: &pb.Node_Process_{Process: m}}, err
}

func (d *decoder) process(m *pb.Node_Process) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	p, err := expr.LookupProcessor(m.GetName())
	if err != nil {
		return nil, err
	}
	n, err := plan.ProcessOf(in, p, plan.TimeMode(m.GetTime()), plan.OutputMode(m.GetMode()))
	if err == nil && m.GetEvent() > 0 {
		n, err = eventOf(n, m.GetEvent())
	}
	if err == nil && m.GetInitial() != nil {
		n, err = d.initial(n, m.GetInitial())
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

func eventOf(n *plan.Process, column uint32) (*plan.Process, error) {
	if int64(column) > int64(n.Schema().Len()) {
		return nil, fmt.Errorf("the column %d of %d of a processor's result has event time", column, n.Schema().Len())
	}
	return n.WithEventColumn(int(column) - 1)
}

func (d *decoder) initial(n *plan.Process, m *pb.Node) (*plan.Process, error) {
	in, err := d.node(m)
	if err != nil {
		return nil, err
	}
	return n.WithInitialOf(in)
}
