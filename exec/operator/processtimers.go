package operator

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// processTimers are the timers of a processor's keys: a pair for each, of no value,
// whose key is group, space, time, and the encoding of the key.
type processTimers struct {
	table state.Table
	// next is for each group of the table a time before which it has none; nil: not
	// known yet.
	next []int64
	key  []byte
}

// timeSize is the length of a time in a key.
const timeSize = 8

func (t *processTimers) reset() { t.next = nil }

// at makes the pair's key of a timer of a key.
func (t *processTimers) at(micros int64, key []byte) []byte {
	t.key = state.AppendTime(state.AppendKey(t.key[:0], state.GroupOf(key), processTimer), micros)
	t.key = append(t.key, key[state.KeyPrefix:]...)
	return t.key
}

func (t *processTimers) set(micros int64, key []byte) error {
	if err := t.table.Set(t.at(micros, key), nil); err != nil {
		return err
	}
	if g := state.GroupOf(key) - t.table.Groups().From; t.next != nil {
		t.next[g] = min(t.next[g], micros)
	}
	return nil
}

// scan calls f for the timers of a group up to a time, in order.
func (t *processTimers) scan(group int, upTo int64, f func(micros int64, pair []byte) error) error {
	to := state.AppendKey(nil, group, processTimer+1)
	if upTo < math.MaxInt64 {
		to = state.AppendTime(state.AppendKey(nil, group, processTimer), upTo+1)
	}
	return t.table.Scan(state.AppendKey(nil, group, processTimer), to, func(pair, _ []byte) error {
		if len(pair) < state.KeyPrefix+timeSize {
			return fmt.Errorf("a timer of a processor cannot be read; restore the state from its checkpoint")
		}
		return f(state.TimeOf(pair[state.KeyPrefix:]), pair)
	})
}

// first returns a time before which no timer is due; state.NoTime where there is
// none.
func (t *processTimers) first() (int64, error) {
	if t.next == nil {
		next, err := t.load()
		if err != nil {
			return 0, err
		}
		t.next = next
	}
	return slices.Min(t.next), nil
}

// load finds the first timer of each group, from one that has pairs to the next.
func (t *processTimers) load() ([]int64, error) {
	groups := t.table.Groups()
	next := make([]int64, groups.To-groups.From)
	for i := range next {
		next[i] = state.NoTime
	}
	for g := groups.From; g < groups.To; {
		at := groups.To
		err := t.table.Scan(state.AppendKey(nil, g, processTimer), nil, func(pair, _ []byte) error {
			at = state.GroupOf(pair)
			space := pair[state.KeyPrefix-1]
			if space == processTimer && len(pair) >= state.KeyPrefix+timeSize {
				next[at-groups.From] = state.TimeOf(pair[state.KeyPrefix:])
			}
			if space >= processTimer {
				at++
			}
			return state.ErrStop
		})
		if err != nil {
			return nil, err
		}
		g = at
	}
	return next, nil
}

// moved finds the first timers of the groups that had some up to now, which are
// gone.
func (t *processTimers) moved(now int64) error {
	for i, next := range t.next {
		if next > now || next == state.NoTime {
			continue
		}
		t.next[i] = state.NoTime
		err := t.scan(t.table.Groups().From+i, math.MaxInt64, func(micros int64, _ []byte) error {
			t.next[i] = micros
			return state.ErrStop
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dueTimers are timers that fire in a batch, in the order of their times, those of
// one time in that of their keys.
type dueTimers struct {
	now  int64
	list []dueTimer
	at   int
}

type dueTimer struct {
	micros int64
	pair   []byte // its key in the table
}

// dueTimers finds the timers that are due now.
func (s *ProcessState) dueTimers() (*dueTimers, error) {
	due := &dueTimers{now: NoWatermark}
	now := [...]int64{ProcessNoTimers: NoWatermark, ProcessByClock: s.Times.Now, ProcessByEvents: s.Times.Watermark}[s.clock]
	if s.clock == ProcessByEvents && s.Ends {
		now = math.MaxInt64
	}
	if now == NoWatermark {
		return due, nil
	}
	if _, err := s.timers.first(); err != nil {
		return nil, err
	}
	due.now = now
	for i, next := range s.timers.next {
		if next > now || next == state.NoTime {
			continue
		}
		err := s.timers.scan(s.timers.table.Groups().From+i, now, func(micros int64, pair []byte) error {
			due.list = append(due.list, dueTimer{micros, slices.Clone(pair)})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(due.list, func(a, b dueTimer) int { return cmp.Or(cmp.Compare(a.micros, b.micros), bytes.Compare(a.pair, b.pair)) })
	return due, nil
}

// nextDue removes the next timer that is due, and returns its key and time; a nil
// key behind the last.
func (s *ProcessState) nextDue(due *dueTimers) ([]byte, int64, error) {
	for due.at < len(due.list) {
		t := due.list[due.at]
		due.at++
		there, err := s.table.Get(t.pair)
		if err != nil {
			return nil, 0, err
		}
		if there == nil {
			continue // deleted by another timer of the key
		}
		if err := s.table.Delete(t.pair); err != nil {
			return nil, 0, err
		}
		key := append(state.AppendKey(nil, state.GroupOf(t.pair), processSpace), t.pair[state.KeyPrefix+timeSize:]...)
		return key, t.micros, nil
	}
	return nil, 0, s.timers.moved(due.now)
}

// SetTimer makes the key due at a time.
func (h *processHost) SetTimer(micros int64) error {
	if h.clock == ProcessNoTimers {
		return fmt.Errorf("a timer is set, and the time mode is none; transform in the time mode processingTime or eventTime")
	}
	h.changed.TimersSet++
	return h.timers.set(micros, h.key)
}

// DeleteTimer takes that back.
func (h *processHost) DeleteTimer(micros int64) error {
	h.changed.TimersDeleted++
	return h.table.Delete(h.timers.at(micros, h.key))
}

// Timers returns the times at which the key is due.
func (h *processHost) Timers() ([]int64, error) {
	var out []int64
	key := h.key[state.KeyPrefix:]
	err := h.timers.scan(state.GroupOf(h.key), math.MaxInt64, func(micros int64, pair []byte) error {
		if bytes.Equal(pair[state.KeyPrefix+timeSize:], key) {
			out = append(out, micros)
		}
		return nil
	})
	return out, err
}
