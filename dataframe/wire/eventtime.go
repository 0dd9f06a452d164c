package wire

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// timed encodes the nodes of event time.
func (e *encoder) timed(n plan.Node) (*pb.Node, error) {
	in, err := e.node(n.Children()[0])
	if err != nil {
		return nil, err
	}
	out := &pb.Node{}
	switch n := n.(type) {
	case *plan.Watermark:
		out.Kind = &pb.Node_Watermark_{Watermark: &pb.Node_Watermark{Input: in, Column: uint32(n.Column), DelayMicros: n.Delay.Microseconds()}}
	case *plan.Dedup:
		m := &pb.Node_Dedup{Input: in, Columns: make([]uint32, len(n.Keys)), WithinWatermark: n.WithinWatermark}
		for i, c := range n.Keys {
			m.Columns[i] = uint32(c)
		}
		out.Kind = &pb.Node_Dedup_{Dedup: m}
	case *plan.TimeWindow:
		m := &pb.Node_TimeWindow{Input: in, Width: n.Width, Slide: n.Slide, Start: n.Start, Name: n.Name}
		if m.Time, err = e.expr(n.Time); err == nil && n.Gap != nil {
			m.Gap, err = e.expr(n.Gap)
		}
		out.Kind = &pb.Node_TimeWindow_{TimeWindow: m}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n, err)
	}
	return out, nil
}

func (d *decoder) watermark(m *pb.Node_Watermark) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	col, err := columnOf(m.GetColumn(), in)
	if err != nil {
		return nil, err
	}
	if us := m.GetDelayMicros(); us < 0 || us > maxDelay {
		return nil, fmt.Errorf("a watermark with a delay of %d microseconds", us)
	}
	return plan.WatermarkOf(in, col, time.Duration(m.GetDelayMicros())*time.Microsecond)
}

// maxDelay is the longest delay that a time.Duration holds, in microseconds.
const maxDelay = int64((1<<63 - 1) / time.Microsecond)

func columnOf(n uint32, in plan.Node) (int, error) {
	if int64(n) >= int64(in.Schema().Len()) {
		return 0, fmt.Errorf("column %d of %d", n, in.Schema().Len())
	}
	return int(n), nil
}

func (d *decoder) timeWindow(m *pb.Node_TimeWindow) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	at, err := d.expr(m.GetTime(), in.Schema())
	if err != nil {
		return nil, err
	}
	if m.GetGap() == nil {
		return plan.TimeWindowOf(in, at, m.GetWidth(), m.GetSlide(), m.GetStart(), nil, m.GetName())
	}
	gap, err := d.expr(m.GetGap(), in.Schema())
	if err != nil {
		return nil, err
	}
	return plan.TimeWindowOf(in, at, m.GetWidth(), m.GetSlide(), m.GetStart(), gap, m.GetName())
}

func (d *decoder) dedup(m *pb.Node_Dedup) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	cols := make([]int, len(m.GetColumns()))
	for i, c := range m.GetColumns() {
		if cols[i], err = columnOf(c, in); err != nil {
			return nil, err
		}
	}
	return plan.DedupOf(in, cols, m.GetWithinWatermark())
}
