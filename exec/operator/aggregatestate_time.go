package operator

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// never is the time of a group that stays: that of a key that is null. A group
// whose time is a first value, and null, goes at once: at the first watermark there
// is.
const (
	never  = math.MaxInt64
	atOnce = NoWatermark + 1
)

// deadlines appends the watermark at which each row of an event-time column is
// final: the instant itself, or the end of the window, and a lag; that of a null is
// given. It fails for columns that are neither.
func deadlines(a arrow.Array, lag, null int64, out []int64) ([]int64, error) {
	valid := validOf(a)
	if s, ok := a.(*array.Struct); ok && s.NumField() > 0 {
		at, has := s.DataType().(*arrow.StructType).FieldIdx("end")
		if has && s.Field(at).DataType().ID() == arrow.TIMESTAMP {
			a = s.Field(at)
		}
	}
	if a.DataType().ID() != arrow.TIMESTAMP {
		return nil, fmt.Errorf("internal: a column of Arrow type %s is no event time", a.DataType())
	}
	inner := validOf(a)
	for i, t := range batch.Values[int64](a) {
		if !valid.at(i) || !inner.at(i) {
			t = null
		} else if t += lag; t < t-lag {
			t = never
		}
		out = append(out, t)
	}
	return out, nil
}

// timeIndex knows which groups go at which time. Many groups have one time.
type timeIndex struct {
	times  []int64            // ascending
	groups map[int64][]uint32 // those of a time, in the order in which they came
	n      int
}

// add notes that a group goes at t.
func (x *timeIndex) add(t int64, g uint32) {
	if t == never {
		return
	}
	if x.groups == nil {
		x.groups = map[int64][]uint32{}
	}
	list, known := x.groups[t]
	if !known {
		at, _ := slices.BinarySearch(x.times, t)
		x.times = slices.Insert(x.times, at, t)
	}
	x.groups[t] = append(list, g)
	x.n++
}

// until calls f for the groups whose time is at or before wm.
func (x *timeIndex) until(wm int64, f func(t int64, g uint32)) {
	for _, t := range x.times {
		if t > wm {
			return
		}
		for _, g := range x.groups[t] {
			f(t, g)
		}
	}
}

// drop forgets the times at or before wm.
func (x *timeIndex) drop(wm int64) {
	k := 0
	for ; k < len(x.times) && x.times[k] <= wm; k++ {
		x.n -= len(x.groups[x.times[k]])
		delete(x.groups, x.times[k])
	}
	x.times = slices.Delete(x.times, 0, k)
}

// due tells whether a group goes at wm.
func (x *timeIndex) due(wm int64) bool { return len(x.times) > 0 && x.times[0] <= wm }

func (x *timeIndex) bytes() int64 { return int64(x.n)*4 + int64(len(x.times))*64 }

// Due tells whether groups go once the watermark is at wm.
func (s *AggregateState) Due(wm int64) bool {
	if s.index != nil {
		return s.index.due(s.horizon(wm))
	}
	return s.times.due(wm)
}

// made lists the groups that the batch made.
func (s *AggregateState) made() []uint32 {
	out := make([]uint32, 0, s.groups.len()-s.old)
	for g := s.old; g < s.groups.len(); g++ {
		if !s.opts.Disk || !s.loaded[g] {
			out = append(out, uint32(g))
		}
	}
	return out
}

// findDue finds the groups that go at wm, in the order of their times, and of
// one time in that of their keys, whenever they came.
func (s *AggregateState) findDue(wm int64) error {
	s.wm = wm
	if s.opts.Time.Column < 0 || s.opts.Disk { // on disk, the table knows
		return nil
	}
	var err error
	if s.fresh, err = s.deadlinesOf(s.groups, s.made(), s.opts.Time.Lag, s.fresh[:0]); err != nil {
		return err
	}
	var at []int64
	due := func(t int64, g uint32) {
		if s.exists(g) {
			s.due, at = append(s.due, g), append(at, t)
		}
	}
	s.times.until(wm, due)
	for k, t := range s.fresh {
		if t <= wm {
			due(t, uint32(s.old+k))
		}
	}
	if s.opts.Emit != EmitFinal || len(s.due) < 2 {
		return nil // they go silently
	}
	return s.order(s.due, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
}

// order sorts groups by what compare says of two of them, then by their keys.
func (s *AggregateState) order(ids []uint32, compare func(a, b int) int) error {
	cols, err := s.groups.keys(ids)
	if err != nil {
		return err
	}
	rank, err := ranks(cols, len(ids), compare)
	if err != nil {
		return err
	}
	sorted := make([]uint32, len(ids))
	for i, r := range rank {
		sorted[i] = ids[r]
	}
	copy(ids, sorted)
	return nil
}

// ranks orders n rows by what compare says of two of them, then by the canonical
// encoding of their keys.
func ranks(keys []arrow.Array, n int, compare func(a, b int) int) ([]int, error) {
	var encoded state.Keys
	if err := encoded.Encode(keys, n, SpaceGroups); err != nil {
		return nil, err
	}
	rank := make([]int, n)
	for i := range rank {
		rank[i] = i
	}
	slices.SortFunc(rank, func(a, b int) int {
		return cmp.Or(compare(a, b), bytes.Compare(encoded.Key(a)[state.KeyPrefix:], encoded.Key(b)[state.KeyPrefix:]))
	})
	return rank, nil
}

// deadlinesOf appends when the time of groups comes, and a lag.
func (s *AggregateState) deadlinesOf(g *groups, ids []uint32, lag int64, out []int64) ([]int64, error) {
	at, n := s.opts.Time.Column, len(s.agg.keys)
	if at >= n {
		a, err := g.accs[at-n].Result(ids)
		if err != nil {
			return nil, err
		}
		return deadlines(a, lag, atOnce, out)
	}
	cols, err := g.keys(ids)
	if err != nil {
		return nil, err
	}
	return deadlines(cols[at], lag, never, out)
}

// schedule takes the groups of the batch into the index, and those that were due
// out of it.
func (s *AggregateState) schedule() {
	if s.opts.Time.Column < 0 || s.opts.Disk {
		return
	}
	s.times.drop(s.wm)
	for k, t := range s.fresh {
		if g := uint32(s.old + k); t > s.wm && s.exists(g) {
			s.times.add(t, g)
		}
	}
}
