package operator

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// With sessions on disk, the parts in memory are those of the owners that the
// batch comes to, and of those whose time has come: always all of an owner's. They
// are read when the batch first comes to the owner; the key in the table begins
// with the owner, so they lie together. What the batch makes of them is written
// when its input ends, and when the batch ends all are dropped.

// sessionDisk is what a SessionState on disk has beside the parts in memory.
type sessionDisk struct {
	codec  *state.KeyCodec // of owners
	timers *state.Timers   // of the ends of sessions, by owner; nil where they stay for ever
	// missing is set where the sessions in the table have no timers yet, since they
	// were in memory before; first is the earliest end of theirs.
	missing bool
	first   int64
	read    int          // owners below it have been read from the table
	was     []sessionEnd // of the owners that were read, as the table had them
	keys    groupKeys    // scratch
}

// sessionEnd is the end of a session of an owner.
type sessionEnd struct {
	owner uint32
	end   int64
}

func compareEnds(a, b sessionEnd) int {
	return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.end, b.end))
}

// partSize is the number of bytes at the end of a part's key: a struct of two
// timestamps, neither of them null, as state.Appender has them.
const (
	partSize = 1 + 4 + 2*(1+1+8)
	partTag  = 0x0B
)

// ownerOf is the key of a part without the part.
func ownerOf(key []byte) []byte { return key[:max(state.KeyPrefix, len(key)-partSize)] }

// attachDisk prepares for sessions in the table.
func (s *SessionState) attachDisk() error {
	d := &sessionDisk{first: never}
	var err error
	if d.codec, err = state.NewKeyCodec(s.ownerTypes()); err != nil {
		return err
	}
	s.disk = d
	if s.opts.Time.Column < 0 {
		return s.clear() // the parts' state lets timers go that are there
	}
	s.parts.stale, d.timers = nil, state.NewTimers(s.parts.table, SpaceTimers)
	next, err := d.timers.Next()
	if err == nil && next == state.NoTime {
		err = s.eachEnd(func(end int64, _ []byte) error {
			d.first = min(d.first, end)
			return nil
		})
		d.missing = d.first != never
	}
	if err != nil {
		return err
	}
	return s.clear()
}

func (s *SessionState) ownerTypes() []arrow.DataType {
	return s.sessions.parts.keyTypes[:len(s.sessions.parts.keys)-1]
}

// clear forgets all parts in memory.
func (s *SessionState) clear() error {
	s.start, s.end, s.owner, s.prev = s.start[:0], s.end[:0], s.owner[:0], s.prev[:0]
	s.last, s.stamp = s.last[:0], s.stamp[:0]
	s.disk.read, s.disk.was = 0, s.disk.was[:0]
	var err error
	s.owners, err = NewGroupTable(s.ownerTypes())
	return err
}

// readOwners reads the parts of the owners that are new in memory.
func (s *SessionState) readOwners() error {
	s.grow()
	d, n := s.disk, s.ownersLen()
	for d.read < n {
		ids := make([]uint32, min(n-d.read, batch.MaxRows))
		for i := range ids {
			ids[i] = uint32(d.read + i)
		}
		if err := s.readSome(ids); err != nil {
			return err
		}
		d.read += len(ids)
	}
	return nil
}

func (s *SessionState) readSome(ids []uint32) error {
	from, k := len(s.owner), &s.disk.keys
	k.space = SpaceGroups
	cols, err := s.owners.Keys(ids)
	if err != nil {
		return err
	}
	if err := k.encode(cols, len(ids)); err != nil {
		return err
	}
	k.sort(ids)
	var keys, values pairs
	var low, high []byte
	for i := range ids {
		low = append(append(low[:0], k.at(i)...), partTag)
		high = append(append(high[:0], k.at(i)...), partTag+1)
		err := s.parts.table.Scan(low, high, func(key, value []byte) error {
			keys.add(key)
			values.add(value)
			return nil
		})
		if err != nil {
			return err
		}
		if keys.len() >= batch.MaxRows || i == len(ids)-1 && keys.len() > 0 {
			if err := s.parts.takeIn(keys, values); err != nil {
				return err
			}
			keys.reset()
			values.reset()
		}
	}
	if err := s.link(from); err != nil || s.disk.timers == nil {
		return err
	}
	old, err := s.sessionsOf(ids)
	if err != nil {
		return err
	}
	for i, o := range old.owners {
		s.disk.was = append(s.disk.was, sessionEnd{o, old.end[i]})
	}
	return nil
}

// takeIn puts groups of the table into memory, none of which is there.
func (s *AggregateState) takeIn(keys, values pairs) error {
	cols, rows, err := s.codec.decode(keys, values)
	if err != nil {
		return err
	}
	ids, err := s.groups.number(valuesOf(cols), kernel.Rows{N: keys.len()})
	if err != nil {
		return err
	}
	s.seen(true)
	ids = slices.Clone(ids)
	if err := s.groups.mergeRows(ids, rows); err != nil {
		return err
	}
	if err := s.loadValues(s.groups, ids, keys); err != nil {
		return err
	}
	return s.resize()
}

// seen notes of the groups that are new in memory whether they are in the table.
func (s *AggregateState) seen(there bool) {
	for g := len(s.loaded); g < s.groups.len(); g++ {
		s.loaded, s.stamp = append(s.loaded, there), append(s.stamp, 0)
	}
}

// mergePartial adds rows of partial results to the parts. On disk, a part that is
// not in memory is not in the table either, since its owner was read.
func (s *SessionState) mergePartial(b batch.Batch) error {
	p := s.parts
	if s.disk == nil || !p.open {
		return p.Merge(b)
	}
	ids, err := p.groups.find(b)
	if err != nil {
		return err
	}
	p.seen(false)
	if err := p.touch(ids); err != nil {
		return err
	}
	if err := p.groups.merge(ids, b); err != nil {
		return err
	}
	return p.resize()
}

// rollbackDisk undoes the batch in memory; the store does in the table.
func (s *SessionState) rollbackDisk() {
	s.parts.Rollback()
	_ = s.clear() // the same table was made before
	if s.disk.timers != nil {
		s.disk.timers.Reset()
	}
	s.forget()
}

// commitDisk makes the batch part of the state, and drops it from memory.
func (s *SessionState) commitDisk() error {
	if err := s.parts.Commit(); err != nil {
		return err
	}
	if err := s.parts.renew(); err != nil {
		return err
	}
	_ = s.parts.resize() // it gives back
	s.parts.stats.Bytes = s.parts.counted
	s.disk.missing = false
	s.forget()
	return s.clear()
}

// dueOnDisk reads the owners that have sessions whose time has come, and returns
// those that the batch did not come to.
func (s *SessionState) dueOnDisk() ([]uint32, error) {
	d := s.disk
	if d.timers == nil {
		return nil, nil
	}
	if d.missing {
		if err := s.eachEnd(d.timers.Set); err != nil {
			return nil, err
		}
	}
	var due []uint32
	var keys pairs
	some := func() error {
		if keys.len() == 0 {
			return nil
		}
		ids, err := s.ownersOf(keys)
		keys.reset()
		for _, o := range ids {
			if s.stamp[o] != s.parts.epoch {
				s.stamp[o] = s.parts.epoch
				due = append(due, o)
			}
		}
		return err
	}
	err := d.timers.Due(s.horizon, func(_ int64, key []byte) error {
		if keys.add(key); keys.len() < batch.MaxRows {
			return nil
		}
		return some()
	})
	if err != nil {
		return nil, err
	}
	return due, some()
}

// ownersOf returns the numbers of owners by their keys in the table, and reads
// those that are not in memory.
func (s *SessionState) ownersOf(keys pairs) ([]uint32, error) {
	cols, err := s.disk.codec.Decode(keys.list(state.KeyPrefix))
	if err != nil {
		return nil, err
	}
	ids, err := s.owners.Groups(valuesOf(cols), kernel.Rows{N: keys.len()})
	if err != nil {
		return nil, err
	}
	ids = slices.Clone(ids) // reading finds others
	return ids, s.readOwners()
}

// writeDisk writes what the batch has made of the parts, and sets the timers of
// the sessions that are left.
func (s *SessionState) writeDisk() error {
	if s.parts.stale != nil {
		if err := s.parts.clearTimers(); err != nil {
			return err
		}
	}
	if err := s.parts.writeBack(); err != nil || s.disk.timers == nil {
		return err
	}
	var is []sessionEnd
	for i, end := range s.after.end {
		if end > s.horizon {
			is = append(is, sessionEnd{s.after.owners[i], end})
		}
	}
	was := slices.DeleteFunc(s.disk.was, func(e sessionEnd) bool { // the one owner of an aggregation without others is there always
		return s.stamp[e.owner] != s.parts.epoch
	})
	slices.SortFunc(was, compareEnds)
	slices.SortFunc(is, compareEnds)
	var gone, fresh []sessionEnd
	for len(was) > 0 || len(is) > 0 {
		order := 1
		if len(is) == 0 {
			order = -1
		} else if len(was) > 0 {
			order = compareEnds(was[0], is[0])
		}
		if order < 0 {
			gone = append(gone, was[0])
		} else if order > 0 {
			fresh = append(fresh, is[0])
		}
		if order <= 0 {
			was = was[1:]
		}
		if order >= 0 {
			is = is[1:]
		}
	}
	if err := s.eachTimer(gone, s.disk.timers.Delete); err != nil {
		return err
	}
	return s.eachTimer(fresh, s.disk.timers.Set)
}

// eachTimer calls f with the ends of sessions and the keys of their owners.
func (s *SessionState) eachTimer(ends []sessionEnd, f func(end int64, key []byte) error) error {
	ids := make([]uint32, len(ends))
	for i, e := range ends {
		ids[i] = e.owner
	}
	for from := 0; from < len(ids); from += batch.MaxRows {
		to := min(from+batch.MaxRows, len(ids))
		cols, err := s.owners.Keys(ids[from:to])
		if err != nil {
			return err
		}
		var keys state.Keys
		if err := keys.Encode(cols, to-from, SpaceGroups); err != nil {
			return err
		}
		for i := range to - from {
			if err := f(ends[from+i].end, keys.Key(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachEnd calls f for the sessions in the table, with their ends and the keys of
// their owners.
func (s *SessionState) eachEnd(f func(end int64, key []byte) error) error {
	for from := []byte(nil); ; {
		page, next, err := s.page(from, false)
		if err != nil || page == nil {
			return err
		}
		rows, err := page.sessionsOf(page.allOwners())
		if err == nil {
			var ends []sessionEnd
			for i, o := range rows.owners {
				ends = append(ends, sessionEnd{o, rows.end[i]})
			}
			err = page.eachTimer(ends, f)
		}
		if err := cmp.Or(err, page.Close()); err != nil {
			return err
		}
		from = next
	}
}

// page returns the parts of the next owners in the table as a state of their own,
// which is to be closed, and where to go on; nil at the end. Without the values that
// the calls need it is fit for sessions without results.
func (s *SessionState) page(from []byte, results bool) (page *SessionState, next []byte, err error) {
	keys, values, err := s.scan(from)
	if err != nil || keys.len() == 0 {
		return nil, nil, err
	}
	g, _, err := s.parts.decoded(keys, values, results)
	if err != nil {
		return nil, nil, err
	}
	page, err = s.sessions.NewState(StateOptions{Budget: s.opts.Budget, Emit: EmitComplete})
	if err != nil {
		return nil, nil, err
	}
	page.parts.groups = g
	if err := cmp.Or(page.parts.resize(), page.link(0)); err != nil {
		_ = page.Close() // there is an error to tell
		return nil, nil, err
	}
	return page, keys.after(nil), nil
}

// scan returns the parts of the next owners in the table, of each all.
func (s *SessionState) scan(from []byte) (keys, values pairs, err error) {
	for full := false; from != nil || keys.len() == 0; {
		at := from
		from = nil
		err = s.parts.table.Scan(at, nil, func(key, value []byte) error {
			if space := key[state.KeyPrefix-1]; space > SpaceGroups { // what lies behind the parts of a key group
				from = state.AppendKey(nil, state.GroupOf(key)+1, SpaceGroups)
				return state.ErrStop
			} else if space < SpaceGroups {
				return nil
			}
			n := keys.len()
			if full = n >= batch.MaxRows && !bytes.Equal(ownerOf(key), ownerOf(keys.at(n-1))); full {
				return state.ErrStop
			}
			keys.add(key)
			values.add(value)
			return nil
		})
		if err != nil || full || from == nil {
			break
		}
	}
	return keys, values, err
}

// tableSessions reads all sessions of the table, in the order of its keys.
type tableSessions struct {
	done
	state  *SessionState
	from   []byte
	pieces []batch.Batch
}

func (r *tableSessions) String() string        { return r.state.String() }
func (r *tableSessions) Schema() *arrow.Schema { return r.state.sessions.Schema() }

func (r *tableSessions) Next(ctx context.Context) (batch.Batch, error) {
	return r.once(func() (batch.Batch, error) {
		for len(r.pieces) == 0 {
			if err := cmp.Or(ctx.Err(), r.read()); err != nil {
				return batch.Batch{}, err
			}
		}
		b := r.pieces[0]
		r.pieces = r.pieces[1:]
		return b, nil
	})
}

func (r *tableSessions) read() error {
	page, next, err := r.state.page(r.from, true)
	if err != nil {
		return err
	}
	if page == nil {
		return io.EOF
	}
	r.from = next
	rows, err := page.sessionsOf(page.allOwners())
	if err == nil && rows.len() > 0 {
		if err = page.results(rows); err == nil {
			var b batch.Batch
			if b, err = page.whole(rows); err == nil {
				r.pieces = pieces(b)
			}
		}
	}
	return cmp.Or(err, page.Close())
}

func (r *tableSessions) Close() error {
	r.close()
	return nil
}
