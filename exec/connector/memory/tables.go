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
	now    atomic.Pointer[Snapshot] // nil: to be made of the index

	mu    sync.Mutex
	index *keyIndex // of a table that is updated by key; else nil
	batch int64     // the micro-batch that made what the index holds
}

// Schema returns the table's columns.
func (t *Table) Schema() *types.Schema { return t.schema }

// Snapshot returns the table's present content.
func (t *Table) Snapshot() *Snapshot {
	if s := t.now.Load(); s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made()
}

// made returns the present content of a table whose mutex is held.
func (t *Table) made() *Snapshot {
	s := t.now.Load()
	if s == nil {
		p := &t.index.parts
		s = &Snapshot{BatchID: t.batch, Batches: p.batches(), Rows: p.rows, Bytes: p.bytes}
		t.now.Store(s)
	}
	return s
}

// update changes a table by key. A table that would outgrow its limit, as check
// has it, stays as it was.
func (t *Table) update(id int64, more []batch.Batch, bytes int64, check func(held int64) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.batch >= id {
		return nil // shown already, before a restart
	}
	var before *Snapshot
	if check(t.index.parts.bytes+bytes) != nil {
		before = t.made()
	}
	if err := t.index.apply(more); err != nil {
		return err
	}
	if err := check(t.index.parts.bytes); err != nil {
		t.now.Store(before)
		return err
	}
	t.batch = id
	t.now.Store(nil)
	return nil
}

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
	table := &Table{name: name, schema: schema, batch: -1}
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
