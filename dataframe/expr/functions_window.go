package expr

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
)

// windowFunctions put rows into windows of their time. The first two are not
// computed for a row: a node of the plan makes their column, and perhaps several
// rows of one.
func windowFunctions() []*Function {
	return inFamily("window", []*Function{
		{Name: "window", Kind: Windowing, Nulls: NullNever, Bind: windowArgs, Usage: "window(time, width[, slide[, start]])",
			Doc: "The windows [start, end) that a time, or the last time of another window, falls into: each of the width, one beginning every slide (the width, where it is left out), shifted by start from 1970-01-01 00:00:00 UTC. The spans are constant: '10 minutes'. Rows without a time are left out, and a row is there once for each of its windows."},
		{Name: "session_window", Kind: Windowing, Nulls: NullNever, Bind: sessionArgs, Usage: "session_window(time, gap)",
			Doc: "The session that a time falls into: rows of a group that follow each other within the gap are one window, which ends a gap after its last row. The gap is constant, or a value of the row. Rows without a time, or with a gap that is null or not above 0, are left out."},
		{Name: "window_time", Bind: windowTimeArgs, Usage: "window_time(window)",
			Doc:     "The last time that falls into a window: its end less a microsecond.",
			Example: "window_time(named_struct('start', TIMESTAMP '2021-01-01 00:00:00', 'end', TIMESTAMP '2021-01-01 00:05:00')) = TIMESTAMP '2021-01-01 00:04:59.999999'"},
	})
}

// WindowType is that of a window of times of type t.
func WindowType(t types.Type) types.Struct {
	return types.Struct{Fields: []types.Field{{Name: "start", Type: t, Nullable: true}, {Name: "end", Type: t, Nullable: true}}}
}

// WindowOf returns the type of the times of a window; ok is false for a type that
// is none.
func WindowOf(t types.Type) (time types.Type, ok bool) {
	s, is := t.(types.Struct)
	if !is || len(s.Fields) != 2 || s.Fields[0].Name != "start" || s.Fields[1].Name != "end" {
		return nil, false
	}
	time = s.Fields[0].Type
	return time, IsTimestamp(time) && s.Fields[1].Type == time
}

// IsTimestamp tells whether a type is a point in time, with or without zone.
func IsTimestamp(t types.Type) bool { return t == types.Timestamp || t == types.TimestampNTZ }

// windowed returns the type that the time of a window must have: its own where
// it is one, or a window itself.
func windowed(arg Expr) (want, time types.Type, err error) {
	t := arg.Type()
	if time, ok := WindowOf(t); ok {
		return t, time, nil
	}
	if IsTimestamp(t) {
		return t, t, nil
	}
	if !Implicit(t, types.Timestamp) || t == types.Void {
		return nil, nil, mismatch("argument 1 must be a timestamp or a window, but %s is %s", arg, article(t.Name()))
	}
	return types.Timestamp, types.Timestamp, nil
}

func windowArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 4); err != nil {
		return nil, nil, err
	}
	first, time, err := windowed(args[0])
	if err != nil {
		return nil, nil, err
	}
	if _, _, _, err := Spans(args[1:]); err != nil {
		return nil, nil, err
	}
	want := typesOf(args)
	want[0] = first
	return want, WindowType(time), nil
}

// Spans returns the width, slide and start of a window in microseconds, given
// the arguments behind the time, which are constant. It refuses what makes no
// windows, or leaves times without one.
func Spans(args []Expr) (width, slide, start int64, err error) {
	var spans [3]int64
	for i, a := range args {
		if spans[i], err = Span(a); err != nil {
			return 0, 0, 0, err
		}
	}
	width, slide, start = spans[0], spans[1], spans[2]
	if len(args) == 1 {
		slide = width
	}
	switch {
	case width <= 0:
		return 0, 0, 0, mismatch("the width must be more than 0, not %s", args[0])
	case slide <= 0:
		return 0, 0, 0, mismatch("the slide must be more than 0, not %s", args[1])
	case slide > width:
		return 0, 0, 0, mismatch("the slide %s is more than the width %s, so that times between two windows were in none", args[1], args[0])
	case start >= slide || -start >= slide:
		return 0, 0, 0, mismatch("the start %s must be less than the slide %s", args[2], args[min(1, len(args)-2)])
	}
	return width, slide, start, nil
}

// Span returns the microseconds of a constant span of time: text such as "10
// minutes", or an interval without months. A day has 24 hours.
func Span(e Expr) (int64, error) {
	if l, ok := constant(e); ok {
		switch v := l.Value.(type) {
		case string:
			if d, err := types.ParseDuration(v); err == nil && d%1000 == 0 {
				return d.Microseconds(), nil
			}
			return 0, &Error{Msg: fmt.Sprintf("%q is no span of time", v), Fix: `write a number and a unit from microsecond to week, such as "10 minutes"; months and years differ in length`, Err: ErrType}
		case types.Duration:
			return spanOf(v)
		}
	}
	return 0, &Error{Msg: fmt.Sprintf("%s is no constant span of time", e), Fix: `write text such as "10 minutes"`, Err: ErrType}
}

// maxSpanDays keeps a span, and a time shifted by it, within 64 bits.
const maxSpanDays = 100_000_000

func spanOf(d types.Duration) (int64, error) {
	const day = 24 * 3600 * 1e6
	switch {
	case d.Months != 0:
		return 0, &Error{Msg: "a span in months or years, which differ in length", Fix: "give it in days", Err: ErrType}
	case d.Days > maxSpanDays || d.Days < -maxSpanDays || d.Micros/day > maxSpanDays || d.Micros/day < -maxSpanDays:
		return 0, &Error{Msg: "the span is too long", Fix: "give one of at most 100 million days", Err: ErrType}
	}
	return int64(d.Days)*day + d.Micros, nil
}

func sessionArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	first, time, err := windowed(args[0])
	if err != nil {
		return nil, nil, err
	}
	gap := args[1].Type()
	if gap != types.String && gap != types.Interval {
		return nil, nil, mismatch("argument 2 must be text or an interval, but %s is %s", args[1], article(gap.Name()))
	}
	if l, ok := constant(args[1]); ok && l.Value != nil {
		if n, err := Span(l); err != nil {
			return nil, nil, err
		} else if n <= 0 {
			return nil, nil, mismatch("the gap must be more than 0, not %s", args[1])
		}
	}
	return []types.Type{first, gap}, WindowType(time), nil
}

func windowTimeArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	time, ok := WindowOf(args[0].Type())
	if !ok {
		return nil, nil, mismatch("the argument must be a window, but %s is %s", args[0], article(args[0].Type().Name()))
	}
	return typesOf(args), time, nil
}

// HasWindow returns the first call in e of a function that makes windows, bound
// or not; nil where there is none.
func HasWindow(e Expr) *Call {
	var found *Call
	Walk(e, func(e Expr) bool {
		if c, ok := e.(*Call); ok && found == nil {
			if fn, known := c.lookup(); known && fn.Kind == Windowing {
				found = c
			}
		}
		return found == nil
	})
	return found
}
