package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// byRank is the accumulator of functions that look at the values of a group in
// order, and can forget each: min and max, percentiles, mode, top k.
type byRank struct {
	storage
	aggregate
	*ranked
	width  int // arguments that make a tuple; the last of them is the order
	times  int // the argument that says how often a row counts; 0 is none
	finish func(b *byRank, groups []uint32) (arrow.Array, error)
	rounds []int64 // scratch
}

// newByRank ranks tuples of the first width arguments by the last of them.
func newByRank(a aggregate, width int, finish func(*byRank, []uint32) (arrow.Array, error)) (*byRank, error) {
	dts := make([]arrow.DataType, width)
	for i := range dts {
		dts[i] = a.arrowArg(i)
	}
	r, err := newRanked(dts, width-1, width > 1)
	if err != nil {
		return nil, a.errorf("%w", err)
	}
	r.arrival = dts[width-1].ID() == arrow.INTERVAL_MONTH_DAY_NANO // different ones may be equally long
	return &byRank{storage: storage{r}, aggregate: a, ranked: r, width: width, finish: finish}, nil
}

func (b *byRank) keeps() (multiset, Accumulator) { return b.ranked, nil }

// rankedBest is best with all values that a group has, so that the next best is
// known when the best is taken back. Of rows with equal keys the first wins that
// is still there.
func (a aggregate) rankedBest(largest bool, by int) (Accumulator, error) {
	if hasMaps(a.args[0]) {
		return nil, a.errorf("%s has no equality by which to find a value that is taken back; use parts of it", a.args[0].Name())
	}
	b, err := newByRank(a, by+1, finishBest(largest))
	if err != nil {
		return nil, err
	}
	b.arrival = b.arrival || by > 0
	b.look(ranking{first: 1, largest: largest})
	return b, nil
}

// look says which values the result needs, where it is their order that counts.
func (b *byRank) look(r ranking) {
	if !b.arrival {
		b.looks = r
	}
}

func finishBest(largest bool) func(*byRank, []uint32) (arrow.Array, error) {
	return func(b *byRank, groups []uint32) (arrow.Array, error) {
		return b.pick(groups, 0, func(g uint32) (uint32, bool) {
			if largest {
				return b.last(g)
			}
			return b.firstOf(g)
		})
	}
}

// firstOf returns the first pair of a group that is there.
func (r *ranked) firstOf(g uint32) (p uint32, ok bool) {
	r.each(g, func(q uint32, n int64) bool {
		p, ok = q, n > 0
		return !ok
	})
	return p, ok
}

// last returns the pair with the greatest key of a group, the first to come of
// those with an equal one.
func (r *ranked) last(g uint32) (p uint32, ok bool) {
	r.eachDown(g, func(q uint32, n int64) bool {
		if ok && (!r.arrival || r.order.compare(r.tupleOf(p), r.tupleOf(q)) != 0) {
			return false
		}
		if n > 0 {
			p, ok = q, true
		}
		return true
	})
	return p, ok
}

// pick builds a column of one column of pairs, null where a group has none.
func (t *pairTable) pick(groups []uint32, column int, of func(g uint32) (uint32, bool)) (arrow.Array, error) {
	rows, codes := make([]int32, len(groups)), make([]uint32, 0, len(groups))
	for j, g := range groups {
		rows[j] = -1
		if p, ok := of(g); ok {
			rows[j] = int32(len(codes))
			codes = append(codes, t.tupleOf(p))
		}
	}
	if len(codes) == 0 {
		return newNulls(t.dts[column], len(groups)), nil
	}
	cols, err := t.tuples.Keys(codes)
	if err != nil || len(codes) == len(groups) {
		return cols[column], err
	}
	return kernel.Take(cols[column], rows)
}

func (b *byRank) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if !b.retract {
		if err := b.additive(rows, changes); err != nil {
			return err
		}
	}
	var times []int64
	if b.times > 0 {
		var err error
		if times, err = b.frequencies(args[b.times], rows); err != nil {
			return err
		}
	}
	args = args[:b.width]
	return b.add(groups, args, rows, changes, times, validArgs(args[b.width-1:]))
}

func (b *byRank) StateTypes() []arrow.DataType { return []arrow.DataType{b.stateType()} }

func (b *byRank) State(groups []uint32) ([]arrow.Array, error) {
	a, err := b.state(groups)
	return []arrow.Array{a}, err
}

func (b *byRank) Merge(groups []uint32, state []arrow.Array) error {
	return b.merge(groups, state[0])
}

func (b *byRank) Result(groups []uint32) (arrow.Array, error) { return b.finish(b, groups) }
