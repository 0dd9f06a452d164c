package kernel

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
)

// Compact resolves a batch's selection: the rows that count, copied together.
// A batch without a selection is returned as it is.
func Compact(b batch.Batch) (batch.Batch, error) {
	if b.Sel == nil {
		return b, nil
	}
	cols := make([]arrow.Array, b.Record.NumCols())
	for i := range cols {
		c, err := Take(b.Record.Column(i), b.Sel)
		if err != nil {
			return b, fmt.Errorf("column %s: %w", b.Record.ColumnName(i), err)
		}
		cols[i] = c
	}
	out := batch.Batch{Record: array.NewRecordBatch(b.Record.Schema(), cols, int64(len(b.Sel)))}
	if b.Changes != nil {
		out.Changes = takeValues(b.Changes, b.Sel)
	}
	return out, nil
}

// Take returns the rows of the given numbers, in that order; a number may occur
// several times, and -1 gives a null row. Arrays of views become plain ones.
func Take(a arrow.Array, idx []int32) (arrow.Array, error) {
	a, err := Plain(a)
	if err != nil {
		return nil, err
	}
	m := takeNulls(a, idx)
	for _, i := range idx {
		if i < 0 {
			idx = withoutNegatives(idx)
			break
		}
	}
	if a.Len() == 0 {
		return nullArray(a.DataType(), len(idx)), nil
	}
	return takeRows(a, idx, m)
}

// withoutNegatives points rows that are null anyway at row 0.
func withoutNegatives(idx []int32) []int32 {
	out := make([]int32, len(idx))
	for k, i := range idx {
		out[k] = max(i, 0)
	}
	return out
}

func takeNulls(a arrow.Array, idx []int32) nulls {
	from, out := nullsOfArray(a), noNulls(len(idx))
	if from.none() {
		for k, i := range idx {
			if i < 0 {
				out.set(k)
			}
		}
		return out
	}
	for k, i := range idx {
		if i < 0 || from.at(int(i)) {
			out.set(k)
		}
	}
	return out
}

func takeRows(a arrow.Array, idx []int32, m nulls) (arrow.Array, error) {
	dt := a.DataType()
	switch a := a.(type) {
	case *array.Null:
		return nullArray(dt, len(idx)), nil
	case *array.Boolean:
		return takeBools(a, idx, m), nil
	case *array.String, *array.Binary:
		return takeTexts(a, idx, m)
	case *array.Struct:
		return takeStruct(a, idx, m)
	case *array.List:
		return takeList(a, a.ListValues(), a.Offsets(), idx, m)
	case *array.Map:
		return takeList(a, a.ListValues(), a.Offsets(), idx, m)
	case *array.Int8:
		return newFixed(dt, takeValues(values[int8](a), idx), m), nil
	case *array.Int16:
		return newFixed(dt, takeValues(values[int16](a), idx), m), nil
	case *array.Int32, *array.Date32:
		return newFixed(dt, takeValues(values[int32](a), idx), m), nil
	case *array.Int64, *array.Timestamp:
		return newFixed(dt, takeValues(values[int64](a), idx), m), nil
	case *array.Float32:
		return newFixed(dt, takeValues(values[float32](a), idx), m), nil
	case *array.Float64:
		return newFixed(dt, takeValues(values[float64](a), idx), m), nil
	case *array.Decimal128:
		return newFixed(dt, takeValues(values[decimal128.Num](a), idx), m), nil
	case *array.MonthDayNanoInterval:
		return newFixed(dt, takeValues(values[arrow.MonthDayNanoInterval](a), idx), m), nil
	}
	return nil, fmt.Errorf("rows of Arrow type %s cannot be taken; cast the column first", dt)
}

func takeValues[T any](in []T, idx []int32) []T {
	out := make([]T, len(idx))
	for k, i := range idx {
		out[k] = in[i]
	}
	return out
}

func takeBools(a arrow.Array, idx []int32, m nulls) arrow.Array {
	in, b := boolsOf(a), newBoolBuilder(len(idx))
	for k, i := range idx {
		b.set(k, in.at(int(i)))
	}
	return b.finish(m)
}

// maxBytes is the most that one text column of a batch may hold: its offsets
// are 32 bits wide.
const maxBytes = 1<<31 - 1

func takeTexts(a arrow.Array, idx []int32, m nulls) (arrow.Array, error) {
	in := textsOf(a)
	offsets := make([]int32, len(idx)+1)
	var total int64
	for k, i := range idx {
		if !m.at(k) {
			total += int64(in.offsets[i+1] - in.offsets[i])
		}
		offsets[k+1] = int32(total)
	}
	if total > maxBytes {
		return nil, errTooLong
	}
	data := make([]byte, total)
	for k := range idx {
		if from, to := offsets[k], offsets[k+1]; from < to {
			copy(data[from:to], in.data[in.offsets[idx[k]]:])
		}
	}
	return newTexts(a.DataType(), offsets, data, m), nil
}

var errTooLong = fmt.Errorf("a text column of one batch would be longer than 2 GB; lower the number of rows of a batch")

func takeStruct(a *array.Struct, idx []int32, m nulls) (arrow.Array, error) {
	fields := make([]arrow.Array, a.NumField())
	for i := range fields {
		f, err := takeRows1(a.Field(i), idx)
		if err != nil {
			return nil, err
		}
		fields[i] = f
	}
	return newStruct(a.DataType(), len(idx), fields, m), nil
}

func takeRows1(a arrow.Array, idx []int32) (arrow.Array, error) {
	a, err := Plain(a)
	if err != nil {
		return nil, err
	}
	return takeRows(a, idx, takeNulls(a, idx))
}

// takeList takes rows of a list or a map, whose offsets count from the start
// of the elements.
func takeList(a arrow.Array, elems arrow.Array, all []int32, idx []int32, m nulls) (arrow.Array, error) {
	from := all[a.Data().Offset():]
	offsets := make([]int32, len(idx)+1)
	var pick []int32
	for k, i := range idx {
		if !m.at(k) {
			for e := from[i]; e < from[i+1]; e++ {
				pick = append(pick, e)
			}
		}
		offsets[k+1] = int32(len(pick))
	}
	taken, err := Take(elems, pick)
	if err != nil {
		return nil, err
	}
	return newList(a.DataType(), offsets, taken, m), nil
}

// Concat returns the rows of several arrays of one type, one after the other.
func Concat(arrays []arrow.Array) (arrow.Array, error) {
	if len(arrays) == 1 {
		return arrays[0], nil
	}
	return array.Concatenate(arrays, memory.DefaultAllocator)
}

// Dense returns the selected rows alone, as an array: a constant repeated, the
// others copied together.
func (v Value) Dense(rows Rows) (arrow.Array, error) {
	switch {
	case v.Const:
		return Take(v.Array, make([]int32, rows.Count()))
	case rows.Sel == nil:
		return v.Array, nil
	}
	return Take(v.Array, rows.Sel)
}

// Full returns an array of rows.N rows, a constant repeated.
func (v Value) Full(rows Rows) (arrow.Array, error) {
	if !v.Const {
		return v.Array, nil
	}
	return Take(v.Array, make([]int32, rows.N))
}
