package operator

import (
	"slices"

	"github.com/riffledata/riffle/exec/batch"
)

// Sessions that no watermark lets go are forgotten once they have not changed for
// their lifetime. The times are those of their parts, in memory and on disk, as of
// other groups; where a session keeps several parts, since rows are taken back, all
// have the time of the one that changed last, and so are forgotten together.

// SetTime sets the time of the batch that begins next.
func (s *SessionState) SetTime(now int64) { s.parts.SetTime(now) }

// NextTime is a time before which no session is forgotten; math.MaxInt64 where there
// is none.
func (s *SessionState) NextTime() int64 { return s.parts.NextTime() }

// age forgets the sessions that are due, before the rows of the batch come, and
// prepares the rows by which they leave.
func (s *SessionState) age() error {
	if s.parts.lives.life == 0 {
		return s.parts.age()
	}
	defer func() {
		s.parts.lives.tell = nil
		if s.leaving != nil {
			_ = s.leaving.Close() // it gives back memory
			s.leaving = nil
		}
	}()
	s.parts.lives.tell = s.leave
	if err := s.parts.age(); err != nil {
		return err
	}
	if s.disk == nil {
		for _, g := range s.parts.due {
			s.aged = append(s.aged, s.owner[g])
		}
	}
	if s.leaving == nil {
		return nil
	}
	rows, err := s.leaving.sessionsOf(s.leaving.allOwners())
	if err == nil {
		err = s.leaving.results(rows)
	}
	if err != nil {
		return err
	}
	b, err := s.leaving.whole(rows)
	if err != nil {
		return err
	}
	b.Changes = minusOnes(b.NumRows())
	s.left = pieces(b)
	return nil
}

// leave takes in parts of sessions that are forgotten.
func (s *SessionState) leave(g *groups, ids []uint32) error {
	if s.opts.Emit != EmitChanges && s.opts.Emit != EmitUpdate {
		return nil
	}
	if s.leaving == nil {
		var err error
		if s.leaving, err = s.sessions.NewState(StateOptions{Budget: s.opts.Budget, Emit: EmitComplete}); err != nil {
			return err
		}
		s.leaving.Begin()
	}
	keys, err := g.keys(ids)
	if err != nil {
		return err
	}
	values, err := g.state(ids)
	if err != nil {
		return err
	}
	return s.leaving.Merge(newBatch(s.sessions.parts.partial, append(slices.Clone(keys), values...), len(ids)))
}

// prolong gives all parts of the sessions that the batch has changed its time.
func (s *SessionState) prolong() {
	p := s.parts
	if p.lives.life == 0 || !p.agg.retract {
		return
	}
	changed := func(g uint32) bool { return !p.existed(g) || p.stamp[g] == p.epoch }
	for _, list := range s.after.parts {
		if !slices.ContainsFunc(list, changed) {
			continue
		}
		for _, g := range list {
			if !changed(g) {
				p.lives.adopts = append(p.lives.adopts, g)
			}
		}
	}
}

// behindLeft gives the rows of sessions that were forgotten, then others.
func (s *SessionState) behindLeft(rows batch.Stream) batch.Stream {
	if len(s.left) == 0 {
		return rows
	}
	return &rowsBehind{first: s.left, Stream: rows}
}
