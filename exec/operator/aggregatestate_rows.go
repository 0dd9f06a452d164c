package operator

import (
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Rows returns what leaves after the batch, as the options say: first groups that
// were forgotten, in the order of their keys, then of groups that were there before, in the order in which the batch came to them, then of
// those that it made; or all groups; or the groups that are final, in the order
// of their times. All groups come in the order in which they were made, but where
// they are recorded in a table, in that of their keys. The stream must be read before the batch ends.
func (s *AggregateState) Rows() batch.Stream {
	r := &stateRows{state: s}
	switch {
	case s.opts.Emit == EmitComplete && s.opts.Disk:
		return &tableRows{state: s}
	case s.opts.Emit == EmitComplete:
		r.n = s.groups.len()
		r.sort = s.table != nil // groups that were read from a table lie in another order
	case !s.wasShown():
		r.n = s.groups.len()
	case s.finals():
		if s.opts.Disk {
			return &finalRows{state: s}
		}
		if s.lives.life == 0 {
			r.list = s.due
		}
	case s.opts.Emit == EmitFinal: // keys alone are final when they come
		r.list = s.made()
	case s.remembers():
		r.changes, r.list = s.saved, s.made()
	case len(s.agg.calls) == 0:
		r.removed, r.list = s.gone, s.made()
	default:
		r.list = slices.Concat(s.saved, s.made())
	}
	return s.lives.before(r)
}

// stateRows reads groups: changes, those that were removed, a list, then from..n.
type stateRows struct {
	done
	state   *AggregateState
	changes []uint32 // to be compared with what they were
	part    int      // the next part of what they were
	removed []uint32 // groups from before the batch that leave with -1
	list    []uint32
	from, n int
	sort    bool // from..n by their keys
}

func (r *stateRows) String() string        { return r.state.String() }
func (r *stateRows) Schema() *arrow.Schema { return r.state.agg.result }

func (r *stateRows) Next(ctx context.Context) (batch.Batch, error) {
	return r.once(func() (batch.Batch, error) {
		for {
			if err := ctx.Err(); err != nil {
				return batch.Batch{}, err
			}
			b, err := r.next()
			if err != nil || b.Record != nil {
				return b, err
			}
		}
	})
}

// next returns the next batch; one without a record where nothing has changed.
func (r *stateRows) next() (batch.Batch, error) {
	switch {
	case r.sort:
		return batch.Batch{}, r.sorted()
	case len(r.changes) > 0:
		return r.changed()
	case len(r.removed) > 0:
		return r.takenBack()
	}
	ids := r.take()
	if len(ids) == 0 {
		return batch.Batch{}, io.EOF
	}
	if kept := r.existing(ids); len(kept) > 0 {
		return r.state.groups.output(kept, false)
	}
	return batch.Batch{}, nil
}

// take returns the next groups of the list, and from there on.
func (r *stateRows) take() []uint32 {
	n := min(batch.MaxRows, len(r.list)+r.n-r.from)
	ids := make([]uint32, n)
	listed := copy(ids, r.list)
	r.list = r.list[listed:]
	for j := listed; j < n; j++ {
		ids[j] = uint32(r.from)
		r.from++
	}
	return ids
}

// sorted lists all groups by their keys.
func (r *stateRows) sorted() error {
	r.sort, r.list = false, make([]uint32, r.n)
	for g := range r.list {
		r.list[g] = uint32(g)
	}
	r.list, r.from = r.existing(r.list), r.n
	return r.state.order(r.list, func(int, int) int { return 0 })
}

// existing leaves out the groups that have no rows.
func (r *stateRows) existing(ids []uint32) []uint32 {
	if r.state.groups.places == nil && r.state.groups.rows == nil {
		return ids
	}
	kept := ids[:0]
	for _, g := range ids {
		if r.state.exists(g) {
			kept = append(kept, g)
		}
	}
	return kept
}

// takenBack gives groups that are gone, which are nothing but their keys.
func (r *stateRows) takenBack() (batch.Batch, error) {
	n := min(batch.MaxRows, len(r.removed))
	var ids []uint32
	for _, g := range r.removed[:n] {
		if r.state.existed(g) {
			ids = append(ids, g)
		}
	}
	r.removed = r.removed[n:]
	if len(ids) == 0 {
		return batch.Batch{}, nil
	}
	b, err := r.state.groups.output(ids, false)
	b.Changes = make([]int8, len(ids))
	for j := range b.Changes {
		b.Changes[j] = -1
	}
	return b, err
}

// changed compares the next groups with what they were.
func (r *stateRows) changed() (batch.Batch, error) {
	s := r.state
	n, parts := 0, [][]arrow.Array(nil)
	for ; r.part < len(s.before.parts) && (n == 0 || n+s.before.sizes[r.part] <= batch.MaxRows); r.part++ {
		parts = append(parts, s.before.parts[r.part])
		n += s.before.sizes[r.part]
	}
	ids := r.changes[:n]
	r.changes = r.changes[n:]
	now, err := s.groups.results(ids)
	if err != nil {
		return batch.Batch{}, err
	}
	same, both := make([]bool, n), make([]arrow.Array, len(now))
	for j, g := range ids {
		same[j] = s.exists(g)
	}
	for c := range now {
		list := make([]arrow.Array, 0, len(parts)+1)
		for _, p := range parts {
			list = append(list, p[c])
		}
		old, err := kernel.Concat(list)
		if err != nil {
			return batch.Batch{}, err
		}
		sameRows(old, now[c], same)
		if both[c], err = kernel.Concat([]arrow.Array{old, now[c]}); err != nil {
			return batch.Batch{}, err
		}
	}
	return r.pairs(ids, same, both)
}

// pairs gives the old and the new row of each group that is not the same: the
// new one alone where changes are not asked for and there is one. The columns of
// the calls hold the old values of all groups, then the new ones.
func (r *stateRows) pairs(ids []uint32, same []bool, calls []arrow.Array) (batch.Batch, error) {
	n, all := int32(len(ids)), r.state.opts.Emit == EmitChanges
	var keys, values []int32
	var changes []int8
	for j, g := range ids {
		if same[j] {
			continue
		}
		exists := r.state.exists(g)
		if all || !exists {
			keys, values, changes = append(keys, int32(j)), append(values, int32(j)), append(changes, -1)
		}
		if exists {
			keys, values, changes = append(keys, int32(j)), append(values, n+int32(j)), append(changes, 1)
		}
	}
	if len(keys) == 0 {
		return batch.Batch{}, nil
	}
	cols, err := r.state.groups.keys(ids)
	if err != nil {
		return batch.Batch{}, err
	}
	for c := range cols {
		if cols[c], err = kernel.Take(cols[c], keys); err != nil {
			return batch.Batch{}, err
		}
	}
	for _, a := range calls {
		taken, err := kernel.Take(a, values)
		if err != nil {
			return batch.Batch{}, err
		}
		cols = append(cols, taken)
	}
	b := newBatch(r.state.agg.result, cols, len(keys))
	b.Changes = changes
	return b, nil
}

func (r *stateRows) Close() error {
	r.close()
	return nil
}
