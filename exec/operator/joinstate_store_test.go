package operator

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
)

// storeRun is a join over one kind of store.
type storeRun struct {
	t       *testing.T
	spec    *StreamJoinSpec
	open    func() state.Store
	held    bool
	store   state.Store
	join    *JoinState
	version int64
}

func (r *storeRun) start() {
	var err error
	r.store = r.open()
	if r.join, err = openJoin(r.spec, r.store, state.AllGroups, r.held); err != nil {
		r.t.Fatal(err)
	}
}

// batch gives changes to the join, and keeps or drops what they did.
func (r *storeRun) batch(changes []joinChange, wm int64, keep bool) []string {
	r.t.Helper()
	timed := r.spec.Bounds != nil
	rows, err := readAll(r.join.Stream(joinInput(r.t, changes, LeftSide, 5, timed), joinInput(r.t, changes, RightSide, 5, timed), wm, testEnv))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.join.Flush(); err != nil {
		r.t.Fatal(err)
	}
	if keep {
		r.version++
		if err := r.store.Commit(r.version); err != nil {
			r.t.Fatal(err)
		}
		r.join.Commit()
		return rows
	}
	if err := r.store.Rollback(); err != nil {
		r.t.Fatal(err)
	}
	r.join.Rollback()
	return rows
}

// A join gives the same rows in the same order over each store, also after batches
// that failed, and after a restart from disk; with and without bounds.
func TestStreamJoinOnEachStore(t *testing.T) {
	for k, kind := range []joinKind{joinKinds[1], joinKinds[3]} {
		for _, bounded := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/bounded=%v", kind.name, bounded), func(t *testing.T) {
				spec := streamJoinSpec(kind, lessThan(t), false)
				if spec.Emit = EmitChanges; bounded {
					spec = boundedSpec(t, kind, -40, 40, true)
					spec.Emit = EmitFinal
				}
				joinOnStores(t, spec, rand.New(rand.NewPCG(uint64(k), 7)))
			})
		}
	}
}

func joinOnStores(t *testing.T, spec *StreamJoinSpec, rng *rand.Rand) {
	dir := t.TempDir()
	runs := []*storeRun{
		{t: t, spec: spec, open: func() state.Store { return exectest.NewState(nil) }},
		{t: t, spec: spec, open: func() state.Store { return memory.New(state.NewBudget(1 << 30)) }},
		{t: t, spec: spec, open: func() state.Store {
			s, err := disk.Open(dir, disk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}},
		{t: t, spec: spec, held: true, open: func() state.Store { return memory.New(state.NewBudget(1 << 30)) }},
	}
	for _, r := range runs {
		r.start()
	}
	onDisk := runs[2]
	defer func() {
		if err := onDisk.store.Close(); err != nil {
			t.Error(err)
		}
	}()
	for n := range 6 {
		var changes []joinChange
		for range 60 {
			c := joinChange{rng.IntN(2), joinRow{rng.IntN(12), rng.IntN(3), 10*n + rng.IntN(30)}, 1}
			if changes = append(changes, c); spec.Bounds == nil && rng.IntN(4) == 0 {
				c.n = -1
				changes = append(changes, c)
			}
		}
		for _, keep := range []bool{false, true} {
			want := runs[0].batch(changes, int64(10*n), keep)
			for k, r := range runs[1:] {
				if got := r.batch(changes, int64(10*n), keep); !slices.Equal(got, want) {
					t.Fatalf("batch %d: store %d gives\n%s\nnot\n%s", n, k+1, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
		if onDisk.join.Stats().Left != runs[0].join.Stats().Left || n != 3 {
			continue
		}
		if err := onDisk.store.Close(); err != nil {
			t.Fatal(err)
		}
		onDisk.start()
	}
	for _, r := range runs {
		if spec.Bounds != nil {
			r.batch(nil, 1e6, true)
		}
		st, first := r.join.Stats(), runs[0].join.Stats()
		if st.Bytes = 0; st != first || spec.Bounds != nil && st.Left+st.Right != 0 {
			t.Errorf("in the end one store has %+v, another %+v", st, first)
		}
	}
}

// What the spec says of the state's bytes is enough to read them.
func TestStreamJoinStateIsDescribed(t *testing.T) {
	for _, bounded := range []bool{false, true} {
		spec := streamJoinSpec(joinKinds[1], nil, false)
		if bounded {
			spec = boundedSpec(t, joinKinds[1], -5, 5, false)
		}
		b := newJoinBench(t, spec, 1, bounded)
		b.apply([]joinChange{{LeftSide, joinRow{7, 1, 3}, 1}, {LeftSide, joinRow{7, 1, 3}, 1}, {RightSide, joinRow{7, absent, 4}, 1}}, 0, 3)
		var got []string
		for key, value := range b.store.Versions[b.version] {
			for _, s := range spec.State("join-0").Spaces {
				if s.ID == key[1][state.KeyPrefix-1] && s.Value != "" {
					got = append(got, s.Name+decoded(t, s.Key, key[1][state.KeyPrefix:], true)+" ->"+decoded(t, s.Value, value, false))
				}
			}
		}
		slices.Sort(got)
		want := []string{
			`counts -> [{"left":2,"right":1}]`,
			`rows [{"key":7,"right":false,"id":ID}] -> [{"times":2,"matches":1,"left":{"k":7,"t":3,"v":1},"right":null}]`,
			`rows [{"key":7,"right":true,"id":ID}] -> [{"times":1,"matches":null,"left":null,"right":{"k":7,"t":4,"v":null}}]`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("the state reads\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// decoded is a key or a value as JSON, by the DDL of its columns; an id, which is a
// hash, as ID.
func decoded(t *testing.T, ddl, bytes string, key bool) string {
	if ddl == "" && key {
		return ""
	}
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	var list []arrow.DataType
	for _, f := range schema.Arrow().Fields() {
		list = append(list, f.Type)
	}
	var cols []arrow.Array
	if key {
		codec, e := state.NewKeyCodec(list)
		if err = e; err == nil {
			cols, err = codec.Decode([][]byte{[]byte(bytes)})
		}
	} else {
		codec, e := state.NewRowCodec(list)
		if err = e; err == nil {
			cols, err = codec.Decode([][]byte{[]byte(bytes)})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, c := range cols {
		text, err := json.Marshal(c.GetOneForMarshal(0))
		if err != nil {
			t.Fatal(err)
		}
		if list[i].ID() == arrow.BINARY {
			text = []byte("ID")
		}
		out = append(out, fmt.Sprintf("%q:%s", schema.Field(i).Name, text))
	}
	return " [{" + strings.Join(out, ",") + "}]"
}
