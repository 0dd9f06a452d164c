package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// groupLives forgets groups that no watermark lets go, once they have not changed
// for their lifetime. That is done before the rows of a batch come: a key of theirs
// in the batch begins anew. Keys alone live from when they are first seen, other
// groups from when a row last came to them or went.
//
// With groups on disk all is in the table; at is then only what is known of the
// groups in memory.
type groupLives struct {
	life   Lifetime
	now    int64 // of the batch
	begun  bool  // now is set: a batch runs, and not a restore
	done   bool  // the batch has forgotten what is due
	keeps  bool  // a change of a group that is there does not prolong its life
	at     []int64
	first  int64 // no group in memory changed last before it
	next   int64 // first, once the batch is committed
	table  *changeTimes
	adopts []uint32 // groups that are given the time of the batch although it does not change them

	out   []batch.Batch                       // rows of groups that were forgotten
	tell  func(g *groups, ids []uint32) error // is told of them instead; nil: nobody
	count int64                               // groups on disk that were
	found pairs                               // of restore: keys, with their times in at behind
	times []int64
}

func newGroupLives(a *Aggregation, o StateOptions) groupLives {
	l := groupLives{life: o.Life, first: never, next: never, keeps: a.KeysAlone()}
	if len(a.keys) == 0 || o.Time.Column >= 0 {
		l.life = 0
	}
	return l
}

// SetTime sets the time of the batch that begins next.
func (s *AggregateState) SetTime(now int64) { s.lives.now, s.lives.begun = now, true }

// NextTime is a time before which no group is forgotten; math.MaxInt64 where there
// is none.
func (s *AggregateState) NextTime() int64 {
	l := &s.lives
	switch {
	case l.life == 0:
		return never
	case s.opts.Disk && l.table != nil:
		return l.table.next()
	case l.first == unknown || l.first == never:
		return l.first
	}
	return addTime(l.first, int64(l.life))
}

// age forgets the groups that are due, once in a batch, before its first rows.
func (s *AggregateState) age() error {
	l := &s.lives
	if !l.begun || l.done {
		return nil
	}
	l.done = true
	return s.watch.removals(s.ageNow)
}

func (s *AggregateState) ageNow() error {
	l := &s.lives
	if l.table != nil {
		if !s.opts.Disk {
			l.table.stamp, l.table.undo = l.life.stamp(l.now), l.table.undo[:0]
		} else if err := l.table.begin(l.now); err != nil {
			return err
		}
	}
	switch {
	case l.life == 0:
		return nil
	case s.opts.Disk:
		return s.ageDisk()
	}
	return s.ageMemory()
}

// ageMemory finds the groups in memory that are due, and lets the keys of theirs
// that come in the batch have new ones.
func (s *AggregateState) ageMemory() error {
	l := &s.lives
	limit := l.life.limit(l.now)
	if l.next = l.first; l.first > limit {
		return nil
	}
	l.next = never
	stamp := l.life.stamp(l.now)
	for g, t := range l.at {
		switch {
		case !s.groups.places.has(uint32(g)):
		case t == unknown:
			l.adopts = append(l.adopts, uint32(g))
			l.next = min(l.next, stamp)
		case t <= limit:
			s.due = append(s.due, uint32(g))
		default:
			l.next = min(l.next, t)
		}
	}
	if len(s.due) == 0 {
		return nil
	}
	if err := s.order(s.due, func(int, int) int { return 0 }); err != nil {
		return err
	}
	for ids := s.due; len(ids) > 0; {
		n := min(len(ids), batch.MaxRows)
		if err := s.tellForgotten(s.groups, ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	for _, g := range s.due {
		s.groups.places.hide(g)
	}
	return nil
}

// tellForgotten gives groups that are forgotten with the change -1, if that is
// asked for. Keys alone leave silently, as they came for good.
func (s *AggregateState) tellForgotten(g *groups, ids []uint32) error {
	if s.lives.tell != nil {
		return s.lives.tell(g, ids)
	}
	if s.lives.keeps || s.opts.Emit != EmitChanges && s.opts.Emit != EmitUpdate {
		return nil
	}
	b, err := g.output(ids, false)
	b.Changes = minusOnes(len(ids))
	s.lives.out = append(s.lives.out, b)
	return err
}

// ageDisk takes the groups that are due out of the table.
func (s *AggregateState) ageDisk() error {
	l := &s.lives
	keys, err := l.table.forget(l.now)
	if err != nil || keys.len() == 0 {
		return err
	}
	var some, values pairs
	for i := range keys.len() {
		v, err := s.table.Get(keys.at(i))
		if err != nil {
			return err
		}
		if v != nil {
			some.add(keys.at(i))
			values.add(v)
		}
		if some.len() < batch.MaxRows && i+1 < keys.len() {
			continue
		}
		if err := s.forgetRows(some, values); err != nil {
			return err
		}
		some.reset()
		values.reset()
	}
	return s.renew() // groups in memory may be among them
}

// forgetRows takes some groups out of the table.
func (s *AggregateState) forgetRows(keys, values pairs) error {
	if keys.len() == 0 {
		return nil
	}
	g, ids, err := s.decoded(keys, values, true)
	if err == nil {
		err = s.tellForgotten(g, ids)
	}
	for i := 0; i < keys.len() && err == nil; i++ {
		err = s.drop(keys.at(i))
	}
	s.lives.count += int64(keys.len())
	return err
}

// changed notes in the table that groups change, whose keys are at hand.
func (l *groupLives) changed(s *AggregateState, ids []uint32, k *groupKeys) error {
	if l.life == 0 || l.table == nil || !l.begun {
		return nil
	}
	for i, g := range ids {
		was := l.of(g)
		if was == l.table.stamp || l.keeps && s.existed(g) && was != unknown {
			continue
		}
		write := l.table.write
		if s.opts.Disk && s.existed(g) {
			if l.keeps {
				continue
			}
			write = l.table.touch
		}
		if err := write(k.at(i)); err != nil {
			return err
		}
		if s.opts.Disk {
			l.set(g, l.table.stamp)
		}
	}
	return nil
}

// removed notes in the table that a group is gone.
func (l *groupLives) removed(key []byte) error {
	if l.life == 0 || l.table == nil {
		return nil
	}
	return l.table.remove(key)
}

// of is the time of a group in memory.
func (l *groupLives) of(g uint32) int64 {
	if int(g) < len(l.at) {
		return l.at[g]
	}
	return unknown
}

func (l *groupLives) set(g uint32, t int64) {
	for int(g) >= len(l.at) {
		l.at = append(l.at, unknown)
	}
	l.at[g] = t
}

// adopt writes the times of groups that had none into the table.
func (l *groupLives) adopt(s *AggregateState) error {
	if l.table == nil || len(l.adopts) == 0 {
		return nil
	}
	return s.eachKey(l.adopts, func(ids []uint32, k *groupKeys) error {
		for i := range ids {
			if err := l.table.write(k.at(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// commit gives the groups in memory that the batch changed its time.
func (l *groupLives) commit(s *AggregateState) {
	if l.life == 0 || !l.begun || s.opts.Disk {
		return
	}
	stamp := l.life.stamp(l.now)
	l.first = l.next
	for _, g := range l.adopts {
		l.set(g, stamp)
	}
	for _, list := range [][]uint32{s.saved, s.made()} {
		for _, g := range list {
			if t := l.of(g); t == unknown || !l.keeps {
				l.set(g, stamp)
			}
			l.first = min(l.first, stamp)
		}
	}
}

// begin forgets what is known of the last batch.
func (l *groupLives) begin() {
	l.done, l.out, l.count, l.adopts = false, nil, 0, l.adopts[:0]
}

// rollback gives the keys of groups in memory that the batch forgot their groups
// back.
func (l *groupLives) rollback(s *AggregateState) {
	if l.life > 0 && !s.opts.Disk {
		for _, g := range s.due {
			s.groups.places.show(g)
		}
	}
	switch {
	case l.table == nil:
	case s.opts.Disk:
		l.table.reset()
	default:
		l.table.restore()
	}
}

// attach prepares for groups in a table. Those in memory are found by restore.
func (l *groupLives) attach(t state.Table, disk bool) error {
	l.table = &changeTimes{table: t, space: SpaceGroups, life: l.life}
	if disk {
		return l.table.load()
	}
	groups := t.Groups()
	l.table.oldest = make([]int64, groups.To-groups.From)
	for i := range l.table.oldest {
		l.table.oldest[i] = never
	}
	return nil
}

// restore takes a pair of a table that holds what lives know; false: the pair is
// not theirs, or of no use where groups live for ever.
func (l *groupLives) restore(key, value []byte) (bool, error) {
	space := key[state.KeyPrefix-1]
	if l.life == 0 || space != SpaceChanged && space != SpaceOldest {
		return false, nil
	}
	t, err := changedAt(value)
	if space == SpaceOldest {
		l.table.oldest[state.GroupOf(key)-l.table.table.Groups().From] = t
	} else {
		l.found.add(key)
		l.times = append(l.times, t)
	}
	return true, err
}

// settle gives the groups that were restored their times.
func (l *groupLives) settle(s *AggregateState) error {
	if l.life == 0 {
		return nil
	}
	for g := range s.groups.len() {
		l.set(uint32(g), unknown)
		l.first = unknown
	}
	n := s.groups.len()
	if l.found.len() > 0 {
		l.first = never
	}
	for from := 0; from < l.found.len(); from += batch.MaxRows {
		var keys pairs
		times := l.times[from:min(from+batch.MaxRows, l.found.len())]
		for i := range times {
			keys.add(l.found.at(from + i))
		}
		ids, err := s.numbers(keys)
		if err != nil {
			return err
		}
		for i, g := range ids {
			if int(g) >= n {
				return errChangeTime
			}
			l.set(g, times[i])
			l.first = min(l.first, times[i])
		}
	}
	for _, t := range l.at {
		l.first = min(l.first, t) // unknown comes first
	}
	l.found, l.times = pairs{}, nil
	return nil
}

// numbers returns the groups in memory of keys of the table.
func (s *AggregateState) numbers(keys pairs) ([]uint32, error) {
	cols, err := s.codec.keys.Decode(keys.list(state.KeyPrefix))
	if err != nil {
		return nil, err
	}
	return s.groups.number(valuesOf(cols), kernel.Rows{N: keys.len()})
}

// renumber gives the groups the numbers that they have after those that have gone
// are left out.
func (l *groupLives) renumber(p *places) {
	kept := l.at[:0]
	for g, t := range l.at {
		if p.has(uint32(g)) {
			kept = append(kept, t)
		}
	}
	l.at = kept
}

func (l *groupLives) bytes() int64 {
	n := int64(cap(l.at)+cap(l.times))*8 + int64(cap(l.adopts))*4 + l.found.bytes()
	for _, b := range l.out {
		n += sizeOf(b.Record.Columns())
	}
	if l.table != nil {
		n += int64(cap(l.table.oldest)) * 8
	}
	return n
}

// before gives the rows of groups that were forgotten, then others.
func (l *groupLives) before(rows batch.Stream) batch.Stream {
	if len(l.out) == 0 {
		return rows
	}
	return &rowsBehind{first: l.out, Stream: rows}
}

// rowsBehind gives some batches before those of a stream.
type rowsBehind struct {
	batch.Stream
	first []batch.Batch
}

func (r *rowsBehind) Schema() *arrow.Schema { return r.Stream.Schema() }

func (r *rowsBehind) Next(ctx context.Context) (batch.Batch, error) {
	if len(r.first) == 0 {
		return r.Stream.Next(ctx)
	}
	if err := ctx.Err(); err != nil {
		return batch.Batch{}, err
	}
	b := r.first[0]
	r.first = r.first[1:]
	return b, nil
}

// KeysAlone tells whether groups are nothing but their keys, of rows that are never
// taken back: what such a group gives stays when it is forgotten.
func (a *Aggregation) KeysAlone() bool { return len(a.calls) == 0 && !a.retract }

// dump writes the times of groups in memory into an empty table.
func (l *groupLives) dump(s *AggregateState, ids []uint32, t state.Table) error {
	if l.life == 0 {
		return nil
	}
	c := &changeTimes{table: t, life: l.life}
	groups := t.Groups()
	oldest := make([]int64, groups.To-groups.From)
	for i := range oldest {
		oldest[i] = never
	}
	err := s.eachKey(ids, func(ids []uint32, k *groupKeys) error {
		for i, g := range ids {
			at, from := l.of(g), &oldest[state.GroupOf(k.at(i))-groups.From]
			if *from = min(*from, at); at == unknown {
				continue // the next batch adopts the key group
			}
			c.value = appendChange(c.value[:0], at)
			if err := t.Set(c.changeKey(k.at(i)), c.value); err != nil {
				return err
			}
		}
		return nil
	})
	for i, at := range oldest {
		if err == nil && at != never && at != unknown {
			c.value = appendChange(c.value[:0], at)
			err = t.Set(c.oldestKey(i), c.value)
		}
	}
	return err
}
