package memory

import (
	"errors"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// keyed is a table in which an operator looks up and changes its state. The tree
// holds the pairs as they are now; before holds, for each key that the batch
// changed, what it was: a byte that tells whether it was there, and the value.
type keyed struct {
	operator string
	groups   state.Range
	tree     btree.Tree
	before   btree.Tree
	updated  int64 // by the last batch
	budget   *state.Budget
	counted  int64 // bytes that the budget knows of
	scratch  []byte
}

const (
	absent = iota
	present
)

func newKeyed(operator string, groups state.Range, budget *state.Budget) *keyed {
	return &keyed{operator: operator, groups: groups, budget: budget}
}

func (t *keyed) Groups() state.Range { return t.groups }

func (t *keyed) Get(key []byte) ([]byte, error) { return t.tree.Get(key), nil }

func (t *keyed) Set(key, value []byte) error {
	if err := state.CheckKey(t.operator, t.groups, key); err != nil {
		return err
	}
	old, had := t.tree.Swap(key, value, append(t.scratch[:0], present))
	t.remember(key, old, had)
	return t.charge()
}

func (t *keyed) Delete(key []byte) error {
	if err := state.CheckKey(t.operator, t.groups, key); err != nil {
		return err
	}
	old, had := t.tree.Cut(key, append(t.scratch[:0], present))
	t.remember(key, old, had)
	return t.charge()
}

// remember saves what a key was, if it changes for the first time in the batch.
func (t *keyed) remember(key, old []byte, had bool) {
	if t.scratch = old; !had {
		old[0] = absent
	}
	t.before.Add(key, old)
}

func (t *keyed) Scan(from, to []byte, f func(key, value []byte) error) error {
	return scan(&t.tree, from, to, f)
}

func scan(t *btree.Tree, from, to []byte, f func(key, value []byte) error) error {
	if err := t.Scan(from, to, f); !errors.Is(err, state.ErrStop) {
		return err
	}
	return nil
}

func (t *keyed) changes(f func(key, value []byte) error) error {
	return t.before.Scan(nil, nil, func(key, _ []byte) error { return f(key, t.tree.Get(key)) })
}

func (t *keyed) commit() {
	t.updated = t.before.Len()
	t.before.Clear()
	t.settle()
}

func (t *keyed) rollback() {
	_ = t.before.Scan(nil, nil, func(key, old []byte) error {
		if old[0] == absent {
			t.tree.Delete(key)
		} else {
			t.tree.Set(key, old[1:])
		}
		return nil
	})
	t.updated = 0
	t.before.Clear()
	t.settle()
}

func (t *keyed) stats() state.Stats {
	return state.Stats{Rows: t.tree.Len(), Updated: t.updated, Bytes: t.tree.Bytes() + t.before.Bytes()}
}

// charge tells the budget what the table holds.
func (t *keyed) charge() error {
	now := t.tree.Bytes() + t.before.Bytes()
	if now == t.counted {
		return nil
	}
	from := t.counted
	t.counted = now
	return t.budget.Resize(t.operator, from, now)
}

// settle is charge after the table has become smaller, if it has changed at
// all: what a batch was given stays given.
func (t *keyed) settle() { _ = t.charge() }

func (t *keyed) release() {
	t.tree.Clear()
	t.before.Clear()
	t.tree, t.before = btree.Tree{}, btree.Tree{}
	t.settle()
}
