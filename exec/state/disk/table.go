package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// table is one task's part of an operator. The overlay holds what the running
// batch changed: a byte that tells whether the key is there now, and the value.
type table struct {
	s       *Store
	op      *operator
	groups  state.Range
	counts  bool // pairs are counted
	overlay btree.Tree
	grown   int64 // pairs more than before the batch
	updated int64
	counted int64       // bytes that the budget knows of
	reads   int64       // of keys from the database, by the running batch
	written int64       // bytes of the pairs of the running batch
	last    state.Stats // of reads and written, of the last batch

	it     *pebble.Iterator // over the database as the last commit left it; made when first needed
	busy   bool             // a scan uses it
	key    []byte           // with the operator's number
	value  []byte           // that Get has returned
	entry  []byte           // of the overlay, in the making
	asked  []byte           // the key of the last Get from the database
	exists bool             // and whether it was there
}

const (
	absent = iota
	present
)

func (t *table) Groups() state.Range { return t.groups }

// full is a key with the operator's number, in memory that is used again.
func (t *table) full(key []byte) []byte {
	t.key = append(append(t.key[:0], t.op.id), key...)
	return t.key
}

func (t *table) Get(key []byte) ([]byte, error) {
	if v := t.overlay.Get(key); v != nil {
		if v[0] == absent {
			return nil, nil
		}
		return v[1:], nil
	}
	t.reads++
	v, closer, err := t.s.db.Get(t.full(key))
	if t.counts {
		t.asked, t.exists = append(t.asked[:0], key...), err == nil
	}
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: reading the state in %s: %w", t.op.name, t.s.dir, err)
	}
	t.value = append(t.value[:0], v...)
	if t.value == nil {
		t.value = []byte{}
	}
	return t.value, closer.Close()
}

func (t *table) Set(key, value []byte) error {
	t.entry = append(append(t.entry[:0], present), value...) // the value may be one that Get returned
	return t.change(key, t.entry, present)
}

func (t *table) Delete(key []byte) error { return t.change(key, []byte{absent}, absent) }

// change puts an entry into the overlay.
func (t *table) change(key, entry []byte, now int64) error {
	if err := state.CheckKey(t.op.name, t.groups, key); err != nil {
		return err
	}
	if t.counts {
		was, err := t.was(key)
		if err != nil {
			return err
		}
		t.grown += now - was
	}
	t.overlay.Set(key, entry)
	return t.charge()
}

// was is 1 if a key is there, else 0. Most often the operator has just looked it
// up.
func (t *table) was(key []byte) (int64, error) {
	if v := t.overlay.Get(key); v != nil {
		return int64(v[0]), nil
	}
	if len(t.asked) == 0 || !bytes.Equal(t.asked, key) {
		if _, err := t.Get(key); err != nil {
			return 0, err
		}
	}
	if t.exists {
		return present, nil
	}
	return absent, nil
}

func (t *table) charge() error {
	now := t.overlay.Bytes()
	if now == t.counted {
		return nil
	}
	from := t.counted
	t.counted = now
	return t.s.o.Budget.Resize(t.op.name, from, now)
}

func (t *table) changes(f func(key, value []byte) error) error {
	return t.overlay.Scan(nil, nil, func(key, entry []byte) error {
		if entry[0] == absent {
			return f(key, nil)
		}
		return f(key, entry[1:])
	})
}

// write adds the batch's changes to a batch of the database.
func (t *table) write(b *pebble.Batch) error {
	t.written = 0
	return t.changes(func(key, value []byte) error {
		t.written += int64(len(key) + len(value))
		if value == nil {
			return b.Delete(t.full(key), nil)
		}
		op := b.SetDeferred(1+len(key), len(value))
		op.Key[0] = t.op.id
		copy(op.Key[1:], key)
		copy(op.Value, value)
		return op.Finish()
	})
}

// end forgets the batch.
func (t *table) end(updated int64) error {
	t.updated, t.grown, t.asked = updated, 0, t.asked[:0]
	t.last = state.Stats{Reads: t.reads, Written: t.written}
	t.reads, t.written = 0, 0
	t.overlay.Clear()
	_ = t.charge() // it has become smaller
	if t.it == nil {
		return nil
	}
	it := t.it
	t.it = nil
	return it.Close()
}

func (t *table) release() {
	t.overlay = btree.Tree{}
	_ = t.charge()
}

// bound is the key at which a group begins.
func (t *table) bound(group int) []byte {
	return binary.BigEndian.AppendUint16([]byte{t.op.id}, uint16(group))
}
