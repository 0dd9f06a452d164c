package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// place is a row of one of several arrays; part -1 is a null row.
type place struct{ part, row int32 }

// interleave takes rows of several arrays of one type: those that the places
// name.
func interleave(arrays []arrow.Array, at []place) (arrow.Array, error) {
	switch arrays[0].DataType().ID() {
	case arrow.STRING, arrow.BINARY:
		return interleaveTexts(arrays, at)
	case arrow.INT32, arrow.DATE32:
		return interleaveFixed[int32](arrays, at), nil
	case arrow.INT64, arrow.TIMESTAMP:
		return interleaveFixed[int64](arrays, at), nil
	case arrow.FLOAT64:
		return interleaveFixed[float64](arrays, at), nil
	case arrow.DECIMAL128:
		return interleaveFixed[decimal128.Num](arrays, at), nil
	}
	idx, base := make([]int32, len(at)), make([]int32, len(arrays))
	var total int32
	for k, a := range arrays {
		base[k] = total
		total += int32(a.Len())
	}
	for i, p := range at {
		if idx[i] = -1; p.part >= 0 {
			idx[i] = base[p.part] + p.row
		}
	}
	whole, err := Concat(arrays)
	if err != nil {
		return nil, err
	}
	return Take(whole, idx)
}

// interleaveNulls are the nulls of the places.
func interleaveNulls(arrays []arrow.Array, at []place) nulls {
	parts, none := make([]nulls, len(arrays)), true
	for k, a := range arrays {
		parts[k] = nullsOfArray(a)
		none = none && parts[k].none()
	}
	m := noNulls(len(at))
	for i, p := range at {
		if p.part < 0 || !none && parts[p.part].at(int(p.row)) {
			m.set(i)
		}
	}
	return m
}

func interleaveFixed[T fixed](arrays []arrow.Array, at []place) arrow.Array {
	parts := make([][]T, len(arrays))
	for k, a := range arrays {
		parts[k] = values[T](a)
	}
	out := make([]T, len(at))
	for i, p := range at {
		if p.part >= 0 {
			out[i] = parts[p.part][p.row]
		}
	}
	return newFixed(arrays[0].DataType(), out, interleaveNulls(arrays, at))
}

func interleaveTexts(arrays []arrow.Array, at []place) (arrow.Array, error) {
	parts := make([]texts, len(arrays))
	for k, a := range arrays {
		parts[k] = textsOf(a)
	}
	m := interleaveNulls(arrays, at)
	offsets := make([]int32, len(at)+1)
	var total int64
	for i, p := range at {
		if !m.at(i) {
			t := &parts[p.part]
			total += int64(t.offsets[p.row+1] - t.offsets[p.row])
		}
		offsets[i+1] = int32(total)
	}
	if total > maxBytes {
		return nil, errTooLong
	}
	data := make([]byte, total)
	for i, p := range at {
		if from, to := offsets[i], offsets[i+1]; from < to {
			t := &parts[p.part]
			copy(data[from:to], t.data[t.offsets[p.row]:])
		}
	}
	return newTexts(arrays[0].DataType(), offsets, data, m), nil
}
