package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
)

// windowKernels compute with windows.
func windowKernels() map[string]Maker {
	return map[string]Maker{
		"window_time": func(call *expr.Call) (Func, error) {
			dt := resultType(call)
			return func(_ *Env, args []Value, rows Rows) (Value, error) { return windowTime(dt, args[0], rows) }, nil
		},
	}
}

// windowTime is the end of a window less a microsecond.
func windowTime(dt arrow.DataType, v Value, rows Rows) (Value, error) {
	end, err := Plain(fieldOf(v.Array.(*array.Struct), 1))
	if err != nil {
		return v, err
	}
	return fixed1(dt, func(t int64) int64 { return t - 1 })(nil, []Value{{end, v.Const}}, rows)
}

// Windows are windows of a width, one beginning every slide, shifted by start from
// the epoch; all in microseconds. The slide is at most the width.
type Windows struct {
	Width, Slide, Start int64

	first, next int64 // the window that was found last begins at first, the next one at next
}

// Last returns the begin of the last window that begins at or before t. Windows
// that begin before it, as far as they hold t, do so by the slide. What overflows
// wraps around, and the window then does not hold t; see Holds.
func (w *Windows) Last(t int64) int64 {
	if t >= w.first && t < w.next {
		return w.first
	}
	rest := (t%w.Slide - w.Start%w.Slide) % w.Slide
	if rest < 0 {
		rest += w.Slide
	}
	w.first = t - rest
	w.next = w.first + w.Slide
	return w.first
}

// Fill is Last of many times, with the ends of their windows. It tells whether all
// windows hold their times.
func (w *Windows) Fill(times, starts, ends []int64) bool {
	whole, starts, ends := true, starts[:len(times)], ends[:len(times)]
	for i, t := range times {
		first := w.first
		if t < first || t >= w.next {
			first = w.Last(t)
			whole = whole && w.Holds(first, t)
		}
		starts[i], ends[i] = first, first+w.Width
	}
	return whole
}

// Holds tells whether the window that begins at start holds t.
func (w *Windows) Holds(start, t int64) bool { return start <= t && t < start+w.Width }

// WindowArray returns a column of windows, given their begins and ends. It takes
// the slices over; dt is a struct of two timestamps.
func WindowArray(dt arrow.DataType, starts, ends []int64) arrow.Array {
	times := dt.(*arrow.StructType).Field(0).Type
	return StructArray(dt, len(starts), newFixed(times, starts, noNulls(len(starts))), newFixed(times, ends, noNulls(len(ends))))
}

// StructArray returns n structs of the given fields, none of them null.
func StructArray(dt arrow.DataType, n int, fields ...arrow.Array) arrow.Array {
	return newStruct(dt, n, fields, noNulls(n))
}

// Times returns the values of a column of timestamps, and whether none is null.
func Times(a arrow.Array) (values []int64, whole bool) {
	return batch.Values[int64](a), a.NullN() == 0
}

// WindowEnds returns the ends of a column of windows, as a column.
func WindowEnds(a arrow.Array) arrow.Array { return fieldOf(a.(*array.Struct), 1) }

// WindowStarts returns the starts of a column of windows, as a column.
func WindowStarts(a arrow.Array) arrow.Array { return fieldOf(a.(*array.Struct), 0) }
