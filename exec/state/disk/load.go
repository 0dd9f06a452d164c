package disk

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/riffledata/riffle/exec/state"
)

// Load opens a directory, empties it, and fills it with the state of a version that
// put writes into tables, which are only set, each key once, in any order. After an
// error, or a crash, what the directory holds is no state of any version.
func Load(dir string, o Options, version int64, put func(table func(operator string, groups state.Range) (state.Table, error)) error) (*Store, error) {
	o = o.withDefaults()
	lock, err := claim(o.FS, dir)
	if err != nil {
		return nil, err
	}
	if err := empty(o.FS, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("emptying %s for the state: %w", dir, err), lock.Close())
	}
	s, err := open(dir, o, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := s.fillFrom(version, put); err != nil {
		return nil, errors.Join(fmt.Errorf("writing the state into %s: %w", dir, err), s.closeDB(), empty(o.FS, dir), lock.Close())
	}
	o.Hold(o.outside())
	return s, nil
}

func (s *Store) fillFrom(version int64, put func(table func(string, state.Range) (state.Table, error)) error) error {
	l := &loading{s: s, b: s.db.NewBatch()}
	defer func() { l.b.Close() }()
	if err := put(l.table); err != nil {
		return err
	}
	if err := s.apply(l.b, version); err != nil {
		return err
	}
	s.version = version
	return s.room()
}

// loading collects pairs until they are worth giving to the database.
type loading struct {
	s *Store
	b *pebble.Batch
}

func (l *loading) table(operator string, groups state.Range) (state.Table, error) {
	op, err := l.s.operator(operator)
	return &loadTable{l, op, groups}, err
}

// loadTable is a table that is only set.
type loadTable struct {
	*loading
	op     *operator
	groups state.Range
}

func (t *loadTable) Groups() state.Range { return t.groups }

func (t *loadTable) Set(key, value []byte) error {
	if err := state.CheckKey(t.op.name, t.groups, key); err != nil {
		return err
	}
	op := t.b.SetDeferred(1+len(key), len(value))
	op.Key[0] = t.op.id
	copy(op.Key[1:], key)
	copy(op.Value, value)
	if err := op.Finish(); err != nil {
		return err
	}
	if t.op.rows++; t.b.Len() < int(t.s.o.memTable())/4 {
		return nil
	}
	b := t.b
	t.b = t.s.db.NewBatch()
	return t.s.applyPart(b)
}

func (t *loadTable) Get([]byte) ([]byte, error) { return nil, t.only() }
func (t *loadTable) Delete([]byte) error        { return t.only() }
func (t *loadTable) Scan(_, _ []byte, _ func(key, value []byte) error) error {
	return t.only()
}

func (t *loadTable) only() error {
	return fmt.Errorf("internal: %s does more than set the keys of a state that is filled", t.op.name)
}
