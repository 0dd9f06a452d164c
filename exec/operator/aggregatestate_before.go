package operator

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
)

// previous holds what the calls gave, before the batch, for the groups that it
// changes: some for each time that groups were touched, in the order of
// AggregateState.saved.
type previous struct {
	parts [][]arrow.Array
	sizes []int
	bytes int64
}

// remembers tells whether the old values of groups are needed.
func (s *AggregateState) remembers() bool {
	if len(s.agg.calls) == 0 || s.opts.Emit == EmitComplete || s.opts.Emit == EmitFinal {
		return false
	}
	return s.opts.Emit == EmitChanges || s.agg.retract
}

// remember keeps the values of groups that are about to change for the first
// time.
func (s *AggregateState) remember(ids []uint32) error {
	if len(ids) == 0 || !s.remembers() || !s.wasShown() {
		return nil
	}
	cols, err := s.groups.results(ids)
	if err != nil {
		return err
	}
	s.before.parts, s.before.sizes = append(s.before.parts, cols), append(s.before.sizes, len(ids))
	s.before.bytes += sizeOf(cols)
	return nil
}

// wasShown tells whether groups from before the batch have left: all have, but
// that of an aggregation without keys, which is there before the first batch.
func (s *AggregateState) wasShown() bool { return len(s.agg.keys) > 0 || s.shown }

// sameRows clears same[i] where row i of two columns differs. Floats differ by
// their bits.
func sameRows(a, b arrow.Array, same []bool) {
	va, vb := validOf(a), validOf(b)
	equal := equalValues(a, b)
	for i := range same {
		if x := va.at(i); x != vb.at(i) || x && same[i] && !equal(i) {
			same[i] = false
		}
	}
}

// equalValues returns a function that compares rows of two columns of one type,
// neither of which is null.
func equalValues(a, b arrow.Array) func(i int) bool {
	switch a.DataType().ID() {
	case arrow.NULL:
		return func(int) bool { return true }
	case arrow.STRING, arrow.BINARY:
		ao, ad := batch.Texts(a)
		bo, bd := batch.Texts(b)
		return func(i int) bool { return bytes.Equal(ad[ao[i]:ao[i+1]], bd[bo[i]:bo[i+1]]) }
	case arrow.BOOL:
		x, y := boolsOf(a), boolsOf(b)
		return func(i int) bool { return x.at(i) == y.at(i) }
	}
	if dt, ok := a.DataType().(arrow.FixedWidthDataType); ok && a.DataType().ID() != arrow.DICTIONARY {
		switch dt.Bytes() {
		case 1:
			return equalFixed[int8](a, b)
		case 2:
			return equalFixed[int16](a, b)
		case 4:
			return equalFixed[int32](a, b)
		case 8:
			return equalFixed[int64](a, b)
		case 16:
			return equalFixed[[2]uint64](a, b)
		}
	}
	nan := array.WithNaNsEqual(true)
	return func(i int) bool {
		k := int64(i)
		return array.SliceApproxEqual(a, k, k+1, b, k, k+1, nan, array.WithAbsTolerance(0))
	}
}

func equalFixed[T comparable](a, b arrow.Array) func(i int) bool {
	x, y := batch.Values[T](a), batch.Values[T](b)
	return func(i int) bool { return x[i] == y[i] }
}
