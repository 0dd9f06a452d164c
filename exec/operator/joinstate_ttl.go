package operator

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// A side with a lifetime forgets its rows, before those of a batch come, in a table
// that says when each of them came last. What a row was joined with stays, and so
// does the row that left because it had no match; a row that is taken back when it
// has been forgotten changes nothing. A complete result, though, is that of the rows
// that are remembered: there a row is forgotten as if it were taken back.

// lifetime is that of the rows; 0 where neither side has one.
func (s *StreamJoinSpec) lifetime() Lifetime { return max(s.Life[LeftSide], s.Life[RightSide]) }

// SetTime sets the time of the batch that Stream is called for next.
func (s *JoinState) SetTime(now int64) { s.now = now }

// NextTime is a time before which no row is forgotten; math.MaxInt64 where there
// is none.
func (s *JoinState) NextTime() int64 {
	if t, ok := s.kept.(*joinTable); ok {
		return t.changes.next()
	}
	return never
}

// attachChanges reads what is known of when rows came.
func (t *joinTable) attachChanges() error {
	t.changes = changeTimes{space: rowSpace, life: t.spec.lifetime(), mine: t.lives}
	return t.changes.attach(t.table)
}

// lives tells whether the row of a key is of a side with a lifetime.
func (t *joinTable) lives(key []byte) bool { return t.sideOf(key).lives }

func (t *joinTable) sideOf(key []byte) *joinSide {
	if at := len(key) - t.sides[LeftSide].idSize() - 1; at >= state.KeyPrefix && key[at] == RightSide {
		return t.sides[RightSide]
	}
	return t.sides[LeftSide]
}

// came notes that a row under the key in the scratch memory came, or went.
func (t *joinTable) came(s *joinSide, isNew bool, delta int64) error {
	switch {
	case !s.lives:
		return nil
	case delta > 0 && isNew:
		return t.changes.write(t.scratch.key)
	case delta > 0:
		return t.changes.touch(t.scratch.key)
	}
	left, err := t.table.Get(t.scratch.key)
	if err != nil || left != nil {
		return err
	}
	return t.changes.remove(t.scratch.key)
}

// forget takes the rows out of the table whose time has come.
func (w *joinWork) forget() error {
	t, ok := w.kept.(*joinTable)
	if !ok {
		return nil
	}
	if err := t.changes.begin(w.now); err != nil || t.changes.life == 0 {
		return err
	}
	keys, err := t.changes.forget(w.now)
	for i := 0; i < keys.len() && err == nil; i++ {
		err = w.forgetKey(t, keys.at(i))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", w.spec.Name, err)
	}
	return nil
}

// forgetKey forgets the rows of one key.
func (w *joinWork) forgetKey(t *joinTable, key []byte) error {
	s := t.sideOf(key)
	value, err := t.table.Get(key)
	if err != nil {
		return err
	}
	if value == nil { // a row that can match nothing
		key = append([]byte(nil), key...)
		key[state.KeyPrefix-1] = lonelySpace
		if value, err = t.table.Get(key); err != nil || value == nil {
			return err
		}
	}
	value = bytes.Clone(value)
	for v, list := entries(value); len(v) > 0; {
		row, rest, err := s.nextEntry(v, list)
		if err != nil {
			return err
		}
		if w.quiet && w.sides[1-s.side].tracked && key[state.KeyPrefix-1] == rowSpace {
			if err := w.unmatch(s, key, row); err != nil {
				return err
			}
		}
		w.count.remove(s.side, row.times)
		v = rest
	}
	return t.table.Delete(key)
}

// unmatch takes a row out of the numbers of matches of the other side's rows.
func (w *joinWork) unmatch(s *joinSide, key []byte, row joinEntry) error {
	fields := w.spec.Inputs[s.side].Fields()
	types := make([]arrow.DataType, w.spec.Keys)
	for i := range types {
		types[i] = fields[i].Type
	}
	codec, err := state.NewKeyCodec(types)
	if err != nil {
		return err
	}
	end := len(key) - s.idSize()
	cols, err := codec.Decode([][]byte{key[state.KeyPrefix : end-sideSize]})
	if err != nil {
		return err
	}
	if s.timed {
		at := []int64{state.TimeOf(key[end+idHead:])}
		cols = append(cols, array.MakeFromData(array.NewData(fields[s.keys].Type, 1, []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(at))}, nil, 0, 0)))
	}
	more, err := s.codec.Decode([][]byte{row.row})
	if err != nil {
		return err
	}
	in := &w.scratch.rows
	b := newBatch(w.spec.Inputs[s.side], slices.Concat(cols, more), 1)
	if b.Changes = []int8{-1}; row.times == 0 {
		return nil
	}
	if err := in.read(s, w.spec.NullSafe, b); err != nil {
		return err
	}
	in.delta[0] = -row.times
	w.kept.locate(in)
	return w.probe(in, false)
}

// clamp leaves out what a batch takes back of rows that have been forgotten.
func (w *joinWork) clamp(in *joinRows) error {
	t, ok := w.kept.(*joinTable)
	if !ok || !in.side.lives {
		return nil
	}
	for i, delta := range in.delta {
		if delta >= 0 || in.group[i] < 0 && !w.keepsLonely(in.side) {
			continue
		}
		value, err := t.table.Get(t.rowKey(in, i))
		if err != nil {
			return err
		}
		have := int64(0)
		for v, list := entries(value); len(v) > 0; {
			e, rest, err := in.side.nextEntry(v, list)
			if err != nil {
				return err
			}
			if bytes.Equal(e.row, in.row(i)) {
				have = e.times
			}
			v = rest
		}
		in.delta[i] = max(delta, -max(have, 0))
	}
	return nil
}

// keepsLonely tells whether rows of a side that can match nothing are kept.
func (w *joinWork) keepsLonely(s *joinSide) bool { return w.spec.Emit == EmitComplete && s.alone }
