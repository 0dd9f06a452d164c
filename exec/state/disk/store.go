package disk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

// Store is a state.Store in a directory.
type Store struct {
	dir     string
	o       Options
	db      *pebble.DB
	lock    *pebble.Lock
	watch   *watch
	pending int64 // bytes committed since the memory tables were last measured
	flushed time.Time

	mu        sync.Mutex // of what follows, while tables are made
	version   int64
	operators []*operator // by number
	tables    []*table    // by name of operator, and range
}

var _ state.Store = (*Store)(nil)

func compare(a, b string) int { return strings.Compare(a, b) }

// Open opens the state in a directory, or makes it, empty and at version -1.
// A directory serves one query, and one process at a time; one that holds
// something else is refused.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	lock, err := claim(o.FS, dir)
	if err != nil {
		return nil, err
	}
	s, err := open(dir, o, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	o.Hold(o.outside())
	return s, nil
}

// open is Open in a directory that the caller has locked. After an error it is
// still locked; else the store unlocks it.
func open(dir string, o Options, lock *pebble.Lock) (*Store, error) {
	s := &Store{dir: dir, o: o, lock: lock, watch: newWatch(dir), version: -1, flushed: time.Now()}
	if err := putBallast(o.FS, dir); err != nil {
		return nil, s.unopened(err)
	}
	fs := vfs.OnDiskFull(o.FS, func() {
		_ = o.FS.Remove(o.FS.PathJoin(dir, ballast))
		s.watch.setFull()
	})
	p := o.pebble(&vitalFS{fs, s.watch}, s.watch)
	p.Lock = lock
	var err error
	if s.db, err = pebble.Open(dir, p); err == nil {
		err = s.watch.failed()
	}
	if err != nil {
		return nil, errors.Join(s.unopened(err), s.closeDB())
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("the state in %s: %w; remove the directory, and the state is restored from the checkpoint", dir, err), s.closeDB())
	}
	slices.SortFunc(s.operators, func(a, b *operator) int { return cmp.Compare(a.id, b.id) })
	return s, nil
}

// unopened tells why the database could not be opened.
func (s *Store) unopened(err error) error {
	if noRoom(err) {
		return fmt.Errorf("the state in %s: no space left on its disk; make some: %w", s.dir, err)
	}
	return fmt.Errorf("opening the state in %s: %w", s.dir, err)
}

// closeDB closes the database, if it is open. A directory in which it could not write
// down what it consists of holds no state.
func (s *Store) closeDB() (err error) {
	if s.db != nil {
		err = s.db.Close()
	}
	if _, lost := s.watch.space(); lost {
		err = errors.Join(err, empty(s.o.FS, s.dir))
	}
	return err
}

// Version is that of the last commit that is here, -1 before the first.
func (s *Store) Version() int64 { return s.version }

// Table returns the state of one task of an operator.
func (s *Store) Table(spec state.Spec, groups state.Range, kind state.Kind) (state.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, err := s.operator(spec.Operator)
	if err != nil {
		return nil, err
	}
	if err := s.countPairs(op, kind == state.Counted); err != nil {
		return nil, err
	}
	t := &table{s: s, op: op, groups: groups, counts: kind == state.Counted}
	at, found := slices.BinarySearchFunc(s.tables, t, compareTables)
	if found || at > 0 && s.tables[at-1].overlaps(t) || at < len(s.tables) && s.tables[at].overlaps(t) {
		return nil, fmt.Errorf("%s: another task has groups of %d to %d already", spec.Operator, groups.From, groups.To)
	}
	s.tables = slices.Insert(s.tables, at, t)
	return t, nil
}

func compareTables(a, b *table) int {
	return cmp.Or(compare(a.op.name, b.op.name), cmp.Compare(a.groups.From, b.groups.From))
}

func (t *table) overlaps(o *table) bool {
	return t.op == o.op && t.groups.From < o.groups.To && o.groups.From < t.groups.To
}

// Changes calls f for each pair that the batch changed, ordered by operator and
// key.
func (s *Store) Changes(f func(operator string, key, value []byte) error) error {
	for _, t := range s.tables {
		if err := t.changes(func(key, value []byte) error { return f(t.op.name, key, value) }); err != nil {
			return err
		}
	}
	return nil
}

// Rollback drops the batch's changes.
func (s *Store) Rollback() error {
	var err error
	for _, t := range s.tables {
		err = errors.Join(err, t.end(0))
	}
	return err
}

// Stats describes the tables of one operator. Rows counts the running batch's
// changes; Updated counts the keys that the last batch set or deleted; Bytes is what
// the batch's changes hold, without the cache that all operators share.
func (s *Store) Stats(operator string) state.Stats {
	var sum state.Stats
	for _, o := range s.operators {
		if o.name == operator {
			sum.Rows = max(o.rows, 0)
		}
	}
	for _, t := range s.tables {
		if t.op.name == operator {
			sum = sum.Add(state.Stats{Rows: t.grown, Updated: t.updated, Bytes: t.overlay.Bytes()}).Add(t.last)
		}
	}
	return sum
}

// Close writes what is committed to files, as long as that succeeds, and gives
// memory and files back.
func (s *Store) Close() error {
	err := s.Rollback()
	for _, t := range s.tables {
		t.release()
	}
	s.tables = nil
	err = errors.Join(err, s.Flush(), s.closeDB(), s.lock.Close())
	s.o.Hold(-s.o.outside())
	return err
}
