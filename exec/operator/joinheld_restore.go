package operator

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/state"
)

func groupOfKey(k []byte) int { return state.KeyGroup(little.Uint64(k)) }

// restore takes the rows that a table holds; nil is none.
func (h *heldJoin) restore(t state.Table) error {
	if h.journal = t; t == nil {
		return nil
	}
	count := joinCount{}
	err := t.Scan(nil, nil, func(key, value []byte) error {
		if len(key) < state.KeyPrefix {
			return errBadJoinState
		}
		switch space := key[state.KeyPrefix-1]; space {
		case countSpace: // rows are counted anew
			return count.add(t, key, value)
		case timerSpaces[LeftSide], timerSpaces[RightSide], SpaceChanged, SpaceOldest: // of a join with its rows in a table
			h.foreign.add(key)
		case rowSpace:
			return h.restoreRow(key, value)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k := range h.times {
		h.times[k].settle()
		h.times[k].commit()
	}
	h.recount = count.rows != h.count.rows || len(count.found) > 0
	h.count.found, h.count.before = count.found, h.count.rows
	return h.resize()
}

// restoreRow takes the rows under one key.
func (h *heldJoin) restoreRow(key, value []byte) error {
	end := len(key) - h.sides[LeftSide].idSize()
	if end < state.KeyPrefix+sideSize || key[end-1] > RightSide || key[end-2] != boolTag {
		return errBadJoinState
	}
	s := h.sides[key[end-1]]
	a := aRow{hash: binary.BigEndian.Uint64(key[len(key)-8:])}
	if s.timed {
		a.time = state.TimeOf(key[end+idHead:])
	}
	join := key[state.KeyPrefix : end-sideSize]
	hash := xxh3.Hash(join)
	at := h.keys.find(&h.slab, hash, join)
	for v, list := entries(value); len(v) > 0; {
		e, rest, err := s.nextEntry(v, list)
		if err != nil {
			return err
		}
		if at == 0 {
			if at, err = h.keys.add(&h.slab, hash, join); err != nil {
				return err
			}
		}
		a.row, v = e.row, rest
		_, before := h.spot(s, at, a)
		ref, err := h.insert(s, at, before, a, e)
		if err != nil {
			return err
		}
		if h.count.rows[s.side] += e.times; s.evicts {
			h.times[s.side].add(a.time, ref)
		}
	}
	return nil
}
