package exectest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// Collect is a sink that keeps what it is given, of all runs of a query: tests
// look at it while the query is stopped, killed and started again. Its format is
// "collect". A batch that comes twice counts once, and must be the same.
type Collect struct {
	mu      sync.Mutex
	spec    sink.Spec
	batches map[int64][]Collected
	// Broken are the breaches of the contract that were seen.
	broken []string
}

// Collected is a row with its change.
type Collected struct {
	Row    types.Row
	Change int8
}

// NewCollect returns an empty sink, to be given to exec.WithSink.
func NewCollect() *Collect { return &Collect{batches: map[int64][]Collected{}} }

// Format is "collect".
func (c *Collect) Format() string { return "collect" }

// Options are none.
func (c *Collect) Options() []option.Spec { return nil }

// Check takes everything.
func (c *Collect) Check(sink.Spec) error { return nil }

// Volatile is true: a query needs no checkpoint to write here.
func (c *Collect) Volatile() bool { return true }

// Open returns the sink itself.
func (c *Collect) Open(_ context.Context, spec sink.Spec) (sink.Sink, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spec = spec
	return &collecting{c, spec}, nil
}

// collecting is one run's use of the sink.
type collecting struct {
	to   *Collect
	spec sink.Spec
}

// Guarantee is exactly-once.
func (s *collecting) Guarantee() (sink.Guarantee, string) {
	return sink.ExactlyOnce, "a batch that comes twice counts once"
}

// Begin opens a batch.
func (s *collecting) Begin(_ context.Context, id int64) (sink.Writer, error) {
	return &collector{to: s.to, id: id, spec: s.spec}, nil
}

// Close does nothing.
func (s *collecting) Close() error { return nil }

// LastCommitted is the last batch that was kept.
func (s *collecting) LastCommitted(context.Context) (int64, error) {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	last := int64(-1)
	for id := range s.to.batches {
		last = max(last, id)
	}
	return last, nil
}

// collector is one batch on its way.
type collector struct {
	to   *Collect
	spec sink.Spec
	id   int64
	mu   sync.Mutex
	rows []Collected
}

// Write keeps rows.
func (w *collector) Write(_ context.Context, b batch.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, row := range types.Rows(w.spec.Schema, b.Record) {
		w.rows = append(w.rows, Collected{row, b.Change(i)})
	}
	return nil
}

// Commit shows the rows; a batch that was there before must have been the same.
func (w *collector) Commit(context.Context) error {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	if old, again := w.to.batches[w.id]; again && fmt.Sprint(sortedRows(old)) != fmt.Sprint(sortedRows(w.rows)) {
		w.to.broken = append(w.to.broken, fmt.Sprintf("batch %d came again with other rows:\n%v\n%v", w.id, sortedRows(old), sortedRows(w.rows)))
	}
	w.to.batches[w.id] = w.rows
	return nil
}

// Abort drops the rows.
func (w *collector) Abort() error { return nil }

// sortedRows returns rows with their changes as sorted lines.
func sortedRows(rows []Collected) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = fmt.Sprintf("%+d %v", r.Change, r.Row)
	}
	slices.Sort(out)
	return out
}

// Batches returns the rows of each batch in order, as lines with their changes.
func (c *Collect) Batches() [][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out [][]string
	for _, id := range slices.Sorted(maps.Keys(c.batches)) {
		out = append(out, sortedRows(c.batches[id]))
	}
	return out
}

// Table returns the rows that are left when all batches are applied by the
// query's output mode, as sorted lines. It fails where a row was taken back that
// was not there, or a batch came again with other rows.
func (c *Collect) Table() ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := collectedTable{keys: c.spec.Keys, mode: c.spec.Mode, changes: c.spec.Changes, rows: map[string]int{}, byKey: map[string]string{}}
	broken := slices.Clone(c.broken)
	for _, id := range slices.Sorted(maps.Keys(c.batches)) {
		if c.spec.Mode == sink.Complete {
			clear(t.rows)
		}
		for _, r := range c.batches[id] {
			if err := t.apply(r); err != nil {
				broken = append(broken, fmt.Sprintf("batch %d: %v", id, err))
			}
		}
		broken = append(broken, t.negative(id)...)
	}
	if len(broken) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(broken, "\n"))
	}
	return t.lines(), nil
}

// collectedTable is what a reader of the sink would have.
type collectedTable struct {
	keys    []int
	mode    sink.Mode
	changes bool
	rows    map[string]int    // how often each row is there
	byKey   map[string]string // in mode update with keys: the row of each
}

func (t *collectedTable) apply(r Collected) error {
	line := fmt.Sprint(r.Row)
	if t.mode == sink.Update && len(t.keys) > 0 && !t.changes {
		key := ""
		for _, k := range t.keys {
			key += fmt.Sprintf("%v|", r.Row.At(k))
		}
		if r.Change < 0 {
			if _, there := t.byKey[key]; !there {
				return fmt.Errorf("the key %s is deleted and was not there", key)
			}
			delete(t.byKey, key)
			return nil
		}
		t.byKey[key] = line
		return nil
	}
	if r.Change < 0 && !t.changes {
		return fmt.Errorf("the row %s is taken back in mode %s", line, t.mode)
	}
	t.rows[line] += int(r.Change)
	return nil
}

// negative names the rows that were taken back more often than they were there.
func (t *collectedTable) negative(id int64) []string {
	var out []string
	for _, line := range slices.Sorted(maps.Keys(t.rows)) {
		if t.rows[line] < 0 {
			out = append(out, fmt.Sprintf("after batch %d the row %s is there %d times", id, line, t.rows[line]))
			t.rows[line] = 0
		}
	}
	return out
}

func (t *collectedTable) lines() []string {
	out := slices.Collect(maps.Values(t.byKey))
	for line, n := range t.rows {
		for range n {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
