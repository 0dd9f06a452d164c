package wire

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) process(n *plan.Process) (*pb.Node, error) {
	in, err := e.node(n.Input)
	return &pb.Node{Kind: &pb.Node_Process_{Process: &pb.Node_Process{Input: in, Name: n.Name, Time: string(n.Time), Mode: string(n.Mode)}}}, err
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
	if err != nil {
		return nil, err
	}
	return n, nil
}
