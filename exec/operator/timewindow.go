package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// TimeWindow appends the windows of the rows' times as a column struct<start,
// end>. Windows that follow each other cost no copy; where they overlap, a row is
// given once for each of its windows, the latest first. Rows without a time are
// left out, and so is a window that begins or ends beyond the range of timestamps.
type TimeWindow struct {
	done
	in      batch.Stream
	time    expr.Expr
	list    *kernel.List
	windows kernel.Windows
	column  arrow.DataType
	schema  *arrow.Schema
	env     Env

	cur   batch.Batch // whose rows are being put into windows that overlap
	times arrow.Array // of cur's record
	next  int         // the number of the next of cur's rows that count
	begin int64       // of the next window of that row, where within is set
	// within says that some windows of the next row were given already.
	within bool
}

// NewTimeWindow puts the rows of in into windows of a bound time, under a name.
func NewTimeWindow(in batch.Stream, time expr.Expr, w kernel.Windows, name string, env Env) (*TimeWindow, error) {
	list, err := kernel.CompileList([]expr.Expr{time})
	if err != nil {
		return nil, err
	}
	column := types.ToArrow(expr.WindowType(time.Type()))
	return &TimeWindow{in: in, time: time, list: list, windows: w, column: column, schema: withColumn(in.Schema(), name, column), env: env}, nil
}

func withColumn(s *arrow.Schema, name string, t arrow.DataType) *arrow.Schema {
	fields := s.Fields()
	return arrow.NewSchema(append(fields[:len(fields):len(fields)], arrow.Field{Name: name, Type: t}), nil)
}

// String shows the time.
func (w *TimeWindow) String() string { return "TimeWindow " + w.time.String() }

// Schema is the input's, then the window.
func (w *TimeWindow) Schema() *arrow.Schema { return w.schema }

// Next returns the next batch of windows.
func (w *TimeWindow) Next(ctx context.Context) (batch.Batch, error) {
	return w.once(func() (batch.Batch, error) {
		for {
			out, err := w.expand()
			if err != nil || out.Record != nil {
				return out, err
			}
			b, err := w.in.Next(ctx)
			if err != nil {
				return b, err
			}
			values, b, err := evaluate(w.env, w.list, b)
			if err != nil {
				return b, err
			}
			if b.NumRows() == 0 {
				continue
			}
			if w.times, err = values[0].Full(rowsOf(b)); err != nil {
				return b, err
			}
			if w.windows.Slide < w.windows.Width {
				w.cur, w.next = b, 0
			} else if b = w.beside(b); b.NumRows() > 0 {
				return b, nil
			}
		}
	})
}

// beside puts each row into its one window.
func (w *TimeWindow) beside(b batch.Batch) batch.Batch {
	rows := rowsOf(b)
	times, starts, ends := batch.Values[int64](w.times), make([]int64, rows.N), make([]int64, rows.N)
	whole := w.times.NullN() == 0
	if rows.Sel == nil {
		whole = w.windows.Fill(times, starts, ends) && whole
	} else {
		for _, i := range rows.Sel {
			starts[i] = w.windows.Last(times[i])
			ends[i] = starts[i] + w.windows.Width
			whole = whole && w.windows.Holds(starts[i], times[i])
		}
	}
	if !whole {
		b.Sel = selected(rows, func(i int) bool { return w.times.IsValid(i) && w.windows.Holds(starts[i], times[i]) })
	}
	return w.batch(b, b.Record.Columns(), kernel.WindowArray(w.column, starts, ends))
}

// selected returns the numbers of those rows for which keep is true.
func selected(rows kernel.Rows, keep func(i int) bool) []int32 {
	sel := make([]int32, 0, rows.Count())
	for j := range rows.Count() {
		if i := row(rows, j); keep(i) {
			sel = append(sel, int32(i))
		}
	}
	return sel
}

func (w *TimeWindow) batch(b batch.Batch, cols []arrow.Array, window arrow.Array) batch.Batch {
	cols = append(cols[:len(cols):len(cols)], window)
	b.Record = array.NewRecordBatch(w.schema, cols, int64(window.Len()))
	return b
}

// expand returns the next rows of the present batch, one for each of their
// windows; without a record where there are none left.
func (w *TimeWindow) expand() (batch.Batch, error) {
	idx, starts := w.choose()
	if len(idx) == 0 {
		w.cur, w.times = batch.Batch{}, nil
		return batch.Batch{}, nil
	}
	cols := make([]arrow.Array, w.cur.Record.NumCols())
	for c := range cols {
		taken, err := kernel.Take(w.cur.Record.Column(c), idx)
		if err != nil {
			return batch.Batch{}, err
		}
		cols[c] = taken
	}
	var out batch.Batch
	if w.cur.Changes != nil {
		out.Changes = make([]int8, len(idx))
		for k, i := range idx {
			out.Changes[k] = w.cur.Changes[i]
		}
	}
	ends := make([]int64, len(starts))
	for k, s := range starts {
		ends[k] = s + w.windows.Width
	}
	return w.batch(out, cols, kernel.WindowArray(w.column, starts, ends)), nil
}

// choose returns the numbers of rows with the begins of their windows, as many as
// make a batch.
func (w *TimeWindow) choose() (idx []int32, starts []int64) {
	if w.cur.Record == nil {
		return nil, nil
	}
	rows, times := rowsOf(w.cur), batch.Values[int64](w.times)
	size := int(min(batch.MaxRows, int64(rows.Count()-w.next)*min(batch.MaxRows, w.windows.Width/w.windows.Slide+1)))
	idx, starts = make([]int32, 0, size), make([]int64, 0, size)
	for ; w.next < rows.Count(); w.next++ {
		i := row(rows, w.next)
		t := times[i]
		if w.times.IsNull(i) {
			continue
		}
		if !w.within {
			w.begin = w.windows.Last(t)
		}
		for w.within = true; t-w.begin < w.windows.Width && w.begin <= t; w.begin -= w.windows.Slide {
			if len(idx) >= batch.MaxRows {
				return idx, starts
			}
			if w.windows.Holds(w.begin, t) {
				idx, starts = append(idx, int32(i)), append(starts, w.begin)
			}
		}
		w.within = false
	}
	return idx, starts
}

// Close closes the input.
func (w *TimeWindow) Close() error {
	w.close()
	return w.in.Close()
}
