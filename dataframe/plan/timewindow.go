package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// TimeWindow puts rows into windows of their time: it appends a column
// struct<start, end>, and gives a row once for each window that holds its time,
// the latest first. Rows without a time are left out.
//
// Without a Gap, windows begin every Slide microseconds, shifted by Start from
// 1970-01-01 00:00:00 UTC, and are Width long. With one, a row's window is its own
// part of a session, [time, time + Gap): an Aggregate merges those that touch. Rows
// whose window is empty, or whose gap is null, are left out.
type TimeWindow struct {
	Input Node
	// Time is a timestamp over the input.
	Time                expr.Expr
	Width, Slide, Start int64
	// Gap is an interval over the input, or nil.
	Gap expr.Expr
	// Name is that of the column.
	Name string

	schema *types.Schema
}

// NewTimeWindow returns the windows that a bound call of window or session_window
// over in asks for.
func NewTimeWindow(in Node, call *expr.Call) (*TimeWindow, error) {
	w := &TimeWindow{Input: in, Time: call.Args[0], Name: call.Name}
	if _, window := expr.WindowOf(w.Time.Type()); window {
		last, err := expr.BindCall(expr.NewCall("window_time", w.Time))
		if err != nil {
			return nil, err
		}
		w.Time = last
	}
	var err error
	switch {
	case call.Name == "window":
		w.Width, w.Slide, w.Start, err = expr.Spans(call.Args[1:])
	default:
		w.Gap, err = gapOf(call.Args[1])
	}
	w.appendColumn()
	return w, err
}

// gapOf makes an interval of a gap.
func gapOf(gap expr.Expr) (expr.Expr, error) {
	if n, err := expr.Span(gap); err == nil {
		return &expr.Literal{Value: types.Duration{Micros: n}, T: types.Interval}, nil
	}
	if gap.Type() == types.Interval {
		return gap, nil
	}
	return (&expr.Scope{Schema: types.NewSchema()}).Bind(&expr.Cast{Child: gap, To: types.Interval, Implicit: true})
}

// TimeWindowOf returns windows of bound expressions: sliding ones, or sessions
// where there is a gap.
func TimeWindowOf(in Node, time expr.Expr, width, slide, start int64, gap expr.Expr, name string) (*TimeWindow, error) {
	w := &TimeWindow{Input: in, Time: time, Width: width, Slide: slide, Start: start, Gap: gap, Name: name}
	if !expr.IsTimestamp(time.Type()) {
		return nil, fmt.Errorf("windows of %s, which is %s", time, time.Type().Name())
	}
	if gap != nil && (gap.Type() != types.Interval || width != 0 || slide != 0 || start != 0) {
		return nil, fmt.Errorf("sessions with the gap %s and a width", gap)
	}
	if gap == nil && (slide <= 0 || width < slide || start >= slide || start <= -slide) {
		return nil, fmt.Errorf("windows of %d microseconds every %d from %d", width, slide, start)
	}
	w.appendColumn()
	return w, nil
}

func (w *TimeWindow) appendColumn() {
	fields := w.Input.Schema().Fields()
	fields = append(fields[:len(fields):len(fields)], types.Field{Name: w.Name, Type: expr.WindowType(w.Time.Type())})
	w.schema = types.NewSchema(fields...)
}

// String returns the time, the spans and the column's name.
func (w *TimeWindow) String() string {
	if w.Gap != nil {
		gap := w.Gap.String()
		if n, err := expr.Span(w.Gap); err == nil {
			gap = Span(n)
		}
		return fmt.Sprintf("SessionWindow %s, gap %s AS %s", w.Time, gap, types.QuoteIfNeeded(w.Name))
	}
	text := fmt.Sprintf("TimeWindow %s, %s", w.Time, Span(w.Width))
	if w.Slide != w.Width {
		text += " every " + Span(w.Slide)
	}
	if w.Start != 0 {
		text += " from " + Span(w.Start)
	}
	return text + " AS " + types.QuoteIfNeeded(w.Name)
}

// Children returns the input.
func (w *TimeWindow) Children() []Node { return []Node{w.Input} }

// WithChildren makes windows of another input.
func (w *TimeWindow) WithChildren(in []Node) Node {
	n := *w
	n.Input = in[0]
	n.appendColumn()
	return &n
}

// Exprs returns the time, then the gap where there is one.
func (w *TimeWindow) Exprs() []expr.Expr {
	if w.Gap == nil {
		return []expr.Expr{w.Time}
	}
	return []expr.Expr{w.Time, w.Gap}
}

// WithExprs makes windows of another time, with another gap.
func (w *TimeWindow) WithExprs(e []expr.Expr) Node {
	n := *w
	n.Time = e[0]
	if w.Gap != nil {
		n.Gap = e[1]
	}
	n.appendColumn()
	return &n
}

// Schema is the input's, then the window.
func (w *TimeWindow) Schema() *types.Schema { return w.schema }
