package operator

import (
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// AggregateState is the groups of a streaming aggregation that one task owns. A
// batch is
//
//	Begin, then Merge of its partial results or Update with its rows, Finish,
//	read by Rows, then Flush and Commit, or Rollback
//
// and after Rollback the state is what it was before Begin. Stream and
// StreamRows do all up to Rows. Old values are saved as groups change for the
// first time in a batch, so that a batch costs what it changes.
//
// It is not safe for concurrent use, but for Stats after a batch.
type AggregateState struct {
	agg         *Aggregation
	opts        StateOptions
	name        string
	groups      *groups
	counted     int64 // bytes that the budget knows of
	open        bool
	shown       bool // the row of an aggregation without keys has left once
	mark        Mark
	old         int      // groups from before the batch: those below it
	epoch       uint32   // of the batch
	stamp       []uint32 // by group from before the batch: the epoch in which it last changed
	saved       []uint32 // groups from before the batch that it changed, in order
	before      previous // what they were
	gone        []uint32 // groups of which the batch has left nothing
	due         []uint32 // groups whose time has come
	times       timeIndex
	fresh       []int64 // when the time comes for each of the groups that the batch made
	wm          int64   // the watermark of the batch
	stats       AggregateStats
	table       state.Table // nil: the groups are not recorded
	codec       *groupCodec
	owner       int // of groupKeys
	wasRestored bool
	keys        groupKeys   // scratch
	valueKeys   groupKeys   // scratch
	counter     *groupCount // nil without keys, or without a table
	lives       groupLives
	watch       stopwatch
	duplicates  int64 // rows that Deduplication has left out
	foreign     pairs // with groups in memory: keys in the table of things that only those on disk need

	// With groups on disk:
	loaded []bool        // by group: it was in the table before the batch
	most   int           // manyValues
	whole  bool          // groups are merged with others: all entries of those in memory are there
	values pairs         // scratch
	index  *groupIndex   // nil where groups stay for ever
	stale  *state.Timers // that are not needed; nil where there are none
}

// StateOptions say how an aggregation keeps its groups and gives them away.
type StateOptions struct {
	// Budget is that of the query.
	Budget *state.Budget
	// Emit says how changes of the groups leave.
	Emit Emit
	// Disk keeps the groups in the table, but for those of the running batch. Else
	// they are in memory, and the table is a record of them.
	Disk bool
	// Time says when groups go.
	Time GroupTime
	// Life is how long groups are kept that stay for ever by Time. The one group of an
	// aggregation without keys stays.
	Life Lifetime
}

// GroupTime says when the groups of a streaming aggregation go: once the
// watermark is at, or after, the time of the group and Lag microseconds.
type GroupTime struct {
	// Column is the number of the column of the result that is the time, an instant
	// or a window, of which the end counts. It never changes while the group lives:
	// it is a key, or the first value of something. -1 where groups stay for ever.
	Column int
	Lag    int64
}

// AggregateStats describe the state of one task after a batch.
type AggregateStats struct {
	state.Stats
	// Removed is the number of groups that the batch let go.
	Removed int64
}

// NewState returns empty state. It fails where the key of the options is no
// event time.
func (a *Aggregation) NewState(o StateOptions) (*AggregateState, error) {
	if o.Emit == EmitComplete {
		o.Time.Column = -1 // the whole result is shown for ever
	}
	g, err := a.newGroups()
	if err != nil {
		return nil, err
	}
	if len(a.keys) == 0 {
		o.Disk = false // one group
	}
	s := &AggregateState{agg: a, opts: o, name: "StateStoreAggregate" + a.String(), groups: g, most: manyValues}
	if o.Time.Column >= 0 {
		if _, err := deadlines(newNulls(a.result.Field(o.Time.Column).Type, 0), 0, never, nil); err != nil {
			return nil, err
		}
	}
	s.lives = newGroupLives(a, o)
	if len(a.keys) > 0 && !o.Disk && (a.retract || o.Time.Column >= 0 || s.lives.life > 0) {
		g.places = &places{}
	}
	return s, nil
}

// String names the operator, as explain and progress show it.
func (s *AggregateState) String() string { return s.name }

// Begin starts a batch. One that was neither committed nor rolled back is
// rolled back.
func (s *AggregateState) Begin() {
	s.Rollback()
	s.watch.reset()
	s.duplicates = 0
	s.open, s.mark, s.old = true, s.groups.table.Mark(), s.groups.len()
	s.forget()
	if n := s.old; n > len(s.stamp) {
		s.stamp = append(s.stamp, make([]uint32, n-len(s.stamp))...)
	}
	if s.epoch++; s.epoch == 0 { // after 2^32 batches
		clear(s.stamp)
		s.epoch = 1
	}
}

// forget drops what is known of the last batch.
func (s *AggregateState) forget() {
	s.saved, s.gone, s.due, s.fresh = s.saved[:0], s.gone[:0], s.due[:0], s.fresh[:0]
	s.before = previous{}
	s.lives.begin()
	if s.index != nil {
		s.index.begin(false)
	}
}

var errNotBegun = errors.New("internal: a batch of state was not begun")

// Merge adds rows of partial results. After an error the batch must be rolled
// back.
func (s *AggregateState) Merge(b batch.Batch) error {
	if !s.open {
		return errNotBegun
	}
	if err := s.age(); err != nil {
		return err
	}
	b, err := kernel.Compact(b)
	if err != nil {
		return err
	}
	ids, err := s.groups.find(b)
	if err != nil {
		return err
	}
	if err := s.touch(ids); err != nil {
		return err
	}
	if err := s.groups.merge(ids, b); err != nil {
		return err
	}
	return s.resize()
}

// Update adds rows as they are, given the values of keys and arguments. After an
// error the batch must be rolled back.
func (s *AggregateState) Update(values []kernel.Value, b batch.Batch) error {
	_, err := s.add(values, b)
	return err
}

// add is Update; it returns the groups of the rows, valid until the next call.
func (s *AggregateState) add(values []kernel.Value, b batch.Batch) ([]uint32, error) {
	if !s.open {
		return nil, errNotBegun
	}
	if err := s.age(); err != nil {
		return nil, err
	}
	ids, err := s.groups.findRows(values, b)
	if err != nil {
		return nil, err
	}
	if err := s.touch(ids); err != nil {
		return nil, err
	}
	if err := s.groups.accumulate(ids, values, b); err != nil {
		return nil, err
	}
	return ids, s.resize()
}

// touch saves the groups from before the batch that change for the first time in it.
func (s *AggregateState) touch(ids []uint32) error {
	if s.opts.Disk {
		return s.bring(ids)
	}
	from, old := len(s.saved), uint32(s.old)
	for _, g := range ids {
		if g < old && s.stamp[g] != s.epoch {
			s.stamp[g] = s.epoch
			s.saved = append(s.saved, g)
		}
	}
	for _, acc := range s.groups.accs {
		acc.Save(s.saved[from:])
	}
	return s.remember(s.saved[from:])
}

// Finish ends the input of the batch, once the watermark is wm: it finds the
// groups that go. It fails where more rows were taken back than had come.
func (s *AggregateState) Finish(wm int64) error {
	if !s.open {
		return errNotBegun
	}
	if err := s.age(); err != nil {
		return err
	}
	return s.watch.removals(func() error {
		if err := s.findGone(); err != nil {
			return err
		}
		if err := s.findDue(wm); err != nil {
			return err
		}
		if s.opts.Disk {
			if err := s.finishDisk(wm); err != nil {
				return err
			}
		}
		return s.resize()
	})
}

// findGone finds the groups of which the batch has left no row.
func (s *AggregateState) findGone() error {
	if s.groups.rows == nil || len(s.agg.keys) == 0 {
		return nil
	}
	n := s.groups.rows.n.v
	check := func(g uint32) error {
		forgotten := s.lives.life > 0 // rows that are taken back may be older than the group
		if n[g] == 0 || n[g] < 0 && forgotten {
			s.gone = append(s.gone, g)
		}
		if n[g] < 0 && !forgotten {
			return fmt.Errorf("internal: %s: %d more rows of a group were taken back than had come", s.name, -n[g])
		}
		return nil
	}
	for _, g := range s.saved {
		if err := check(g); err != nil {
			return err
		}
	}
	for _, g := range s.made() {
		if err := check(g); err != nil {
			return err
		}
	}
	return nil
}

// exists tells whether a group has rows.
func (s *AggregateState) exists(g uint32) bool {
	if s.groups.places != nil && !s.groups.places.has(g) {
		return false
	}
	return s.groups.rows == nil || len(s.agg.keys) == 0 || s.groups.rows.n.v[g] > 0
}

func (s *AggregateState) bytes() int64 {
	n := s.groups.bytes() + int64(cap(s.stamp)+cap(s.saved)+cap(s.gone)+cap(s.due)+2*cap(s.fresh))*4 + s.before.bytes + s.times.bytes()
	if s.index != nil {
		n += s.index.bytes()
	}
	n += s.lives.bytes()
	return n + s.keys.bytes() + s.valueKeys.bytes() + s.values.bytes() + s.foreign.bytes() + int64(cap(s.loaded))
}

func (s *AggregateState) resize() error {
	n := s.bytes()
	from := s.counted
	s.counted = n
	return s.opts.Budget.Resize(s.name, from, n)
}

// Commit makes the batch part of the state. It fails where the memory for
// putting it in order is not enough.
func (s *AggregateState) Commit() error {
	if !s.open {
		return nil
	}
	cools := s.opts.Disk && s.cools()
	s.stats = s.after()
	for _, acc := range s.groups.accs {
		acc.Commit()
	}
	s.schedule()
	s.lives.commit(s)
	if p := s.groups.places; p != nil {
		for _, list := range [][]uint32{s.gone, s.due} {
			for _, g := range list {
				p.remove(g)
			}
		}
	}
	if s.counter != nil {
		s.counter.commit(s.stats.Rows)
	}
	if s.index != nil {
		s.index.missing = false
	}
	s.open, s.shown, s.foreign, s.stale = false, true, pairs{}, nil
	s.forget()
	err := s.tidy(cools)
	_ = s.resize() // it was checked in Merge
	s.stats.Bytes = s.counted
	return err
}

// after are the stats that Commit leaves, with the bytes that are held now.
func (s *AggregateState) after() AggregateStats {
	st := s.stats
	st.Bytes = s.counted
	st.Updated, st.Removed = int64(len(s.saved)+len(s.made())), s.lives.count
	if s.index != nil {
		st.Removed += s.index.count
	}
	for _, list := range [][]uint32{s.gone, s.due} {
		for _, g := range list {
			if s.existed(g) {
				st.Removed++
			}
		}
	}
	if st.Rows += s.grown(); len(s.agg.keys) == 0 {
		st.Rows = 1
	}
	return st
}

// grown is by how many groups the batch makes the state larger.
func (s *AggregateState) grown() int64 {
	n := int64(len(s.made())-len(s.gone)-len(s.due)) - s.lives.count
	if s.index != nil {
		n -= s.index.count
	}
	return n
}

// tidy gives back memory of groups that are needed no more.
func (s *AggregateState) tidy(cools bool) error {
	if !s.opts.Disk {
		return s.compact()
	}
	if cools {
		return s.renew()
	}
	for g := s.old; g < len(s.loaded); g++ {
		s.loaded[g] = true // from now on
	}
	return nil
}

// Rollback undoes the batch. It does nothing after Commit.
func (s *AggregateState) Rollback() {
	if !s.open {
		return
	}
	s.stats.Updated, s.stats.Removed, s.open = 0, 0, false
	if s.opts.Disk {
		s.lives.rollback(s)
		if s.forget(); s.index != nil {
			s.index.begin(true)
		}
		if s.stale != nil {
			s.stale.Reset()
		}
		_ = s.renew() // the same groups were made before
		_ = s.resize()
		return
	}
	for _, acc := range s.groups.accs {
		acc.Restore(s.saved, s.old)
	}
	s.groups.table.Rollback(s.mark)
	if s.groups.places != nil {
		s.groups.places.truncate(s.old, s.mark.groups)
	}
	s.lives.rollback(s)
	s.groups.grow()
	s.stamp = s.stamp[:min(len(s.stamp), s.groups.len())]
	s.forget()
	_ = s.resize() // it gives back
}

// Stats describe the state after a batch, or as Commit would leave it after Flush.
func (s *AggregateState) Stats() AggregateStats {
	if s.open {
		return s.after()
	}
	return s.stats
}

// Work tells of the last batch what depends on where the groups are.
func (s *AggregateState) Work() GroupWork {
	return GroupWork{s.watch.work, s.duplicates, int64(s.groups.len())}
}

// Close gives back the memory.
func (s *AggregateState) Close() error {
	err := s.opts.Budget.Resize(s.name, s.counted, 0)
	s.counted, s.groups, s.open = 0, nil, false
	return err
}
