package memory

import (
	"fmt"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// journal is a table of an operator that holds its state itself: what was
// restored, until the first commit, and what the batch changed, as a byte that
// tells whether the key is there now, and the value.
type journal struct {
	restored *keyed
	changed  btree.Tree
	updated  int64
	counted  int64
	scratch  []byte
}

func (t *journal) Groups() state.Range { return t.restored.groups }

func (t *journal) Get([]byte) ([]byte, error) {
	return nil, fmt.Errorf("internal: %s reads a table that only records", t.restored.operator)
}

func (t *journal) Set(key, value []byte) error {
	t.scratch = append(append(t.scratch[:0], present), value...)
	return t.record(key, t.scratch)
}

func (t *journal) Delete(key []byte) error { return t.record(key, []byte{absent}) }

func (t *journal) record(key, value []byte) error {
	r := t.restored
	if err := state.CheckKey(r.operator, r.groups, key); err != nil {
		return err
	}
	t.changed.Set(key, value)
	return t.charge()
}

func (t *journal) charge() error {
	now := t.changed.Bytes()
	if now == t.counted {
		return nil
	}
	from := t.counted
	t.counted = now
	return t.restored.budget.Resize(t.restored.operator, from, now)
}

func (t *journal) Scan(from, to []byte, f func(key, value []byte) error) error {
	return t.restored.Scan(from, to, f)
}

func (t *journal) changes(f func(key, value []byte) error) error {
	return t.changed.Scan(nil, nil, func(key, value []byte) error {
		if value[0] == absent {
			return f(key, nil)
		}
		return f(key, value[1:])
	})
}

func (t *journal) commit() {
	t.restored.release()
	t.end(t.changed.Len())
}

func (t *journal) rollback() { t.end(0) }

func (t *journal) end(updated int64) {
	t.updated = updated
	t.changed.Clear()
	_ = t.charge()
}

func (t *journal) stats() state.Stats {
	return state.Stats{Updated: t.updated, Bytes: t.restored.tree.Bytes() + t.changed.Bytes()}
}

func (t *journal) release() {
	t.restored.release()
	t.changed = btree.Tree{}
	_ = t.charge()
}
