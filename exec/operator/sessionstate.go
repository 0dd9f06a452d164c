package operator

import (
	"cmp"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// SessionState is the sessions of a streaming aggregation that one task owns. It
// keeps what was gathered for each part of a session, as groups of an
// AggregateState, and makes the sessions of the owners that a batch touches anew
// from their parts. Where rows are never taken back, the parts of a session
// become one.
//
// Its batches are those of AggregateState.
type SessionState struct {
	sessions *Sessions
	opts     StateOptions
	parts    *AggregateState
	owners   *GroupTable
	mark     Mark
	// By part: its window, its owner, and the part of the same owner that came
	// before it, plus one.
	start, end  []int64
	owner, prev []uint32
	last        []uint32        // by owner: the part that came last, plus one
	merged      map[uint32]bool // parts that the batch has merged into others
	stamp       []uint32        // by owner: the epoch in which a batch came to it last
	touched     []uint32        // owners that the batch came to, in order
	before      []*sessionRows  // what owners from before the batch had, in the order of touched
	after       *sessionRows    // what the touched owners have now, then those whose time has come
	times       timeIndex       // owners by the ends of their sessions
	horizon     int64
	disk        *sessionDisk  // nil: all parts are in memory
	aged        []uint32      // owners of parts in memory that the batch forgets
	leaving     *SessionState // those parts, while they are found
	left        []batch.Batch // the rows of the sessions that are forgotten
}

// NewState returns empty state. Of the options' time only the lag counts: a
// session goes once the watermark has reached its end; column -1 keeps all.
func (s *Sessions) NewState(o StateOptions) (*SessionState, error) {
	if o.Emit == EmitComplete {
		o.Time.Column = -1
	}
	parts, err := s.parts.NewState(StateOptions{Budget: o.Budget, Emit: EmitFinal, Time: GroupTime{Column: -1}, Disk: o.Disk, Life: o.Life})
	if err != nil {
		return nil, err
	}
	parts.lives.keeps = false // a session without aggregates changes too
	parts.name, parts.owner = "StateStoreSessions"+s.String(), len(s.parts.keys)
	if parts.whole, parts.most = true, math.MaxInt; !o.Disk {
		parts.groups.places = &places{}
	}
	st := &SessionState{sessions: s, opts: o, parts: parts, merged: map[uint32]bool{}}
	st.owners, err = NewGroupTable(s.parts.keyTypes[:len(s.parts.keys)-1])
	return st, err
}

// String names the operator, as explain and progress show it.
func (s *SessionState) String() string { return s.parts.name }

// Kind says how the state uses its table.
func (s *SessionState) Kind() state.Kind { return s.parts.Kind() }

// Attach gives the state its table and restores what it holds.
func (s *SessionState) Attach(t state.Table) error {
	if err := s.parts.Attach(t); err != nil {
		return err
	}
	if s.opts.Disk {
		return s.attachDisk()
	}
	return s.rebuild()
}

// Begin starts a batch.
func (s *SessionState) Begin() {
	s.Rollback()
	s.parts.Begin()
	s.mark = s.owners.Mark()
	s.forget()
}

func (s *SessionState) forget() {
	s.touched, s.before, s.after = s.touched[:0], nil, nil
	s.aged, s.left = s.aged[:0], nil
	clear(s.merged)
}

// Merge adds rows of partial results of the parts.
func (s *SessionState) Merge(b batch.Batch) error {
	b, err := kernel.Compact(b)
	if err != nil {
		return err
	}
	keys := make([]kernel.Value, len(s.sessions.parts.keys)-1)
	for c := range keys {
		keys[c].Array = b.Record.Column(c)
	}
	ids, err := s.owners.Groups(keys, rowsOf(b))
	if err != nil {
		return err
	}
	if s.disk != nil {
		ids = slices.Clone(ids) // reading finds others
		if err := s.readOwners(); err != nil {
			return err
		}
	}
	if err := s.touch(ids); err != nil {
		return err
	}
	if err := s.mergePartial(b); err != nil {
		return err
	}
	return s.link(len(s.owner))
}

// touch remembers the sessions of owners that the batch comes to first.
func (s *SessionState) touch(ids []uint32) error {
	s.grow()
	from := len(s.touched)
	for _, o := range ids {
		if s.stamp[o] != s.parts.epoch {
			s.stamp[o] = s.parts.epoch
			s.touched = append(s.touched, o)
		}
	}
	if s.opts.Emit == EmitComplete || s.opts.Emit == EmitFinal || from == len(s.touched) {
		return nil
	}
	old, err := s.sessionsOf(s.touched[from:])
	if err != nil {
		return err
	}
	if old.len() == 0 {
		return nil
	}
	s.before = append(s.before, old)
	err = s.results(old)
	old.parts = nil
	return err
}

func (s *SessionState) grow() {
	if n := s.ownersLen(); n > len(s.last) {
		s.last = append(s.last, make([]uint32, n-len(s.last))...)
		s.stamp = append(s.stamp, make([]uint32, n-len(s.stamp))...)
	}
}

func (s *SessionState) ownersLen() int { return s.owners.Len() }

// link puts the parts from the given one on into the lists of their owners.
func (s *SessionState) link(from int) error {
	ids := make([]uint32, 0, s.parts.groups.len()-from)
	for g := from; g < s.parts.groups.len(); g++ {
		ids = append(ids, uint32(g))
	}
	for len(ids) > 0 {
		n := min(len(ids), batch.MaxRows)
		if err := s.linkSome(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func (s *SessionState) linkSome(ids []uint32) error {
	cols, err := s.parts.groups.keys(ids)
	if err != nil {
		return err
	}
	keys := make([]kernel.Value, len(cols)-1)
	for c := range keys {
		keys[c].Array = cols[c]
	}
	owners, err := s.owners.Groups(keys, kernel.Rows{N: len(ids)})
	if err != nil {
		return err
	}
	s.grow()
	window := cols[len(cols)-1].(*array.Struct)
	start, end := batch.Values[int64](window.Field(0)), batch.Values[int64](window.Field(1))
	for j, g := range ids {
		o := owners[j]
		s.start, s.end, s.owner = append(s.start, start[j]), append(s.end, end[j]), append(s.owner, o)
		s.prev = append(s.prev, s.last[o])
		s.last[o] = g + 1
	}
	return nil
}

// sessionsOf returns the sessions of owners, without results.
func (s *SessionState) sessionsOf(owners []uint32) (*sessionRows, error) {
	r := &sessionRows{}
	var list []uint32
	for _, o := range owners {
		list = list[:0]
		for p := s.last[o]; p > 0; p = s.prev[p-1] {
			if g := p - 1; !s.merged[g] && s.parts.exists(g) {
				list = append(list, g)
			}
		}
		slices.SortFunc(list, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(s.start[a], s.start[b]), cmp.Compare(s.end[a], s.end[b]))
		})
		for i, g := range list {
			n := r.len() - 1
			if i > 0 && s.start[g] <= r.end[n] {
				r.end[n] = max(r.end[n], s.end[g])
				r.parts[n] = append(r.parts[n], g)
				continue
			}
			r.owners = append(r.owners, o)
			r.start, r.end = append(r.start, s.start[g]), append(r.end, s.end[g])
			r.parts = append(r.parts, []uint32{g})
		}
	}
	return r, nil
}

// gather merges the parts of sessions in accumulators of their own, whose groups
// are the sessions.
func (s *SessionState) gather(parts [][]uint32) (*groups, error) {
	g, err := s.sessions.parts.newGroups()
	if err != nil {
		return nil, err
	}
	var ids, to []uint32
	for n, list := range parts {
		for _, p := range list {
			ids, to = append(ids, p), append(to, uint32(n))
		}
	}
	for _, acc := range g.accs {
		acc.Grow(len(parts))
	}
	for len(ids) > 0 {
		n := min(len(ids), batch.MaxRows)
		cols, err := s.parts.groups.state(ids[:n])
		if err == nil {
			err = g.mergeState(to[:n], cols)
		}
		if err != nil {
			return nil, err
		}
		ids, to = ids[n:], to[n:]
	}
	return g, nil
}

// Due tells whether sessions go once the watermark is at wm.
func (s *SessionState) Due(wm int64) bool {
	at := s.horizonAt(wm)
	switch d := s.disk; {
	case d == nil:
		return s.times.due(at)
	case d.timers == nil:
		return false
	case d.missing:
		return d.first <= at
	default:
		next, err := d.timers.Next()
		return err != nil || next <= at // a batch will tell the error
	}
}

// horizonAt is the end up to which sessions go at a watermark.
func (s *SessionState) horizonAt(wm int64) int64 {
	if h := wm - s.opts.Time.Lag; s.opts.Time.Column >= 0 && h <= wm {
		return h
	}
	return NoWatermark
}

// Flush writes the parts that the batch changed into the table; on disk they are
// there.
func (s *SessionState) Flush() error { return s.parts.Flush() }

// Stats describe the state after a batch, in parts.
func (s *SessionState) Stats() AggregateStats { return s.parts.Stats() }

// Work tells of the last batch what depends on where the parts are.
func (s *SessionState) Work() GroupWork { return s.parts.Work() }

// Close gives back the memory.
func (s *SessionState) Close() error { return s.parts.Close() }

// Rollback undoes the batch.
func (s *SessionState) Rollback() {
	if !s.parts.open {
		return
	}
	if s.disk != nil {
		s.rollbackDisk()
		return
	}
	old := uint32(s.parts.old)
	for g := len(s.owner) - 1; g >= int(old); g-- {
		s.last[s.owner[g]] = s.prev[g]
	}
	s.start, s.end, s.owner, s.prev = s.start[:old], s.end[:old], s.owner[:old], s.prev[:old]
	s.parts.Rollback()
	s.owners.Rollback(s.mark)
	n := s.ownersLen()
	s.last, s.stamp = s.last[:min(n, len(s.last))], s.stamp[:min(n, len(s.stamp))]
	s.forget()
}

// Commit makes the batch part of the state.
func (s *SessionState) Commit() error {
	if !s.parts.open {
		return nil
	}
	if s.disk != nil {
		return s.commitDisk()
	}
	groups := s.parts.groups
	s.times.drop(s.horizon)
	if s.opts.Time.Column >= 0 && s.after != nil {
		for i, end := range s.after.end {
			if end > s.horizon {
				s.times.add(end, s.after.owners[i])
			}
		}
	}
	if err := s.parts.Commit(); err != nil {
		return err
	}
	touched := slices.Concat(s.touched, s.aged)
	if s.parts.groups != groups {
		s.forget()
		return s.rebuild()
	}
	for _, o := range touched {
		s.unlink(o)
	}
	s.forget()
	return nil
}

// unlink takes parts that are gone out of the list of an owner.
func (s *SessionState) unlink(o uint32) {
	at := &s.last[o]
	for *at > 0 {
		g := *at - 1
		if s.parts.groups.places.has(g) {
			at = &s.prev[g]
		} else {
			*at = s.prev[g]
		}
	}
}

// rebuild makes the lists of parts anew, after they were restored, or have got
// other numbers.
func (s *SessionState) rebuild() error {
	var err error
	if s.owners, err = NewGroupTable(s.sessions.parts.keyTypes[:len(s.sessions.parts.keys)-1]); err != nil {
		return err
	}
	s.start, s.end, s.owner, s.prev, s.last, s.stamp = nil, nil, nil, nil, nil, nil
	s.times = timeIndex{}
	if err := s.link(0); err != nil || s.opts.Time.Column < 0 {
		return err
	}
	all, err := s.sessionsOf(s.allOwners())
	if err != nil {
		return err
	}
	for i, o := range all.owners {
		s.times.add(all.end[i], o)
	}
	return nil
}

func (s *SessionState) allOwners() []uint32 {
	s.grow()
	out := make([]uint32, s.ownersLen())
	for o := range out {
		out[o] = uint32(o)
	}
	return out
}

// Stream returns the result of a batch whose watermark is wm: it begins one,
// merges all of in, which are partial results of the parts, and gives what Rows
// does. The batch is left open.
func (s *SessionState) Stream(in batch.Stream, wm int64) batch.Stream {
	return &sessionStream{state: s, in: in, wm: wm}
}

// sessionStream adds its input to the state, then gives the result.
type sessionStream struct {
	done
	state *SessionState
	in    batch.Stream
	wm    int64

	rows batch.Stream
}
