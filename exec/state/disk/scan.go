package disk

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// Scan merges the database with the overlay.
func (t *table) Scan(from, to []byte, f func(key, value []byte) error) error {
	lower, upper := t.bound(t.groups.From), t.bound(t.groups.To)
	if k := append([]byte{t.op.id}, from...); bytes.Compare(k, lower) > 0 {
		lower = k
	}
	if k := append([]byte{t.op.id}, to...); to != nil && bytes.Compare(k, upper) < 0 {
		upper = k
	}
	if bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	it, done, err := t.iterator(lower, upper)
	if err != nil {
		return fmt.Errorf("%s: reading the state in %s: %w", t.op.name, t.s.dir, err)
	}
	err = t.merge(it, lower[1:], upper[1:], f)
	if e := it.Error(); e != nil && err == nil {
		err = fmt.Errorf("%s: reading the state in %s: %w", t.op.name, t.s.dir, e)
	}
	if e := done(); err == nil {
		err = e
	}
	if errors.Is(err, state.ErrStop) {
		return nil
	}
	return err
}

// iterator gives the table's iterator, or another one inside a scan.
func (t *table) iterator(lower, upper []byte) (*pebble.Iterator, func() error, error) {
	o := &pebble.IterOptions{LowerBound: lower, UpperBound: upper}
	if t.busy {
		it, err := t.s.db.NewIter(o)
		if err != nil {
			return nil, nil, err
		}
		return it, it.Close, nil
	}
	if t.it == nil {
		var err error
		if t.it, err = t.s.db.NewIter(o); err != nil {
			return nil, nil, err
		}
	} else {
		t.it.SetBounds(lower, upper)
	}
	t.busy = true
	return t.it, func() error { t.busy = false; return nil }, nil
}

// merge calls f for the pairs of both, the overlay's where both have a key. It
// may return before the end where the iterator fails.
func (t *table) merge(it *pebble.Iterator, from, to []byte, f func(key, value []byte) error) error {
	var c btree.Cursor
	c.Seek(&t.overlay, from)
	for valid := it.First(); ; {
		over := c.Valid()
		var key, entry []byte
		if over {
			key, entry = c.Pair()
			over = bytes.Compare(key, to) < 0
		}
		if !valid && !over {
			return nil
		}
		order := -1 // the database's pair comes first
		if !valid {
			order = 1
		} else if over {
			order = bytes.Compare(it.Key()[1:], key)
		}
		if order < 0 {
			if err := f(it.Key()[1:], it.Value()); err != nil {
				return err
			}
			valid = it.Next()
			continue
		}
		if entry[0] == present {
			if err := f(key, entry[1:]); err != nil {
				return err
			}
		}
		c.Next()
		if order == 0 {
			valid = it.Next()
		}
	}
}
