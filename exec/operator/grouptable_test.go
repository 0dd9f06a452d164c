package operator

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// keysOf returns the key columns of a batch, and their types.
func keysOf(b batch.Batch) (keys []kernel.Value, dts []arrow.DataType) {
	for _, c := range b.Record.Columns() {
		keys, dts = append(keys, kernel.Value{Array: c}), append(dts, c.DataType())
	}
	return keys, dts
}

// The groups of any number of keys of any types are those of a map of their
// texts, wherever the input is cut and whatever is selected, also after some of
// it was taken back.
func TestGroupTableIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		n := rapid.IntRange(1, 400).Draw(rt, "rows")
		var cols []arrow.Array
		for range rapid.IntRange(1, 20).Draw(rt, "columns") {
			ty := rapid.SampledFrom(keyTypes).Draw(rt, "type")
			cols = append(cols, random(rng, ty, n, rapid.IntRange(1, 300).Draw(rt, "distinct")))
		}
		checkGroups(rt, table(cols...), rapid.IntRange(1, n).Draw(rt, "size"), rng)
	})
}

func checkGroups(t rapid.TB, b batch.Batch, size int, rng *rand.Rand) {
	_, dts := keysOf(b)
	g, err := NewGroupTable(dts)
	if err != nil {
		t.Fatal(err)
	}
	seen, names := map[string]uint32{}, []string{}
	for from := 0; from < b.NumRows(); from += size {
		part := b.Slice(from, min(from+size, b.NumRows()))
		if rng.IntN(2) == 0 {
			part.Sel = []int32{}
			for i := range part.Record.NumRows() {
				if rng.IntN(3) > 0 {
					part.Sel = append(part.Sel, int32(i))
				}
			}
		}
		keys, _ := keysOf(part)
		if rng.IntN(4) == 0 { // a batch that is aborted, and comes again
			mark := g.Mark()
			if _, err := g.Groups(keys, rowsOf(part)); err != nil {
				t.Fatal(err)
			}
			g.Rollback(mark)
		}
		ids, err := g.Groups(keys, rowsOf(part))
		if err != nil {
			t.Fatal(err)
		}
		for j, name := range text(part) {
			want, ok := seen[name]
			if !ok {
				want = uint32(len(names))
				seen[name], names = want, append(names, name)
			}
			if ids[j] != want {
				t.Fatalf("row %d (%s) is in group %d, not %d", j, name, ids[j], want)
			}
		}
	}
	checkKeys(t, g, names)
}

// checkKeys compares the keys of all groups with what was put in.
func checkKeys(t rapid.TB, g *GroupTable, names []string) {
	if g.Len() != len(names) {
		t.Fatalf("%d groups, not %d", g.Len(), len(names))
	}
	ids := make([]uint32, len(names))
	for j := range ids {
		ids[j] = uint32(j)
	}
	cols, err := g.Keys(ids)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		return
	}
	if got := text(table(cols...)); !slices.Equal(got, names) {
		t.Fatalf("keys are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(names, "\n"))
	}
}

// Codes that outgrow 64 bits are numbered in stages.
func TestGroupTableManyWideKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var cols []arrow.Array
	for range 9 {
		cols = append(cols, random(rng, types.String, 30_000, 20_000))
	}
	checkGroups(t, table(cols...), 1000, rng)
	_, dts := keysOf(table(cols...))
	g, err := NewGroupTable(dts)
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := keysOf(table(cols...))
	if _, err := g.Groups(keys, kernel.Rows{N: 30_000}); err != nil {
		t.Fatal(err)
	}
	if len(g.stages) < 2 {
		t.Fatalf("9 columns of about 15 bits are in %d stage", len(g.stages))
	}
}

func TestGroupTableConstants(t *testing.T) {
	a, b := parse(t, types.String, `["x"]`), parse(t, types.Int, `[1, 2, 1]`)
	g, err := NewGroupTable([]arrow.DataType{a.DataType(), b.DataType()})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := g.Groups([]kernel.Value{{Array: a, Const: true}, {Array: b}}, kernel.Rows{N: 3})
	if err != nil || !slices.Equal(ids, []uint32{0, 1, 0}) {
		t.Fatalf("groups %v, %v", ids, err)
	}
}
