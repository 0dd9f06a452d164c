package operator

import (
	"encoding/binary"
	"math"

	"github.com/riffledata/riffle/exec/state"
)

// findMissing finds the key groups that have rows of the side and no times, and
// sets the first time of each.
func (t *joinTimers) findMissing(next []int64) error {
	t.missing = nil
	groups := t.table.Groups()
	for g := groups.From; g < groups.To; {
		at, space := groups.To, byte(0)
		err := t.table.Scan(state.AppendKey(nil, g, rowSpace), nil, func(key, _ []byte) error {
			at, space = state.GroupOf(key), key[state.KeyPrefix-1]
			return state.ErrStop
		})
		if err == nil && space == rowSpace && next[at-groups.From] == math.MaxInt64 {
			err = t.look(at, &next[at-groups.From])
		}
		if err != nil {
			return err
		}
		if g = at; space >= rowSpace {
			g++
		}
	}
	return nil
}

// look finds the first time of a group's rows; there may be none of the side.
func (t *joinTimers) look(group int, first *int64) error {
	err := t.eachRow(group, func(time int64, _ []byte, _ uint64) error {
		*first = min(*first, time)
		return nil
	})
	if *first != math.MaxInt64 {
		t.missing = append(t.missing, group)
	}
	return err
}

// eachRow calls f for the rows of the side in a group, with time, join key and
// hash.
func (t *joinTimers) eachRow(group int, f func(time int64, key []byte, hash uint64) error) error {
	return t.table.Scan(state.AppendKey(nil, group, rowSpace), state.AppendKey(nil, group, rowSpace+1), func(key, _ []byte) error {
		end := len(key) - t.side.idSize()
		if end < state.KeyPrefix+sideSize {
			return errBadJoinState
		}
		if int(key[end-1]) != t.side.side {
			return nil
		}
		return f(state.TimeOf(key[end+idHead:]), key[state.KeyPrefix:end-sideSize], binary.BigEndian.Uint64(key[len(key)-8:]))
	})
}

// build adds the times that are missing.
func (t *joinTimers) build() error {
	missing := t.missing
	t.missing = nil
	for _, g := range missing {
		err := t.eachRow(g, func(time int64, key []byte, hash uint64) error {
			t.add(time, g, key, hash)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
