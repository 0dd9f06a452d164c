package memory

import (
	"fmt"

	"github.com/riffledata/riffle/exec/state"
)

// journal is a table of an operator that holds its state itself: what was
// restored, until the first commit, and what the batch changed.
type journal struct {
	restored *keyed
	changed  changeLog
	updated  int64
	counted  int64
}

func (t *journal) Groups() state.Range { return t.restored.groups }

func (t *journal) Get([]byte) ([]byte, error) {
	return nil, fmt.Errorf("internal: %s reads a table that only records", t.restored.operator)
}

func (t *journal) Set(key, value []byte) error {
	r := t.restored
	if err := state.CheckKey(r.operator, r.groups, key); err != nil {
		return err
	}
	t.changed.set(key, value)
	return t.charge()
}

func (t *journal) Delete(key []byte) error {
	r := t.restored
	if err := state.CheckKey(r.operator, r.groups, key); err != nil {
		return err
	}
	t.changed.delete(key)
	return t.charge()
}

func (t *journal) charge() error {
	now := t.changed.bytes()
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
	return t.changed.each(f)
}

func (t *journal) commit() {
	t.restored.release()
	t.end(t.changed.len())
}

func (t *journal) rollback() { t.end(0) }

func (t *journal) end(updated int64) {
	t.updated = updated
	t.changed.clear()
	_ = t.charge()
}

func (t *journal) stats() state.Stats {
	return state.Stats{Updated: t.updated, Bytes: t.restored.tree.Bytes() + t.changed.bytes()}
}

func (t *journal) release() {
	t.restored.release()
	t.changed = changeLog{}
	_ = t.charge()
}
