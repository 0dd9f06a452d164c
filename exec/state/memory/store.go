package memory

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/riffledata/riffle/exec/state"
)

// Store is a state.Store that holds everything in memory.
type Store struct {
	budget *state.Budget

	mu       sync.Mutex // of what follows, while tables are made
	version  int64
	restored map[string]*parts
	tables   []member // by operator and range
}

var _ state.Store = (*Store)(nil)

// member is a table and where it belongs.
type member struct {
	operator string
	groups   state.Range
	table    table
}

// table is what the store asks of its two kinds of tables.
type table interface {
	state.Table
	changes(f func(key, value []byte) error) error
	commit()
	rollback()
	stats() state.Stats
	release()
}

// New returns an empty store, at version -1. All its memory counts against the
// budget.
func New(budget *state.Budget) *Store {
	return &Store{budget: budget, version: -1, restored: map[string]*parts{}}
}

// Version is that of the last commit, -1 before the first.
func (s *Store) Version() int64 { return s.version }

// Table returns the state of one task of an operator.
func (s *Store) Table(spec state.Spec, groups state.Range, kind state.Kind) (state.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := member{operator: spec.Operator, groups: groups}
	at, found := slices.BinarySearchFunc(s.tables, m, compareMembers)
	if found || at > 0 && s.tables[at-1].overlaps(m) || at < len(s.tables) && s.tables[at].overlaps(m) {
		return nil, fmt.Errorf("%s: another task has groups of %d to %d already", spec.Operator, groups.From, groups.To)
	}
	base := newKeyed(spec.Operator, groups, s.budget)
	if p := s.restored[spec.Operator]; p != nil {
		if err := p.take(groups, base); err != nil {
			return nil, err
		}
	}
	m.table = base
	if kind == state.Journal {
		m.table = &journal{restored: base}
	}
	s.tables = slices.Insert(s.tables, at, m)
	return m.table, nil
}

func compareMembers(a, b member) int {
	return cmp.Or(cmp.Compare(a.operator, b.operator), cmp.Compare(a.groups.From, b.groups.From))
}

func (m member) overlaps(o member) bool {
	return m.operator == o.operator && m.groups.From < o.groups.To && o.groups.From < m.groups.To
}

// Changes calls f for each pair that the batch changed, ordered by operator and
// key.
func (s *Store) Changes(f func(operator string, key, value []byte) error) error {
	for _, m := range s.tables {
		if err := m.table.changes(func(key, value []byte) error { return f(m.operator, key, value) }); err != nil {
			return err
		}
	}
	return nil
}

// Commit makes the batch's changes version v, which is above the last one. What
// was restored for operators that have no table is dropped.
func (s *Store) Commit(v int64) error {
	if v <= s.version {
		return fmt.Errorf("internal: version %d of the state comes after version %d", v, s.version)
	}
	s.dropRestored()
	for _, m := range s.tables {
		m.table.commit()
	}
	s.version = v
	return nil
}

// Rollback drops the batch's changes.
func (s *Store) Rollback() error {
	for _, m := range s.tables {
		m.table.rollback()
	}
	return nil
}

// Stats describes the tables of one operator. Updated counts the keys that the
// last batch set or deleted.
func (s *Store) Stats(operator string) state.Stats {
	var sum state.Stats
	for _, m := range s.tables {
		if m.operator == operator {
			sum = sum.Add(m.table.stats())
		}
	}
	return sum
}

// Close gives the memory back.
func (s *Store) Close() error {
	for _, m := range s.tables {
		m.table.release()
	}
	s.tables = nil
	s.dropRestored()
	return nil
}

func (s *Store) dropRestored() {
	for _, p := range s.restored {
		p.dropAll()
	}
	s.restored = nil
}
