package wire

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// encoder collects the types of the expressions that it encodes.
type encoder struct {
	types   []*pb.Type
	known   map[string]uint32
	structs map[structKey]uint32
	depth   depth
}

func newEncoder() *encoder {
	return &encoder{known: map[string]uint32{}, structs: map[structKey]uint32{}}
}

func (e *encoder) write(w *plan.Write) (*pb.Write, error) {
	in, err := e.node(w.Input)
	return &pb.Write{Input: in, Format: w.Format, Options: w.Options, Mode: string(w.Mode),
		Trigger: string(w.Trigger.Kind), IntervalNanos: int64(w.Trigger.Interval), QueryName: w.QueryName,
		Quarantine: sideSink(w.Quarantine), Late: sideSink(w.Late), Checkpoint: w.Checkpoint}, err
}

func sideSink(q *plan.SideSink) *pb.SideSink {
	if q == nil {
		return nil
	}
	return &pb.SideSink{Format: q.Format, Options: q.Options, Name: q.Name}
}

// node is the one switch from plan nodes to messages.
func (e *encoder) node(n plan.Node) (*pb.Node, error) {
	if err := e.depth.enter(); err != nil {
		return nil, err
	}
	defer e.depth.leave()
	switch n := n.(type) {
	case *plan.Scan:
		return e.scan(n)
	case *plan.Local:
		s, err := e.schema(n.Schema())
		return &pb.Node{Kind: &pb.Node_Local_{Local: &pb.Node_Local{Schema: s, Ipc: n.IPC}}}, err
	case *plan.Table:
		s, err := e.schema(n.Schema())
		return &pb.Node{Kind: &pb.Node_Table_{Table: &pb.Node_Table{Name: n.Name, Schema: s}}}, err
	case *plan.Union:
		return e.union(n)
	case *plan.Join:
		return e.join(n)
	case *plan.Upsert:
		return e.upsert(n)
	case *plan.AsChanges:
		return e.asChanges(n)
	case *plan.Process:
		return e.process(n)
	case *plan.Project, *plan.Filter, *plan.Aggregate, *plan.Distinct, *plan.Sort, *plan.Limit, *plan.Alias:
		return e.unary(n)
	case *plan.Watermark, *plan.TimeWindow, *plan.Dedup:
		return e.timed(n)
	}
	return nil, fmt.Errorf("no form for a plan node of kind %T", n)
}

func (e *encoder) scan(n *plan.Scan) (*pb.Node, error) {
	full, err := e.schema(n.Full)
	if err != nil {
		return nil, err
	}
	declared, err := e.schema(n.Declared)
	if err != nil {
		return nil, err
	}
	m := &pb.Node_Scan{Format: n.Format, Options: n.Options, Declared: declared, Streaming: n.Streaming, Full: full}
	if n.Columns != nil {
		m.Columns = &pb.Node_Columns{Index: make([]uint32, len(n.Columns))}
		for i, c := range n.Columns {
			m.Columns.Index[i] = uint32(c)
		}
	}
	return &pb.Node{Kind: &pb.Node_Scan_{Scan: m}}, nil
}

func (e *encoder) union(n *plan.Union) (*pb.Node, error) {
	m := &pb.Node_Union{Inputs: make([]*pb.Node, len(n.Inputs))}
	for i, c := range n.Inputs {
		in, err := e.node(c)
		if err != nil {
			return nil, err
		}
		m.Inputs[i] = in
	}
	var err error
	m.Schema, err = e.schema(n.Schema())
	return &pb.Node{Kind: &pb.Node_Union_{Union: m}}, err
}

// unary encodes a node with one input.
func (e *encoder) unary(n plan.Node) (*pb.Node, error) {
	in, err := e.node(n.Children()[0])
	if err != nil {
		return nil, err
	}
	exprs, err := e.exprs(n.Exprs())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	out := &pb.Node{}
	switch n := n.(type) {
	case *plan.Project:
		out.Kind = &pb.Node_Project_{Project: &pb.Node_Project{Input: in, List: exprs}}
	case *plan.Filter:
		out.Kind = &pb.Node_Filter_{Filter: &pb.Node_Filter{Input: in, Cond: exprs[0]}}
	case *plan.Aggregate:
		k := len(n.Keys)
		m := &pb.Node_Aggregate{Input: in, Keys: exprs[:k], Aggs: exprs[k:]}
		if n.Session != nil {
			m.Session = uint32(*n.Session) + 1
		}
		out.Kind = &pb.Node_Aggregate_{Aggregate: m}
	case *plan.Distinct:
		out.Kind = &pb.Node_Distinct_{Distinct: &pb.Node_Distinct{Input: in}}
	case *plan.Sort:
		out.Kind = &pb.Node_Sort_{Sort: &pb.Node_Sort{Input: in, Keys: exprs}}
	case *plan.Limit:
		out.Kind = &pb.Node_Limit_{Limit: &pb.Node_Limit{Input: in, Rows: n.Rows, Offset: n.Offset}}
	case *plan.Alias:
		out.Kind = &pb.Node_Alias_{Alias: &pb.Node_Alias{Input: in, Name: n.Name}}
	}
	return out, nil
}

// number makes the number of a column, a field or a place in a text.
func number(i int) (uint32, error) {
	if i < 0 || int64(i) > 1<<31-1 {
		return 0, fmt.Errorf("the number %d of a column or place does not fit", i)
	}
	return uint32(i), nil
}
