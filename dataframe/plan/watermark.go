package plan

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Watermark passes all rows on and says how late they may be: the column is their
// event time, and once a row of time t was read, those of t - Delay and before may
// be left out, and what waits for them is final. In a batch query it does nothing.
type Watermark struct {
	Input Node
	// Column is the number of a timestamp column.
	Column int
	// Delay is at least 0, in whole microseconds.
	Delay time.Duration
}

// NewWatermark declares a column, given by its name, as event time. It refuses an
// input that has a watermark already.
func NewWatermark(in Node, column string, delay time.Duration) (*Watermark, error) {
	name, err := expr.ParseName(column)
	if err != nil {
		return nil, err
	}
	bound, err := ScopeOf(in).Bind(name)
	if err != nil {
		return nil, err
	}
	ref, ok := bound.(*expr.Ref)
	if !ok {
		return nil, &expr.Error{Msg: column + " is a part of a column, and event time must be a column of its own",
			Fix: fmt.Sprintf("add it first: WithColumn(%q, fn.Col(%q))", expr.OutputName(bound), column), Err: expr.ErrType}
	}
	return WatermarkOf(in, ref.Index, delay)
}

// WatermarkOf declares column number column as event time.
func WatermarkOf(in Node, column int, delay time.Duration) (*Watermark, error) {
	f := in.Schema().Field(column)
	if !expr.IsTimestamp(f.Type) {
		return nil, notTime(f)
	}
	if delay < 0 || delay%time.Microsecond != 0 {
		return nil, &expr.Error{Msg: fmt.Sprintf("a watermark with the delay %v", delay), Fix: "give a delay of at least 0, in whole microseconds", Err: expr.ErrSyntax}
	}
	if below := find[*Watermark](in); below != nil {
		return nil, &expr.Error{Msg: fmt.Sprintf("a second watermark: %s is there already", below),
			Fix: "give each source one watermark, before it is joined or aggregated", Err: expr.ErrSyntax}
	}
	return &Watermark{Input: in, Column: column, Delay: delay}, nil
}

func notTime(f types.Field) error {
	e := &expr.Error{Msg: fmt.Sprintf("event time must be a timestamp, but %s is %s", types.QuoteIfNeeded(f.Name), f.Type.Name()),
		Fix: fmt.Sprintf("add a column of it that is one: fn.ToTimestamp(fn.Col(%q))", types.QuoteIfNeeded(f.Name)), Err: expr.ErrType}
	if _, window := expr.WindowOf(f.Type); window {
		e.Fix = "put the watermark on the time that the window is made of"
	}
	return e
}

// String returns the column and the delay.
func (w *Watermark) String() string {
	return fmt.Sprintf("EventTimeWatermark %s, %s", types.QuoteIfNeeded(w.Schema().Field(w.Column).Name), Span(w.Delay.Microseconds()))
}

// Children returns the input.
func (w *Watermark) Children() []Node { return []Node{w.Input} }

// WithChildren declares the column of another input.
func (w *Watermark) WithChildren(in []Node) Node { return &Watermark{in[0], w.Column, w.Delay} }

// Exprs returns the column.
func (w *Watermark) Exprs() []expr.Expr {
	return []expr.Expr{expr.RefTo(w.Schema(), w.Column)}
}

// WithExprs declares another column.
func (w *Watermark) WithExprs(e []expr.Expr) Node {
	return &Watermark{w.Input, e[0].(*expr.Ref).Index, w.Delay}
}

// Schema is the input's.
func (w *Watermark) Schema() *types.Schema { return w.Input.Schema() }
