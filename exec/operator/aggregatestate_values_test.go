package operator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// keepersOf are calls of every function that keeps values, over changeSchema.
func keepersOf(t testing.TB) []expr.Expr {
	number := func(v any) expr.Expr {
		l, err := expr.NewLiteral(v)
		noError(t, err)
		return l
	}
	var out []expr.Expr
	add := func(distinct bool, name string, args ...expr.Expr) {
		bound, err := (&expr.Scope{Schema: changeSchema}).Bind(&expr.Call{Name: name, Args: args, Distinct: distinct})
		noError(t, err)
		out = append(out, bound)
	}
	col := func(name string) expr.Expr { return &expr.Name{Parts: []string{name}} }
	for _, name := range []string{"count", "sum", "avg", "stddev", "collect_list", "median", "mode"} {
		add(true, name, col("d"))
	}
	add(true, "count", col("v"), col("k"), col("d"))
	add(true, "count", col("t"))
	for _, name := range []string{"collect_list", "collect_set", "first", "last", "min", "max", "median", "mode"} {
		add(false, name, col("v"))
	}
	add(false, "collect_list", col("d"))
	add(false, "histogram", col("k"))
	add(false, "first", col("v"), number(true))
	add(false, "approx_count_distinct", col("v"))
	add(false, "min_by", col("d"), col("t"))
	add(false, "max_by", col("d"), col("t"))
	add(false, "topk", col("v"), number(int32(2)))
	add(false, "topkdistinct", col("v"), number(int32(2)))
	add(false, "percentile", col("d"), number(0.3))
	return out
}

// pairsOfState are the pairs of a committed version, but for what only groups on
// disk have.
func pairsOfState(version map[[2]string]string) []string {
	var out []string
	for key, value := range version {
		if key[1][state.KeyPrefix-1] != SpaceTimers {
			out = append(out, fmt.Sprintf("%q = %q", key[1], value))
		}
	}
	slices.Sort(out)
	return out
}

// Groups in memory and on disk, read back after each batch or kept, after batches
// that were rolled back, give the same rows and leave the same pairs in the table,
// and none of a group that is not there.
func TestValuesAlike(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		retract := rapid.Bool().Draw(rt, "retract")
		rows, changes := changeRows(rt, rapid.IntRange(0, 60).Draw(rt, "rows"), retract)
		b := batch.Batch{Record: must(types.Record(changeSchema, rows))}
		if retract {
			b.Changes = changes
		}
		agg, err := NewAggregation(refs(b, 0), rapid.Permutation(keepersOf(t)).Draw(rt, "calls")[:6], true)
		noError(rt, err)
		if retract {
			agg, err = agg.WithRetract()
			noError(rt, err)
		}
		o := StateOptions{Emit: rapid.SampledFrom([]Emit{EmitChanges, EmitUpdate, EmitComplete}).Draw(rt, "emit"), Time: GroupTime{Column: -1}}
		onDisk := o
		onDisk.Disk = true
		unbroken := &aggregates{aggs: []*Aggregation{agg}, opts: []StateOptions{o}, tasks: 1}
		ways := map[string]*aggregates{
			"read back": {aggs: unbroken.aggs, opts: []StateOptions{o}, tasks: 1},
			"on disk":   {aggs: unbroken.aggs, opts: []StateOptions{onDisk}, tasks: 1},
			"cold":      {aggs: unbroken.aggs, opts: []StateOptions{onDisk}, tasks: 1, most: rapid.IntRange(1, 3).Draw(rt, "most")},
		}
		unbroken.open(rt, nil)
		ways["on disk"].open(rt, nil)
		for from, v := 0, int64(0); from < b.NumRows(); v++ {
			to, size := min(b.NumRows(), from+rapid.IntRange(1, 30).Draw(rt, "batch")), rapid.IntRange(1, 10).Draw(rt, "size")
			run := func(c *aggregates) []string {
				if rapid.IntRange(0, 3).Draw(rt, "roll back") == 0 {
					c.run(rt, b.Slice(from, to), size, NoWatermark)
					c.rollback(rt)
				}
				out := exact(c.run(rt, b.Slice(from, to), size, NoWatermark))
				c.commit(rt, v)
				if o.Emit == EmitComplete {
					slices.Sort(out)
				}
				return out
			}
			want := run(unbroken)
			kept := pairsOfState(unbroken.store.Versions[v])
			groupsOfPairs(rt, agg, unbroken.store.Versions[v])
			for _, name := range slices.Sorted(maps.Keys(ways)) {
				w := ways[name]
				if name != "on disk" && v == 0 {
					w.open(rt, nil)
				} else if name != "on disk" {
					w.open(rt, w.store.Versions[v-1])
				}
				if got := run(w); !slices.Equal(got, want) {
					rt.Fatalf("%s, batch %d gives\n%s\nand not\n%s", name, v, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				if got := pairsOfState(w.store.Versions[v]); !slices.Equal(got, kept) {
					rt.Fatalf("%s, batch %d leaves\n%s\nand not\n%s", name, v, strings.Join(got, "\n"), strings.Join(kept, "\n"))
				}
			}
			from = to
		}
	})
}

// groupsOfPairs returns the number of groups, and fails where an entry has none.
func groupsOfPairs(t rapid.TB, agg *Aggregation, version map[[2]string]string) (n int64) {
	codec, err := newGroupCodec(agg)
	noError(t, err)
	for key := range version {
		space := key[1][state.KeyPrefix-1]
		if space == SpaceGroups {
			n++
		}
		if space < spaceValues {
			continue
		}
		cols, err := codec.values[space-spaceValues].whole.Decode([][]byte{[]byte(key[1][state.KeyPrefix:])})
		noError(t, err)
		var keys state.Keys
		noError(t, keys.Encode(cols[:len(agg.keyTypes)], 1, SpaceGroups))
		if _, ok := version[[2]string{key[0], string(keys.Key(0))}]; !ok {
			t.Fatalf("the entry %q is of no group", key[1])
		}
	}
	return n
}

// A batch that adds a value to a group of many, or takes one out, changes a few
// pairs of the state and not all of the group.
func TestChangeOfLargeGroup(t *testing.T) {
	const size = 100_000
	for _, c := range []struct {
		name              string
		distinct, retract bool
	}{{"count", true, false}, {"count", true, true}, {"collect_list", false, false}, {"collect_list", false, true},
		{"collect_set", false, false}, {"min", false, true}} {
		for _, backend := range []string{"memory", "disk"} {
			if backend == "disk" && c.name[:1] == "c" && !c.distinct {
				continue // all is read there, and what is written is the same
			}
			t.Run(fmt.Sprintf("%s/distinct=%t/retract=%t/%s", c.name, c.distinct, c.retract, backend), func(t *testing.T) {
				store, s := stateIn(t, callsOf(t, c.name, c.distinct, c.retract), backend)
				deltaOf(t, store, s, valueRows(1, size, from(0)), 0)
				for v := range int64(2) {
					b := valueRows(1, 1, from(size))
					if v == 1 && c.retract {
						b.Changes = []int8{-1}
					}
					if n := deltaOf(t, store, s, b, v+1); n == 0 || n > 1000 {
						t.Errorf("batch %d changes %d bytes of the state", v, n)
					}
				}
				noError(t, s.Close())
				noError(t, store.Close())
			})
		}
	}
}
