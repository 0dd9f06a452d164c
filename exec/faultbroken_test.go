package exec_test

import (
	"sync/atomic"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest/recovery"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// forgets is an op that does not restore its state.
type forgets struct{ physical.Stateful }

func (f forgets) Attach(tables []state.Table) error {
	for i, t := range tables {
		if t != nil {
			tables[i] = unread{t}
		}
	}
	return f.Stateful.Attach(tables)
}

// unread is a table that shows nothing of what was restored.
type unread struct{ state.Table }

func (unread) Scan(_, _ []byte, _ func(key, value []byte) error) error { return nil }

// unsaved is an op that does not write down what it has changed.
type unsaved struct{ physical.Stateful }

func (u unsaved) Attach(tables []state.Table) error {
	store := memory.New(state.NewBudget(1 << 30))
	for i, t := range tables {
		var err error
		if _, kind := u.StateTasks(); t != nil {
			if tables[i], err = store.Table(u.StateSpec(), t.Groups(), kind); err != nil {
				return err
			}
		}
	}
	return u.Stateful.Attach(tables)
}

// restoresWrongly is an op that restores its state and adds what was restored to it once
// more: the same key again, as if its last batch had been applied twice.
type restoresWrongly struct{ physical.Stateful }

func (w restoresWrongly) Attach(tables []state.Table) error {
	for i, t := range tables {
		if t != nil {
			tables[i] = doubled{t}
		}
	}
	return w.Stateful.Attach(tables)
}

type doubled struct{ state.Table }

func (d doubled) Scan(from, to []byte, f func(key, value []byte) error) error {
	return d.Table.Scan(from, to, func(key, value []byte) error {
		more := append([]byte(nil), value...)
		for i := range more { // whatever a value means, it is another one
			if more[i] > 0 && more[i] < 100 {
				more[i]++
				break
			}
		}
		return f(key, more)
	})
}

// calls counts the rows it has seen, beyond the life of any run.
var calls = fn.UDF1("test_calls", func(int64) int64 { return called.Add(1) }, fn.Deterministic)

var called atomic.Int64

// The check finds operators that are broken.
func TestBrokenOperators(t *testing.T) {
	counts := func(in ...frame) frame { return in[0].GroupBy(fn.Col("host")).Count() }
	for name, c := range map[string]struct {
		op    func(physical.Stateful) physical.Stateful
		build func(in ...frame) frame
	}{
		"right":            {nil, counts},
		"forgets":          {func(op physical.Stateful) physical.Stateful { return forgets{op} }, counts},
		"does not save":    {func(op physical.Stateful) physical.Stateful { return unsaved{op} }, counts},
		"restores wrongly": {func(op physical.Stateful) physical.Stateful { return restoresWrongly{op} }, counts},
		"applies twice":    {nil, func(in ...frame) frame { return in[0].Select(fn.Col("id"), calls(fn.Col("n")).Alias("c")) }},
	} {
		t.Run(name, func(t *testing.T) {
			q := recovery.Query{Inputs: []recovery.Input{visitsOf(1, 60)}, Mode: dataframe.Update, Build: c.build}
			if c.op != nil {
				q.Options = []exec.Option{exec.Replace(c.op)}
			}
			diff, err := recovery.Difference(t.Context(), q, recovery.Settings{Crashes: 10})
			if (diff == "" && err == nil) != (name == "right") {
				t.Errorf("the check says %q, %v", diff, err)
			}
		})
	}
}
