package memory

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// Snapshot is the content of a table after one micro-batch. It is immutable.
type Snapshot struct {
	// BatchID is the micro-batch that made it; -1 before the first.
	BatchID int64
	// Batches hold the rows; they may carry selections.
	Batches []batch.Batch
	// Rows is the number of rows that count, Bytes the memory that all of them hold.
	Rows, Bytes int64
}

// Table is a named result. It is safe for concurrent use.
type Table struct {
	name   string
	schema *types.Schema
	now    atomic.Pointer[Snapshot]
}

// Schema returns the table's columns.
func (t *Table) Schema() *types.Schema { return t.schema }

// Snapshot returns the table's present content.
func (t *Table) Snapshot() *Snapshot { return t.now.Load() }

// Tables is the catalogue of the memory tables of an engine, by name in any
// case. It is safe for concurrent use.
type Tables struct {
	mu     sync.Mutex
	tables map[string]*Table
	writer map[string]bool // tables that a running query writes
}

// NewTables returns an empty catalogue.
func NewTables() *Tables { return &Tables{tables: map[string]*Table{}, writer: map[string]bool{}} }

// Find returns a table.
func (t *Tables) Find(name string) (*Table, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	table, ok := t.tables[strings.ToLower(name)]
	return table, ok
}

// Names returns the names of all tables, sorted.
func (t *Tables) Names() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := make([]string, 0, len(t.tables))
	for _, table := range t.tables {
		names = append(names, table.name)
	}
	sort.Strings(names)
	return names
}

// claim makes an empty table for a query to write, in place of one of that name
// whose query has ended.
func (t *Tables) claim(name string, schema *types.Schema) (*Table, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := strings.ToLower(name)
	if t.writer[key] {
		return nil, fmt.Errorf("a running query writes the table %s already; stop it, or give this query another name with QueryName", name)
	}
	table := &Table{name: name, schema: schema}
	table.now.Store(&Snapshot{BatchID: -1})
	t.tables[key], t.writer[key] = table, true
	return table, nil
}

// release lets another query write a table of that name. The content stays.
func (t *Tables) release(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.writer, strings.ToLower(name))
}
