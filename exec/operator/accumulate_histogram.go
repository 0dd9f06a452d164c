package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// newHistogram returns the accumulator of histogram: how often each value is
// there, in the order in which they came.
func newHistogram(a aggregate) (Accumulator, error) {
	if len(a.args) != 1 || a.args[0] != types.String {
		return nil, a.errorf("it takes a string, not %s", typeNames(a.args))
	}
	return newOccurrences(a, false, true, finishHistogram)
}

func finishHistogram(o *occurrences, groups []uint32) (arrow.Array, error) {
	offsets, codes, times := make([]int32, len(groups)+1), []uint32{}, []int64{}
	for j, g := range groups {
		o.each(g, func(p uint32, n int64) {
			if n > 0 {
				codes, times = append(codes, o.tupleOf(p)), append(times, n)
			}
		})
		offsets[j+1] = int32(len(codes))
	}
	cols, err := o.tuples.Keys(codes)
	if err != nil {
		return nil, err
	}
	dt := types.ToArrow(o.result).(*arrow.MapType)
	cols = append(cols, newFixed(arrow.PrimitiveTypes.Int64, times, nil))
	return array.MakeFromData(array.NewData(dt, len(groups), []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(offsets))},
		[]arrow.ArrayData{structOf(dt.Elem().(*arrow.StructType), cols, len(codes)).Data()}, 0, 0)), nil
}

// nullableList builds a list array; those that are null are empty.
func nullableList(dt arrow.DataType, valid bitset, offsets []int32, elems arrow.Array) arrow.Array {
	n := len(offsets) - 1
	return array.MakeFromData(array.NewData(dt, n, []*memory.Buffer{memory.NewBufferBytes(valid), memory.NewBufferBytes(batch.Bytes(offsets))},
		[]arrow.ArrayData{elems.Data()}, n-valid.count(), 0))
}
