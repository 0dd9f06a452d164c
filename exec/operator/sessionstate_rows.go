package operator

import (
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

func (s *sessionStream) String() string        { return s.state.String() }
func (s *sessionStream) Schema() *arrow.Schema { return s.state.sessions.Schema() }

func (s *sessionStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		if s.rows == nil {
			if err := s.fill(ctx); err != nil {
				return batch.Batch{}, err
			}
		}
		return s.rows.Next(ctx)
	})
}

func (s *sessionStream) fill(ctx context.Context) error {
	s.state.Begin()
	if err := s.state.age(); err != nil {
		return err
	}
	for {
		b, err := s.in.Next(ctx)
		if batch.IsEnd(err) {
			break
		}
		if err == nil {
			err = s.state.parts.watch.updates(func() error { return s.state.Merge(b) })
		}
		if err != nil {
			return err
		}
	}
	if err := s.in.Close(); err != nil {
		return err
	}
	watch := &s.state.parts.watch
	was := watch.turn(&watch.work.Updates)
	b, err := s.state.finish(s.wm)
	watch.turn(was)
	if err != nil {
		return err
	}
	if s.rows = NewValues(s.Schema(), pieces(b)...); s.state.tells() {
		s.rows = &tableSessions{state: s.state}
	}
	s.rows = s.state.behindLeft(s.rows)
	return nil
}

// pieces divides rows into batches of the usual size.
func pieces(b batch.Batch) []batch.Batch {
	var out []batch.Batch
	for from := 0; b.Record != nil && from < b.NumRows(); from += batch.MaxRows {
		out = append(out, b.Slice(from, min(from+batch.MaxRows, b.NumRows())))
	}
	return out
}

func (s *sessionStream) Close() error {
	s.close()
	return s.in.Close()
}

// finish ends the input of the batch, once the watermark is wm: it makes the
// sessions of the owners that the batch came to, lets those go whose time has
// come, and returns what leaves.
func (s *SessionState) finish(wm int64) (batch.Batch, error) {
	s.horizon = s.horizonAt(wm)
	var due []uint32
	err := s.parts.watch.removals(func() (err error) {
		due, err = s.endInput()
		return err
	})
	if err != nil {
		return batch.Batch{}, err
	}
	owners := slices.Concat(s.touched, due)
	if s.opts.Emit == EmitComplete && s.disk == nil {
		owners = s.allOwners()
	}
	if err := s.join(owners); err != nil {
		return batch.Batch{}, err
	}
	if s.after, err = s.sessionsOf(owners); err != nil {
		return batch.Batch{}, err
	}
	s.prolong()
	b, err := s.emit()
	if err != nil {
		return b, err
	}
	for i, end := range s.after.end {
		if end <= s.horizon {
			s.parts.due = append(s.parts.due, s.after.parts[i]...)
		}
	}
	s.touched = owners // their lists are put in order by Commit
	if s.disk != nil {
		if err := s.writeDisk(); err != nil {
			return b, err
		}
	}
	return b, s.parts.resize()
}

// endInput ends the input of the batch in the parts, and returns the owners that
// the batch did not come to and that may have sessions whose time has come.
func (s *SessionState) endInput() ([]uint32, error) {
	if s.disk == nil {
		return s.dueOwners(), s.parts.Finish(NoWatermark)
	}
	if err := s.parts.findGone(); err != nil {
		return nil, err
	}
	return s.dueOnDisk()
}

// tells tells whether the whole result is read from the table.
func (s *SessionState) tells() bool { return s.disk != nil && s.opts.Emit == EmitComplete }

// dueOwners are those that the batch did not come to and that may have sessions
// whose time has come.
func (s *SessionState) dueOwners() []uint32 {
	var out []uint32
	s.times.until(s.horizon, func(_ int64, o uint32) {
		if s.stamp[o] != s.parts.epoch {
			s.stamp[o] = s.parts.epoch
			out = append(out, o)
		}
	})
	return out
}

// join makes one part of those of each session, where rows are never taken back.
func (s *SessionState) join(owners []uint32) error {
	if s.sessions.parts.retract {
		return nil
	}
	all, err := s.sessionsOf(owners)
	if err != nil {
		return err
	}
	into := &sessionRows{}
	for i, list := range all.parts {
		if len(list) < 2 {
			continue
		}
		var others []uint32
		for _, g := range list {
			if s.start[g] != all.start[i] || s.end[g] != all.end[i] {
				others = append(others, g)
				s.merged[g] = true
			}
		}
		s.parts.gone = append(s.parts.gone, others...)
		into.owners, into.parts = append(into.owners, all.owners[i]), append(into.parts, others)
		into.start, into.end = append(into.start, all.start[i]), append(into.end, all.end[i])
	}
	if into.len() == 0 {
		return nil
	}
	g, err := s.gather(into.parts)
	if err != nil {
		return err
	}
	return s.mergeParts(into, g)
}

// mergeParts adds what g has gathered for each session to the part that is the
// whole of it.
func (s *SessionState) mergeParts(r *sessionRows, g *groups) error {
	ids := make([]uint32, r.len())
	for i := range ids {
		ids[i] = uint32(i)
	}
	cols, err := s.sessions.columns(s.owners, r)
	if err != nil {
		return err
	}
	at := s.sessions.at
	keys := append(append(append([]arrow.Array(nil), cols[:at]...), cols[at+1:]...), cols[at])
	values, err := g.state(ids)
	if err != nil {
		return err
	}
	if err := s.mergePartial(newBatch(s.sessions.parts.partial, append(keys, values...), len(ids))); err != nil {
		return err
	}
	return s.link(len(s.owner))
}

// results computes the calls for sessions.
func (s *SessionState) results(r *sessionRows) error {
	g, err := s.gather(r.parts)
	if err != nil {
		return err
	}
	ids := make([]uint32, r.len())
	for i := range ids {
		ids[i] = uint32(i)
	}
	r.results, err = g.results(ids)
	return err
}

// emit returns the rows that leave; none is a batch without a record.
func (s *SessionState) emit() (batch.Batch, error) {
	switch {
	case s.opts.Emit == EmitFinal:
		return s.final()
	case s.tells():
		return batch.Batch{}, nil
	}
	if err := s.results(s.after); err != nil || s.after.len() == 0 && s.opts.Emit == EmitComplete {
		return batch.Batch{}, err
	}
	if s.opts.Emit == EmitComplete {
		return s.whole(s.after)
	}
	return s.changes()
}

// whole returns sessions as rows; with a table, in the order of their keys, since
// those that were read from one came in another order.
func (s *SessionState) whole(r *sessionRows) (batch.Batch, error) {
	cols, err := s.sessions.columns(s.owners, r)
	if err != nil {
		return batch.Batch{}, err
	}
	b := newBatch(s.sessions.Schema(), append(cols, r.results...), r.len())
	if s.parts.table == nil {
		return b, nil
	}
	return s.sortRows(b, func(int, int) int { return 0 })
}

// sortRows orders rows by what compare says of two of them, then by their keys.
func (s *SessionState) sortRows(b batch.Batch, compare func(a, b int) int) (batch.Batch, error) {
	rank, err := ranks(b.Record.Columns()[:len(s.sessions.agg.keys)], b.NumRows(), compare)
	if err != nil {
		return b, err
	}
	rows := make([]int32, len(rank))
	for i, r := range rank {
		rows[i] = int32(r)
	}
	return takeRows(b, rows)
}

// final returns the sessions whose time has come, in the order of their ends and
// keys.
func (s *SessionState) final() (batch.Batch, error) {
	r := &sessionRows{}
	for i, end := range s.after.end {
		if end <= s.horizon {
			r.owners, r.parts = append(r.owners, s.after.owners[i]), append(r.parts, s.after.parts[i])
			r.start, r.end = append(r.start, s.after.start[i]), append(r.end, end)
		}
	}
	if r.len() == 0 {
		return batch.Batch{}, nil
	}
	if err := s.results(r); err != nil {
		return batch.Batch{}, err
	}
	cols, err := s.sessions.columns(s.owners, r)
	if err != nil {
		return batch.Batch{}, err
	}
	b := newBatch(s.sessions.Schema(), append(cols, r.results...), r.len())
	return s.sortRows(b, func(a, b int) int { return cmp.Compare(r.end[a], r.end[b]) })
}

// changes compares the sessions of the owners that the batch came to with those
// that they had.
func (s *SessionState) changes() (batch.Batch, error) {
	old, err := s.previous()
	if err != nil {
		return batch.Batch{}, err
	}
	var list []fate
	i, j := 0, 0
	for _, o := range s.touched {
		for {
			had, has := i < old.len() && old.owners[i] == o, j < s.after.len() && s.after.owners[j] == o
			if !had && !has {
				break
			}
			f := fate{int32(i), int32(j)}
			if had && has {
				switch c := cmp.Or(cmp.Compare(old.start[i], s.after.start[j]), cmp.Compare(old.end[i], s.after.end[j])); {
				case c < 0:
					has = false
				case c > 0:
					had = false
				}
			}
			if i++; !had {
				f.old, i = -1, i-1
			}
			if j++; !has {
				f.now, j = -1, j-1
			}
			list = append(list, f)
		}
	}
	return s.tell(old, list)
}

// fate is a session as it was and as it is, by their numbers; -1 is none.
type fate struct{ old, now int32 }

// previous returns what the touched owners had, in one piece.
func (s *SessionState) previous() (*sessionRows, error) {
	all := &sessionRows{}
	lists := make([][]arrow.Array, len(s.sessions.agg.calls))
	for _, r := range s.before {
		all.owners = append(all.owners, r.owners...)
		all.start, all.end = append(all.start, r.start...), append(all.end, r.end...)
		for c, a := range r.results {
			lists[c] = append(lists[c], a)
		}
	}
	for _, list := range lists {
		if len(list) == 0 {
			return all, nil
		}
		a, err := kernel.Concat(list)
		if err != nil {
			return nil, err
		}
		all.results = append(all.results, a)
	}
	return all, nil
}

// tell gives the sessions that are new, or no longer there, or other than they
// were: of the latter, in mode update, the new row alone.
func (s *SessionState) tell(old *sessionRows, list []fate) (batch.Batch, error) {
	same, err := s.unchanged(old, list)
	if err != nil {
		return batch.Batch{}, err
	}
	base := int32(old.len())
	var rows []int32
	var changes []int8
	for k, f := range list {
		if same[k] {
			continue
		}
		if f.old >= 0 && (f.now < 0 || s.opts.Emit == EmitChanges) {
			rows, changes = append(rows, f.old), append(changes, -1)
		}
		if f.now >= 0 {
			rows, changes = append(rows, base+f.now), append(changes, 1)
		}
	}
	if len(rows) == 0 {
		return batch.Batch{}, nil
	}
	both := &sessionRows{owners: append(old.owners, s.after.owners...), start: append(old.start, s.after.start...), end: append(old.end, s.after.end...)}
	for c := range s.sessions.agg.calls {
		parts := []arrow.Array{s.after.results[c]}
		if base > 0 {
			parts = []arrow.Array{old.results[c], s.after.results[c]}
		}
		a, err := kernel.Concat(parts)
		if err != nil {
			return batch.Batch{}, err
		}
		both.results = append(both.results, a)
	}
	cols, err := s.sessions.columns(s.owners, both)
	if err != nil {
		return batch.Batch{}, err
	}
	b, err := takeRows(newBatch(s.sessions.Schema(), append(cols, both.results...), both.len()), rows)
	if err == nil {
		b.Changes = changes
	}
	return b, err
}

// unchanged tells which sessions are as they were.
func (s *SessionState) unchanged(old *sessionRows, list []fate) ([]bool, error) {
	var at, was, is []int32
	for k, f := range list {
		if f.old >= 0 && f.now >= 0 {
			at, was, is = append(at, int32(k)), append(was, f.old), append(is, f.now)
		}
	}
	equal, same := make([]bool, len(at)), make([]bool, len(list))
	for i := range equal {
		equal[i] = true
	}
	for c := range s.sessions.agg.calls {
		if len(at) == 0 {
			break
		}
		a, err := kernel.Take(old.results[c], was)
		if err != nil {
			return nil, err
		}
		b, err := kernel.Take(s.after.results[c], is)
		if err != nil {
			return nil, err
		}
		sameRows(a, b, equal)
	}
	for i, k := range at {
		same[k] = equal[i]
	}
	return same, nil
}
