package plan

import (
	"github.com/riffledata/riffle/dataframe/expr"
)

// Kind says what a column with event time holds.
type Kind int

// The kinds of columns with event time.
const (
	// Instant is a timestamp.
	Instant Kind = iota
	// Window is a struct<start, end>; its end counts.
	Window
)

// String returns the word for it.
func (k Kind) String() string { return [...]string{"instant", "window"}[k] }

// EventColumn is a column that carries event time under a watermark: no row is to
// come any more, in this batch or later, whose instant, or whose window's end, is
// at or before the watermark less Lag. State of such rows is final, and may go.
type EventColumn struct {
	Index int
	Kind  Kind
	// Lag is how far, in microseconds, rows may come behind the watermark without
	// being late: 0 for the column of the watermark itself and for its windows, more
	// behind what holds rows back, such as a join within time bounds.
	Lag int64

	width int64 // of windows that are all as long; else 0
}

// Horizon returns the time up to which, including it, state is final at a
// watermark. Before any watermark, watermark is the least int64, and so is it.
func (c EventColumn) Horizon(watermark int64) int64 {
	if h := watermark - c.Lag; h <= watermark {
		return h
	}
	return -1 << 63
}

// EventTime returns the columns of n's rows that carry event time, by number, each
// at most once. Columns made of event time by other ways than a name, a window, its
// start or end, or window_time carry none. A processor's result carries it in the
// column that the user says.
func EventTime(n Node) []EventColumn {
	switch n := n.(type) {
	case *Watermark:
		return withEvent(EventTime(n.Input), EventColumn{Index: n.Column})
	case *Alias, *Filter, *Sort, *Limit, *Distinct, *Dedup:
		return EventTime(n.Children()[0])
	case *TimeWindow:
		return n.eventTime()
	case *Project:
		return eventTimeOf(n.List, EventTime(n.Input))
	case *Aggregate:
		return n.eventTime()
	case *Union:
		return n.eventTime()
	case *Join:
		return n.eventTime()
	case *AsChanges:
		return n.eventTime()
	case *Process:
		return n.eventTime()
	}
	return nil
}

// withEvent adds a column, or puts it in the place of what was known of it.
func withEvent(list []EventColumn, c EventColumn) []EventColumn {
	var out []EventColumn
	for _, e := range list {
		if e.Index != c.Index {
			out = append(out, e)
		}
	}
	at := 0
	for at < len(out) && out[at].Index < c.Index {
		at++
	}
	return append(out[:at:at], append([]EventColumn{c}, out[at:]...)...)
}

// eventTimeOf returns the expressions of a list that carry event time, given the
// columns they are made of.
func eventTimeOf(list []expr.Expr, in []EventColumn) []EventColumn {
	var out []EventColumn
	for i, e := range list {
		if c, ok := EventOf(e, in); ok {
			c.Index = i
			out = append(out, c)
		}
	}
	return out
}

// EventOf tells whether a bound expression over columns with event time carries
// it; Index is then that of the column it is made of.
func EventOf(e expr.Expr, in []EventColumn) (EventColumn, bool) {
	switch e := e.(type) {
	case *expr.Alias:
		return EventOf(e.Child, in)
	case *expr.Ref:
		for _, c := range in {
			if c.Index == e.Index {
				return c, true
			}
		}
	case *expr.Field:
		if c, ok := EventOf(e.Child, in); ok && c.Kind == Window {
			return c.part(e.Index)
		}
	case *expr.Call:
		if e.Name != "window_time" || len(e.Args) != 1 {
			break
		}
		if c, ok := EventOf(e.Args[0], in); ok && c.Kind == Window {
			c.Kind, c.Lag = Instant, c.Lag+1
			return c, true
		}
	}
	return EventColumn{}, false
}

// part returns the start (0) or the end (1) of a window.
func (c EventColumn) part(field int) (EventColumn, bool) {
	if field == 0 {
		c.Lag += c.width
	}
	known := field == 1 || c.width > 0
	c.Kind = Instant
	return c, known
}

func (w *TimeWindow) eventTime() []EventColumn {
	in := EventTime(w.Input)
	c, ok := EventOf(w.Time, in)
	if !ok {
		return in
	}
	// A window ends at least a microsecond after its time.
	at := EventColumn{Index: w.Input.Schema().Len(), Kind: Window, Lag: max(0, c.Lag-1), width: w.Width}
	return append(in[:len(in):len(in)], at)
}

func (a *Aggregate) eventTime() []EventColumn {
	out := eventTimeOf(a.Keys, EventTime(a.Input))
	for i := range out {
		if a.Session != nil && out[i].Index == *a.Session {
			out[i].width = 0
		}
	}
	return out
}

// eventTime of a union is what all inputs have, at the largest lag.
func (u *Union) eventTime() []EventColumn {
	common := EventTime(u.Inputs[0])
	for _, in := range u.Inputs[1:] {
		var both []EventColumn
		other := EventTime(in)
		for _, c := range common {
			for _, o := range other {
				if o.Index == c.Index && o.Kind == c.Kind {
					c.Lag = max(c.Lag, o.Lag)
					if o.width != c.width {
						c.width = 0
					}
					both = append(both, c)
				}
			}
		}
		common = both
	}
	return common
}
