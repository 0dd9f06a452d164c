package operator

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/state"
)

// processHost is what a processor sees of its state: that of one key at a time.
type processHost struct {
	table  state.Table
	states []expr.ProcessorState
	clock  ProcessTime
	timers processTimers
	expiry *state.Timers
	Times
	key   []byte // group, a space, and the encoding of the key in hand
	full  []byte // scratch: the key of a pair
	value []byte // scratch: a value and when it expires

	changed ProcessStats
	watch   stopwatch
}

// begin takes a key in hand.
func (h *processHost) begin(key []byte) { h.key = append(h.key[:0], key...) }

// expirySize is the length of the time at the end of a value that expires.
const expirySize = 8

// pair makes the key of a pair.
func (h *processHost) pair(id int, sub []byte) []byte {
	h.full = append(h.full[:0], h.key...)
	h.full[state.KeyPrefix-1] = processSpace + byte(id)
	h.full = append(h.full, sub...)
	return h.full
}

// live returns a value without the time at its end; nil where it has expired.
func (h *processHost) live(id int, v []byte) ([]byte, error) {
	if v == nil || h.states[id].TTL == 0 {
		return v, nil
	}
	at, err := expiresAt(v)
	if err != nil || at <= h.Times.Now {
		return nil, err
	}
	return v[: len(v)-expirySize : len(v)-expirySize], nil
}

func expiresAt(v []byte) (int64, error) {
	if len(v) <= expirySize {
		return 0, fmt.Errorf("a value of a processor's state does not say when it expires; restore the state from its checkpoint")
	}
	return int64(binary.LittleEndian.Uint64(v[len(v)-expirySize:])), nil
}

// Get returns a value.
func (h *processHost) Get(id int, sub []byte) ([]byte, error) {
	v, err := h.table.Get(h.pair(id, sub))
	if err != nil {
		return nil, err
	}
	return h.live(id, v)
}

// Set sets a value, and when it expires.
func (h *processHost) Set(id int, sub, value []byte) error {
	key := h.pair(id, sub)
	h.changed.Updated++
	ttl := h.states[id].TTL.Microseconds()
	if ttl == 0 {
		return h.table.Set(key, value)
	}
	if err := h.forget(key); err != nil {
		return err
	}
	at := h.Times.Now + ttl
	h.value = binary.LittleEndian.AppendUint64(append(h.value[:0], value...), uint64(at))
	if err := h.table.Set(key, h.value); err != nil {
		return err
	}
	return h.expiry.Set(at, key)
}

// forget takes back when a value expires that is about to go.
func (h *processHost) forget(key []byte) error {
	old, err := h.table.Get(key)
	if err != nil || old == nil {
		return err
	}
	at, err := expiresAt(old)
	if err != nil {
		return err
	}
	return h.expiry.Delete(at, key)
}

// Append adds a value behind all others of a list.
func (h *processHost) Append(id int, value []byte) error {
	h.full = append(h.full[:0], h.key...)
	h.full[state.KeyPrefix-1] = processNext
	h.full = append(h.full, processSpace+byte(id))
	v, err := h.table.Get(h.full)
	if err != nil {
		return err
	}
	next := uint64(0)
	if len(v) == 8 {
		next = binary.LittleEndian.Uint64(v)
	}
	if err := h.table.Set(h.full, binary.LittleEndian.AppendUint64(nil, next+1)); err != nil {
		return err
	}
	var sub [9]byte
	sub[0] = listIndexTag
	binary.LittleEndian.PutUint64(sub[1:], next)
	return h.Set(id, sub[:], value)
}

// listIndexTag begins the canonical encoding of a number.
const listIndexTag = 0x02

// Delete removes a value.
func (h *processHost) Delete(id int, sub []byte) error {
	key := h.pair(id, sub)
	v, err := h.table.Get(key)
	if err != nil || v == nil {
		return err
	}
	h.changed.Removed++
	if h.states[id].TTL > 0 {
		if err := h.forget(key); err != nil {
			return err
		}
	}
	return h.table.Delete(key)
}

// Clear removes all of a state.
func (h *processHost) Clear(id int) error {
	if h.states[id].Kind == expr.ValueState {
		return h.Delete(id, nil)
	}
	pairs, err := h.pairs(id)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := h.Delete(id, p.sub); err != nil {
			return err
		}
	}
	if h.states[id].Kind != expr.ListState {
		return nil
	}
	h.full = append(h.full[:0], h.key...)
	h.full[state.KeyPrefix-1] = processNext
	return h.table.Delete(append(h.full, processSpace+byte(id)))
}

type processPair struct{ sub, value []byte }

// pairs copies the pairs of a list or a map, those that have expired included.
func (h *processHost) pairs(id int) ([]processPair, error) {
	from := slices.Clone(h.pair(id, nil))
	var out []processPair
	err := h.table.Scan(from, after(slices.Clone(from)), func(key, value []byte) error {
		out = append(out, processPair{slices.Clone(key[len(from):]), slices.Clone(value)})
		return nil
	})
	if h.states[id].Kind == expr.ListState {
		slices.SortFunc(out, func(a, b processPair) int { return int(listIndex(a.sub) - listIndex(b.sub)) })
	}
	return out, err
}

func listIndex(sub []byte) int64 {
	if len(sub) != 9 {
		return -1
	}
	return int64(binary.LittleEndian.Uint64(sub[1:]))
}

// Each calls f for the values of a list or a map.
func (h *processHost) Each(id int, f func(sub, value []byte) bool) error {
	pairs, err := h.pairs(id)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		v, err := h.live(id, p.value)
		if err != nil {
			return err
		}
		if v != nil && !f(p.sub, v) {
			break
		}
	}
	return nil
}

// expire removes the values whose time has come.
func (h *processHost) expire() error {
	if !slices.ContainsFunc(h.states, func(s expr.ProcessorState) bool { return s.TTL > 0 }) {
		return nil
	}
	return h.expiry.Due(h.Times.Now, func(_ int64, key []byte) error {
		h.changed.Removed++
		h.changed.Expired++
		return h.table.Delete(key)
	})
}

// Now is the time of the batch.
func (h *processHost) Now() int64 { return h.Times.Now }

// Watermark is that of the batch.
func (h *processHost) Watermark() (int64, bool) {
	return h.Times.Watermark, h.Times.Watermark != NoWatermark
}
