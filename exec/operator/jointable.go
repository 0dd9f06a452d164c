package operator

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/state"
)

// joinTable keeps the rows of a join in a Keyed table.
type joinTable struct {
	*JoinState
	table   state.Table
	timers  [2]*joinTimers // nil where rows stay
	changes changeTimes    // when rows came that are forgotten
}

func (t *joinTable) begin() error {
	for _, one := range t.timers {
		if one == nil {
			continue
		}
		one.added.reset()
		if err := one.load(); err != nil {
			return fmt.Errorf("%s: %w", t.spec.Name, err)
		}
	}
	return nil
}

func (t *joinTable) locate(*joinRows) {}
func (t *joinTable) worked() error    { return nil }
func (t *joinTable) commit()          {}
func (t *joinTable) close()           {}
func (t *joinTable) held() int64      { return 0 }

// dump does nothing: all is in the table.
func (t *joinTable) dump(state.Table) error { return nil }

func (t *joinTable) ended() error { return t.count.write(t.table) }

// flush does nothing: changes go into the table at once.
func (t *joinTable) flush() error { return nil }

// settle puts the times of the batch's rows into the table.
func (t *joinTable) settle() error {
	for _, one := range t.timers {
		if one == nil {
			continue
		}
		if err := one.flush(); err != nil {
			return fmt.Errorf("%s: %w", t.spec.Name, err)
		}
	}
	return nil
}

func (t *joinTable) due(s *joinSide, upTo int64) (bool, error) {
	first, err := t.timers[s.side].first()
	return err == nil && first <= upTo, err
}

func (t *joinTable) rollback() {
	t.changes.reset()
	for _, one := range t.timers {
		if one != nil {
			one.reset()
		}
	}
}

// put changes how often a row is in the state, and returns the number of its
// matches.
func (t *joinTable) put(in *joinRows, i int) (match int64, err error) {
	s, g := in.side, in.group[i]
	key := t.rowKey(in, i)
	var old []byte
	if g < 0 || in.taken[g] {
		if old, err = t.table.Get(key); err != nil {
			return 0, err
		}
	} else {
		in.taken[g] = true
	}
	if g >= 0 && s.evicts && old == nil {
		if err := t.timers[s.side].set(in.times[i], state.GroupOf(key), in.groups.at(int(g)), in.hash(i)); err != nil {
			return 0, err
		}
	}
	t.count.change(s.side, in.delta[i])
	isNew := old == nil // which is valid until the table is next used
	if match, err = t.set(s, old, in.row(i), in.match[i], in.delta[i]); err != nil {
		return 0, err
	}
	return match, t.came(s, isNew, in.delta[i])
}

// rowKey makes the key of a row in the scratch memory.
func (t *joinTable) rowKey(in *joinRows, i int) []byte {
	s, g, b := in.side, in.group[i], &t.scratch
	time := int64(0)
	if s.timed {
		time = in.times[i]
	}
	if g < 0 {
		b.key = t.lonely(b.key[:0], in, i)
	} else {
		b.key = appendKey(b.key[:0], in.groups.hashes[g], in.groups.at(int(g)))
	}
	b.key = s.appendID(s.appendSide(b.key), time, in.hash(i))
	return b.key
}

// set changes how often a row is in the value that the table has under the key
// in the scratch memory, and returns the number of its matches, which is match if
// the row is new.
func (t *joinTable) set(s *joinSide, old, row []byte, match, delta int64) (int64, error) {
	b := &t.scratch
	e := joinEntry{matches: match, row: row}
	b.entries = b.entries[:0]
	for v, list := entries(old); len(v) > 0; {
		have, rest, err := s.nextEntry(v, list)
		if err != nil {
			return 0, err
		}
		if bytes.Equal(have.row, row) {
			e.times, e.matches = have.times, have.matches
		} else {
			b.entries = append(b.entries, have)
		}
		v = rest
	}
	if e.times += delta; e.times != 0 {
		b.entries = append(b.entries, e)
	}
	if len(b.entries) == 0 {
		if old == nil {
			return e.matches, nil
		}
		return e.matches, t.table.Delete(b.key)
	}
	b.value = b.value[:0]
	for _, one := range b.entries {
		b.value = s.appendEntry(b.value, one, len(b.entries) > 1)
	}
	return e.matches, t.table.Set(b.key, b.value)
}

// lonely returns the key in the state of a row that can match nothing, under its
// join key whatever is null in it.
func (t *joinTable) lonely(dst []byte, in *joinRows, i int) []byte {
	from := len(dst) + state.KeyPrefix
	dst = state.AppendKey(dst, 0, lonelySpace)
	for _, f := range in.keys {
		dst = f(dst, i)
	}
	binary.BigEndian.PutUint16(dst[from-state.KeyPrefix:], uint16(state.KeyGroup(xxh3.Hash(dst[from:]))))
	return dst
}
