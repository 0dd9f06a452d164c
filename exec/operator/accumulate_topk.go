package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
)

// newTopK returns the accumulator of topk and topkdistinct: the k greatest
// values, the greatest first. Where rows only come it keeps no more than those.
func newTopK(distinct bool) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) != 2 {
			return nil, a.errorf("it takes a value and a number, not %d arguments", len(a.args))
		}
		k, ok := asInt(a.consts[1])
		if !ok || k < 1 {
			return nil, a.errorf("its second argument must be a constant of at least 1")
		}
		b, err := newByRank(a, 1, func(b *byRank, groups []uint32) (arrow.Array, error) { return b.top(groups, k, distinct) })
		if err != nil {
			return nil, err
		}
		if !a.retract {
			b.most, b.once = k, distinct
			return b, nil
		}
		b.look(ranking{first: k, largest: true, distinct: distinct})
		return b, nil
	}
}

func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

func (b *byRank) top(groups []uint32, k int64, distinct bool) (arrow.Array, error) {
	offsets, codes := make([]int32, len(groups)+1), []uint32{}
	for j, g := range groups {
		left := k
		b.eachDown(g, func(p uint32, n int64) bool {
			if distinct {
				n = min(n, 1)
			}
			for ; n > 0 && left > 0; n, left = n-1, left-1 {
				codes = append(codes, b.tupleOf(p))
			}
			return left > 0
		})
		offsets[j+1] = int32(len(codes))
	}
	cols, err := b.tuples.Keys(codes)
	if err != nil {
		return nil, err
	}
	return listOf(types.ToArrow(b.result), offsets, cols[0].Data()), nil
}

// newMode returns the accumulator of mode: the most frequent value, the least of
// those that are equally frequent.
func newMode(a aggregate) (Accumulator, error) {
	if len(a.args) == 0 || len(a.args) > 2 {
		return nil, a.errorf("it takes a value and whether the least of several wins, not %d arguments", len(a.args))
	}
	b, err := newByRank(a, 1, func(b *byRank, groups []uint32) (arrow.Array, error) { return b.pick(groups, 0, b.firstOf) })
	if err != nil {
		return nil, err
	}
	b.frequent = true
	return b, nil
}
