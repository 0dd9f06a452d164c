package memory_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest/statetest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	budget := state.NewBudget(1 << 30)
	statetest.Run(t, statetest.Backend{
		New: func(testing.TB) statetest.Store { return memory.New(budget) },
		Restore: func(_ testing.TB, version int64, files ...io.Reader) (statetest.Store, error) {
			return memory.Restore(budget, version, files...)
		},
	})
	if budget.Used() != 0 {
		t.Errorf("closed stores hold %d bytes of the budget", budget.Used())
	}
}

// A batch that does not fit fails, and its rollback makes room again.
func TestBudget(t *testing.T) {
	budget := state.NewBudget(100_000)
	s := memory.New(budget)
	tab, err := s.Table(state.Spec{Operator: "aggregate-0"}, state.AllGroups, state.Keyed)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; err == nil; i++ {
		if i == 100_000 {
			t.Fatal("100,000 keys fit into 100,000 bytes")
		}
		err = tab.Set(fmt.Append(state.AppendKey(nil, 0, 0), i), make([]byte, 10))
	}
	if !strings.Contains(err.Error(), "aggregate-0") || !strings.Contains(err.Error(), state.Setting) {
		t.Errorf("the error does not say who and what to do: %v", err)
	}
	if err := s.Rollback(); err != nil || budget.Used() > 10_000 {
		t.Errorf("after Rollback %d bytes are held: %v", budget.Used(), err)
	}
	if err := s.Close(); err != nil || budget.Used() != 0 {
		t.Errorf("after Close %d bytes are held: %v", budget.Used(), err)
	}
}
