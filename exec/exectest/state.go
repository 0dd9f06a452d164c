package exectest

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/riffledata/riffle/exec/state"
)

// State is the plainest state.Store that fulfils the contract: a map for each
// operator. Tests of operators run on it; tests of stores compare with it.
type State struct {
	// Versions has a copy of each committed version, by number: operator and key
	// to value.
	Versions map[int64]map[[2]string]string
	mu       sync.Mutex // of what follows: tables are used by several tasks at once
	now      map[[2]string]string
	changed  map[[2]string]*string // nil: deleted
	sorted   [][3]string           // all pairs, until the next change; nil is not known
}

// NewState returns a store with what an earlier one had committed at a version;
// nil is nothing.
func NewState(from map[[2]string]string) *State {
	s := &State{Versions: map[int64]map[[2]string]string{}, now: map[[2]string]string{}, changed: map[[2]string]*string{}}
	for k, v := range from {
		s.now[k] = v
	}
	return s
}

type plainTable struct {
	s      *State
	op     string
	groups state.Range
}

// Table returns a view of an operator's pairs.
func (s *State) Table(spec state.Spec, groups state.Range, _ state.Kind) (state.Table, error) {
	return &plainTable{s, spec.Operator, groups}, nil
}

// Get returns a value.
func (t *plainTable) Get(key []byte) ([]byte, error) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	k := [2]string{t.op, string(key)}
	if v, ok := t.s.changed[k]; ok {
		if v == nil {
			return nil, nil
		}
		return append([]byte{}, *v...), nil
	}
	if v, ok := t.s.now[k]; ok {
		return append([]byte{}, v...), nil
	}
	return nil, nil
}

// Set changes a value.
func (t *plainTable) Set(key, value []byte) error {
	if g := state.GroupOf(key); g < t.groups.From || g >= t.groups.To {
		return errors.New("a key of another task's group")
	}
	v := string(value)
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.s.changed[[2]string{t.op, string(key)}], t.s.sorted = &v, nil
	return nil
}

// Delete removes a key.
func (t *plainTable) Delete(key []byte) error {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	t.s.changed[[2]string{t.op, string(key)}], t.s.sorted = nil, nil
	return nil
}

// Scan goes through the pairs in order.
func (t *plainTable) Scan(from, to []byte, f func(key, value []byte) error) error {
	t.s.mu.Lock()
	if t.s.sorted == nil {
		t.s.sorted = sortedPairs(t.s.merged())
	}
	pairs := t.s.sorted
	t.s.mu.Unlock()
	for _, p := range pairs {
		key := []byte(p[1])
		if g := state.GroupOf(key); p[0] != t.op || g < t.groups.From || g >= t.groups.To ||
			bytes.Compare(key, from) < 0 || to != nil && bytes.Compare(key, to) >= 0 {
			continue
		}
		if err := f(key, []byte(p[2])); err != nil {
			if errors.Is(err, state.ErrStop) {
				return nil
			}
			return err
		}
	}
	return nil
}

// Groups is the range of the table.
func (t *plainTable) Groups() state.Range { return t.groups }

func (s *State) merged() map[[2]string]string {
	out := map[[2]string]string{}
	for k, v := range s.now {
		out[k] = v
	}
	for k, v := range s.changed {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = *v
		}
	}
	return out
}

func sortedPairs(m map[[2]string]string) [][3]string {
	var out [][3]string
	for k, v := range m {
		out = append(out, [3]string{k[0], k[1], v})
	}
	slices.SortFunc(out, func(a, b [3]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return out
}

// Changes gives what the batch changed.
func (s *State) Changes(f func(operator string, key, value []byte) error) error {
	keys := map[[2]string]string{}
	for k := range s.changed {
		keys[k] = ""
	}
	for _, p := range sortedPairs(keys) {
		var value []byte
		if v := s.changed[[2]string{p[0], p[1]}]; v != nil {
			value = append([]byte{}, *v...)
		}
		if err := f(p[0], []byte(p[1]), value); err != nil {
			return err
		}
	}
	return nil
}

// Commit keeps a copy of the version.
func (s *State) Commit(v int64) error {
	s.now = s.merged()
	s.changed = map[[2]string]*string{}
	s.Versions[v] = s.merged()
	return nil
}

// Rollback drops the batch.
func (s *State) Rollback() error {
	s.changed, s.sorted = map[[2]string]*string{}, nil
	return nil
}

// Stats counts the pairs of an operator.
func (s *State) Stats(operator string) state.Stats {
	var st state.Stats
	for k, v := range s.now {
		if k[0] == operator {
			st.Rows++
			st.Bytes += int64(len(k[1]) + len(v))
		}
	}
	return st
}

// Close does nothing.
func (s *State) Close() error { return nil }
