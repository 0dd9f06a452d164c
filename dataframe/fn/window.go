package fn

import (
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Window is the tumbling window [start, end) that a time, or the last time of
// another window, falls into. Width is text such as "10 minutes" or a
// time.Duration; windows are aligned to 1970-01-01 00:00:00 UTC. It stands in
// GroupBy, Select or WithColumn; rows without a time are left out.
func Window(x Column, width any) Column { return call("window", x, span(width)) }

// SlidingWindow are the windows of a width, one beginning every slide, that a time
// falls into: a row is there once for each of them.
func SlidingWindow(x Column, width, slide any) Column {
	return call("window", x, span(width), span(slide))
}

// ShiftedWindow is SlidingWindow with windows shifted by start, which may be
// negative.
func ShiftedWindow(x Column, width, slide, start any) Column {
	return call("window", x, span(width), span(slide), span(start))
}

// SessionWindow is the session that a time falls into: rows of a group that follow
// each other within the gap are one window, which ends a gap after its last row.
// The gap is text such as "5 minutes", a time.Duration, or a Column of such text or
// of intervals; rows whose gap is null or not above 0 are left out.
func SessionWindow(x Column, gap any) Column { return call("session_window", x, span(gap)) }

// WindowTime is the last time that falls into a window: its end less a
// microsecond.
func WindowTime(window Column) Column { return call("window_time", window) }

// span makes an interval of a time.Duration.
func span(v any) any {
	if d, ok := v.(time.Duration); ok {
		return types.Duration{Micros: d.Microseconds()}
	}
	return v
}
