package kernel

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/exec/batch"
)

// fixed are the Go types of the values of fixed-width columns. Dates are int32,
// timestamps int64; booleans are bits and stand apart.
type fixed interface {
	int8 | int16 | int32 | int64 | float32 | float64 | decimal128.Num | arrow.MonthDayNanoInterval
}

func values[T fixed](a arrow.Array) []T { return batch.Values[T](a) }

// texts gives access to the rows of a string or binary array: row i is
// data[offsets[i]:offsets[i+1]].
type texts struct {
	offsets []int32
	data    []byte
}

// textsOf returns the rows of a plain (not a view) string or binary array.
func textsOf(a arrow.Array) texts {
	offsets, data := batch.Texts(a)
	return texts{offsets, data}
}

// at returns row i. It shares the column's memory, which never changes.
func (t texts) at(i int) string {
	from, to := t.offsets[i], t.offsets[i+1]
	if from == to {
		return ""
	}
	return unsafe.String(&t.data[from], int(to-from))
}

// bytes returns row i, not to be changed.
func (t texts) bytes(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]:t.offsets[i+1]] }

// size is the number of bytes of all rows.
func (t texts) size() int { return int(t.offsets[len(t.offsets)-1] - t.offsets[0]) }

// bools gives access to the rows of a boolean array.
type bools struct {
	bits []byte
	off  int
}

func boolsOf(a arrow.Array) bools {
	d := a.Data()
	if d.Len() == 0 {
		return bools{}
	}
	return bools{d.Buffers()[1].Bytes(), d.Offset()}
}

func (b bools) at(i int) bool { i += b.off; return b.bits[i>>3]>>(i&7)&1 != 0 }

// Plain returns a string or binary array whose rows lie one after the other:
// the array itself unless it is one of views.
func Plain(a arrow.Array) (arrow.Array, error) {
	var value func(int) string
	dt := arrow.DataType(arrow.BinaryTypes.String)
	switch v := a.(type) {
	case *array.StringView:
		value = v.Value
	case *array.BinaryView:
		value, dt = v.ValueString, arrow.BinaryTypes.Binary
	case *array.Dictionary, *array.LargeString, *array.LargeBinary:
		return nil, fmt.Errorf("a column of Arrow type %s cannot be computed with; cast it to %s first", a.DataType(), dt)
	default:
		return a, nil
	}
	b := newTextBuilder(a.Len(), 0)
	for i := range a.Len() {
		b.row(i)
		if a.IsValid(i) {
			b.data = append(b.data, value(i)...)
		}
	}
	return b.finish(dt, nullsOfArray(a)), nil
}
