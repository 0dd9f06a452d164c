package statetest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// Store is what is tested: a state.Store that knows its version.
type Store interface {
	state.Store
	// Version is that of the last commit, -1 before the first.
	Version() int64
}

// Backend makes stores of one kind.
type Backend struct {
	// New returns an empty store.
	New func(t testing.TB) Store
	// Restore returns a store of a version from state files.
	Restore func(t testing.TB, version int64, files ...io.Reader) (Store, error)
	// Reopen closes a store and opens it again from what it has on disk; nil where it
	// has nothing there.
	Reopen func(t testing.TB, s Store) Store
}

// model runs the same operations on a store and on the plain one.
type model struct {
	t       rapid.TB
	tb      testing.TB // for what the backend makes
	b       Backend
	got     Store
	want    *exectest.State
	kept    map[[2]string]string // of want at its last commit
	version int64
	files   [][]byte // snapshot and deltas
	tip     state.Hash
	tables  []pairOfTables
}

type pairOfTables struct {
	operator  string
	got, want state.Table
}

var operators = []string{"aggregate-0", "join-0", "join-1"}

func newModel(tb testing.TB, t rapid.TB, b Backend) *model {
	m := &model{t: t, tb: tb, b: b, got: b.New(tb), want: exectest.NewState(nil), version: -1}
	m.open(1)
	return m
}

// open makes the tables of so many tasks for each operator, in both stores.
func (m *model) open(tasks int) {
	m.tables = nil
	for _, op := range operators {
		for _, groups := range state.Ranges(tasks) {
			spec := state.Spec{Operator: op}
			got, err := m.got.Table(spec, groups, state.Counted)
			if err != nil {
				m.t.Fatalf("Table: %v", err)
			}
			want, _ := m.want.Table(spec, groups, state.Counted)
			if got.Groups() != groups {
				m.t.Fatalf("the table of groups %v says %v", groups, got.Groups())
			}
			m.tables = append(m.tables, pairOfTables{op, got, want})
		}
	}
}

// groupsUsed are few, so that keys meet; they lie at the borders of tasks.
var groupsUsed = []int{0, 1, 1023, 1024, 1365, 2047, 2048, 2730, 3071, 3072, 4095}

// key makes the same key of the same number in every table that owns its group.
func (p pairOfTables) key(n, width int) ([]byte, bool) {
	g := groupsUsed[n%len(groupsUsed)]
	if r := p.want.Groups(); g < r.From || g >= r.To {
		return nil, false
	}
	key := state.AppendKey(nil, g, byte(n/len(groupsUsed)%3))
	return append(key, fmt.Sprintf("%0*d", width, n)...), true
}

// change sets or deletes a key in both stores and compares a read of it.
func (m *model) change(p pairOfTables, n, width int, value []byte) {
	key, ok := p.key(n, width)
	if !ok {
		return
	}
	for _, t := range []state.Table{p.got, p.want} {
		var err error
		if value == nil {
			err = t.Delete(key)
		} else {
			err = t.Set(key, value)
		}
		if err != nil {
			m.t.Fatalf("%s: changing %x: %v", p.operator, key, err)
		}
	}
	m.get(p, n, width)
}

func (m *model) get(p pairOfTables, n, width int) {
	key, ok := p.key(n, width)
	if !ok {
		return
	}
	want, _ := p.want.Get(key)
	got, err := p.got.Get(key)
	if err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		m.t.Fatalf("%s: Get(%x) = %x %v, want %x (nil: %v)", p.operator, key, got, err, want, want == nil)
	}
}

// scan compares a scan of both, stopped after most pairs.
func (m *model) scan(p pairOfTables, from, to []byte, most int) {
	read := func(t state.Table) []string {
		var out []string
		if err := t.Scan(from, to, func(key, value []byte) error {
			out = append(out, fmt.Sprintf("%s=%s", short(key), short(value)))
			if len(out) == most {
				return state.ErrStop
			}
			return nil
		}); err != nil {
			m.t.Fatalf("%s: Scan: %v", p.operator, err)
		}
		return out
	}
	if got, want := read(p.got), read(p.want); !slices.Equal(got, want) {
		m.t.Fatalf("%s: Scan(%x, %x)\n got %v\nwant %v", p.operator, from, to, got, want)
	}
}

// scanAll compares everything.
func (m *model) scanAll() {
	for _, p := range m.tables {
		m.scan(p, nil, nil, 0)
	}
}

// short is bytes in hexadecimal, of long ones the beginning, the length and the
// end.
func short(b []byte) string {
	if len(b) > 40 {
		return fmt.Sprintf("%x..%d..%x", b[:4], len(b), b[len(b)-4:])
	}
	return fmt.Sprintf("%x", b)
}

func changesOf(t rapid.TB, s state.Store) []string {
	var out []string
	if err := s.Changes(func(op string, key, value []byte) error {
		out = append(out, fmt.Sprintf("%s %s=%s %v", op, short(key), short(value), value == nil))
		return nil
	}); err != nil {
		t.Fatalf("Changes: %v", err)
	}
	return out
}

// commit writes the delta, compares the changes and commits both.
func (m *model) commit() {
	if got, want := changesOf(m.t, m.got), changesOf(m.t, m.want); !slices.Equal(got, want) {
		m.t.Fatalf("Changes\n got %v\nwant %v", got, want)
	}
	m.version++
	var file bytes.Buffer
	info, err := state.WriteDelta(&file, m.version, m.tip, m.got.Changes)
	if err != nil {
		m.t.Fatalf("WriteDelta: %v", err)
	}
	m.tip = info.Tip
	m.files = append(m.files, file.Bytes())
	for _, s := range []state.Store{m.got, m.want} {
		if err := s.Commit(m.version); err != nil {
			m.t.Fatalf("Commit: %v", err)
		}
	}
	m.kept = m.want.Versions[m.version]
	if v := m.got.Version(); v != m.version {
		m.t.Fatalf("after Commit(%d) the version is %d", m.version, v)
	}
	if c := changesOf(m.t, m.got); len(c) > 0 {
		m.t.Fatalf("after Commit there are changes %v", c)
	}
	m.stats()
}

func (m *model) stats() {
	for _, op := range operators {
		if got, want := m.got.Stats(op).Rows, m.want.Stats(op).Rows; got != want {
			m.t.Fatalf("%s: Stats say %d rows, want %d", op, got, want)
		}
	}
}

func (m *model) rollback() {
	if err := m.got.Rollback(); err != nil {
		m.t.Fatalf("Rollback: %v", err)
	}
	_ = m.want.Rollback()
	m.stats()
}

// snapshot makes one file of all there are.
func (m *model) snapshot() {
	if len(m.files) == 0 {
		return
	}
	var file bytes.Buffer
	info, err := state.Merge(&file, readers(m.files)...)
	if err != nil {
		m.t.Fatalf("Merge: %v", err)
	}
	if info.Tip != m.tip {
		m.t.Fatalf("the snapshot's tip is %s, want %s", info.Tip, m.tip)
	}
	m.files = [][]byte{file.Bytes()}
}

func readers(files [][]byte) []io.Reader {
	out := make([]io.Reader, len(files))
	for i, f := range files {
		out[i] = bytes.NewReader(f)
	}
	return out
}

// restart opens the store anew, at another number of tasks.
func (m *model) restart(tasks int, cold bool) {
	if len(m.files) == 0 {
		return
	}
	if cold || m.b.Reopen == nil {
		if err := m.got.Close(); err != nil {
			m.t.Fatalf("Close: %v", err)
		}
		var err error
		if m.got, err = m.b.Restore(m.tb, m.version, readers(m.files)...); err != nil {
			m.t.Fatalf("Restore: %v", err)
		}
	} else {
		m.got = m.b.Reopen(m.tb, m.got)
	}
	if v := m.got.Version(); v != m.version {
		m.t.Fatalf("restarted at version %d, want %d", v, m.version)
	}
	m.want = exectest.NewState(m.kept)
	m.open(tasks)
	m.scanAll()
	m.stats()
}

// step draws and does one operation.
func (m *model) step(rt *rapid.T) {
	width := rapid.SampledFrom([]int{1, 20, 3000}).Draw(rt, "width")
	p := m.tables[rapid.IntRange(0, len(m.tables)-1).Draw(rt, "table")]
	n := rapid.IntRange(0, 80).Draw(rt, "key")
	switch op := rapid.IntRange(0, 99).Draw(rt, "op"); {
	case op < 35:
		m.change(p, n, width, bytes.Repeat([]byte{byte(n)}, rapid.SampledFrom([]int{0, 1, 8, 100, 5000}).Draw(rt, "size")))
	case op < 50:
		m.change(p, n, width, nil)
	case op < 60:
		m.get(p, n, width)
	case op < 75:
		from, _ := p.key(n, width)
		to, _ := p.key(rapid.IntRange(0, 80).Draw(rt, "to"), width)
		if to == nil || bytes.Compare(from, to) > 0 {
			to = nil
		}
		m.scan(p, from, to, rapid.IntRange(0, 4).Draw(rt, "most"))
	case op < 85:
		m.commit()
	case op < 90:
		m.rollback()
		m.scanAll()
	case op < 94:
		m.snapshot()
	default:
		m.rollback()
		m.restart(rapid.IntRange(1, 5).Draw(rt, "tasks"), rapid.Bool().Draw(rt, "cold"))
	}
}
