package plan

import (
	"slices"

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
	// after is 1 + the number of another column of the same rows which is never final
	// later than this one: what a window is made of, say; 0: none is known.
	after int
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
	var from []int // the column of in for each of out
	for i, e := range list {
		if c, ok := EventOf(e, in); ok {
			from = append(from, c.Index)
			c.Index = i
			out = append(out, c)
		}
	}
	for i := range out {
		out[i].after = earlier(i, out, from, in)
	}
	return out
}

// earlier returns what out's column i comes after: the first column that is made of
// the same one of in, else the first of those that this one comes after.
func earlier(i int, out []EventColumn, from []int, in []EventColumn) int {
	for at := from[i]; at >= 0; at = predecessor(at, in) {
		if first := slices.Index(from, at); first >= 0 && first != i {
			return 1 + out[first].Index
		}
	}
	return 0
}

// predecessor is the column that one comes after, or -1.
func predecessor(index int, in []EventColumn) int {
	for _, c := range in {
		if c.Index == index {
			return c.after - 1
		}
	}
	return -1
}

// closing returns which of the columns of groups says when they are final: that which
// comes after none of the others, and of several such the one behind the watermark
// the least.
func closing(in []EventColumn) (found EventColumn, ok bool) {
	for _, c := range in {
		if c.after == 0 && (!ok || c.Lag < found.Lag) {
			found, ok = c, true
		}
	}
	return found, ok
}

// follows tells whether a column comes after another, or is that one.
func follows(c, first EventColumn, in []EventColumn) bool {
	for at := c.Index; at >= 0; at = predecessor(at, in) {
		if at == first.Index {
			return true
		}
	}
	return false
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
	at := EventColumn{Index: w.Input.Schema().Len(), Kind: Window, Lag: max(0, c.Lag-1), width: w.Width, after: 1 + c.Index}
	return append(in[:len(in):len(in)], at)
}

// eventTime of an aggregate is that of the column that says when a group is final,
// and of those that come after it: a group leaves only then, when another column of it
// may be far behind the watermark.
func (a *Aggregate) eventTime() []EventColumn {
	in := eventTimeOf(a.Keys, EventTime(a.Input))
	first, ok := a.closing(in)
	if !ok {
		return in
	}
	var out []EventColumn
	for _, c := range in {
		if !follows(c, first, in) {
			continue
		}
		if a.Session != nil && c.Index == *a.Session {
			c.width = 0
		}
		out = append(out, c)
	}
	return out
}

// closing returns the key that says when a group is final; that of sessions is the
// session, if it is of event time.
func (a *Aggregate) closing(in []EventColumn) (EventColumn, bool) {
	if a.Session == nil {
		return closing(in)
	}
	for _, c := range in {
		if c.Index == *a.Session {
			return c, true
		}
	}
	return EventColumn{}, false
}

// GroupTime returns which of the first columns of a node that groups its input says
// when a group is final, if one does.
func GroupTime(n Node, keys int) (EventColumn, bool) {
	var in []EventColumn
	for _, c := range EventTime(n) {
		if c.Index < keys {
			in = append(in, c)
		}
	}
	return closing(in)
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
					if o.after != c.after {
						c.after = 0
					}
					both = append(both, c)
				}
			}
		}
		common = both
	}
	return common
}
