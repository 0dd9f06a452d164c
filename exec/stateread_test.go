package exec_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
)

// The state of every query that is resumed in tests can be read after each batch,
// as a dataframe and as entries, equal states do not differ, and each batch gives
// the same when it is run again.
func TestStateAndReplay(t *testing.T) {
	for name, c := range resumed {
		if name == "rows" {
			continue // it has none
		}
		t.Run(name, func(t *testing.T) {
			streams, out, place := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
			in := streams.Add("hits", schemaOf(t, hits))
			b := again(t, streams, out, exec.Cores(2))
			defer func() { must(t, b.Close()) }()
			if name == "processor" || name == "counts" {
				must(t, b.Conf().Set("riffle.state.backend", "disk"))
			}
			q, err := c.query(b.ReadStream().Format("memory").Option("name", "hits").Load()).
				WriteStream().Format("collect").Checkpoint(place).OutputMode(c.mode).Start(t.Context())
			must(t, err)
			var reported []map[int64]int64
			for i := range 3 {
				in.Append(record(t, hits, []any{"a", i}, []any{fmt.Sprint("h", i), 7}))
				settle(t, q)
				reported = append(reported, totals(q.LastProgress()))
			}
			must(t, q.Stop())
			files, err := dir.Open(place)
			must(t, err)
			defer files.Close()
			for i, want := range reported {
				if got := recorded(t, files, int64(i)); !maps.Equal(got, want) {
					t.Errorf("batch %d is committed with states of %v rows, and told that there are %v", i, got, want)
				}
			}
			var before *stateread.Version
			for batch := range int64(3) {
				v, err := stateread.Load(t.Context(), files, batch)
				must(t, err)
				sizes, err := v.Sizes(t.Context())
				must(t, err)
				entries := map[stateread.Choice]int64{}
				must(t, v.Each(t.Context(), stateread.Choice{}, nil, func(e stateread.Entry) error {
					entries[stateread.Choice{Operator: e.Operator, State: e.State}]++
					return nil
				}))
				for _, z := range sizes {
					at := stateread.Choice{Operator: z.Operator, State: z.State}
					if entries[at] != z.Rows {
						t.Errorf("%d entries of %v, and its size is %d", entries[at], at, z.Rows)
					}
					n, err := b.Read().Format("statestore").Option("path", place).Option("batchId", batch).
						Option("operator", z.Operator).Option("state", z.State).Load().Count(t.Context())
					if must(t, err); n != z.Rows {
						t.Errorf("%d rows of %v, and its size is %d", n, at, z.Rows)
					}
				}
				changes := 0
				must(t, stateread.Diff(t.Context(), v, v, stateread.Choice{}, func(stateread.Change) error { changes++; return nil }))
				if changes > 0 {
					t.Errorf("batch %d differs from itself in %d pairs", batch, changes)
				}
				if before != nil {
					must(t, stateread.Diff(t.Context(), before, v, stateread.Choice{}, func(stateread.Change) error { changes++; return nil }))
					if changes == 0 {
						t.Errorf("batch %d changed nothing", batch)
					}
				}
				before = v
				var text strings.Builder
				err = exec.Replay{Batch: batch, Out: &text}.Run(t.Context(), files, exec.Streams(streams))
				if err != nil || !strings.Contains(text.String(), "as when it was committed, and the same state") {
					t.Errorf("batch %d: %v\n%s", batch, err, text.String())
				}
			}
		})
	}
}

// totals are the rows of each state in a progress, by their number.
func totals(p *dataframe.Progress) map[int64]int64 {
	out := map[int64]int64{}
	for _, op := range p.StateOperators {
		out[op.NumRowsTotal]++
	}
	return out
}

// recorded are the same in the record of a commit.
func recorded(t testing.TB, files store.Store, batch int64) map[int64]int64 {
	t.Helper()
	text, err := files.Get(t.Context(), checkpoint.CommitsName(batch))
	must(t, err)
	c, err := checkpoint.Decode[checkpoint.Commit](text)
	must(t, err)
	out := map[int64]int64{}
	for _, size := range c.Sizes {
		out[size.Rows]++
	}
	return out
}

// A state is a dataframe with the columns that its operator declares.
func TestStateStore(t *testing.T) {
	streams, out, place := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
	in := streams.Add("hits", schemaOf(t, hits))
	b := again(t, streams, out)
	defer func() { must(t, b.Close()) }()
	q, err := dataframe.Transform(b.ReadStream().Format("memory").Option("name", "hits").Load().GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Append).
		WriteStream().Format("collect").Checkpoint(place).Start(t.Context())
	must(t, err)
	in.Append(record(t, hits, []any{"a", 4}, []any{"b", 7}, []any{nil, 1}))
	settle(t, q)
	in.Append(record(t, hits, []any{"a", 4}, []any{"b", 8}))
	settle(t, q)
	must(t, q.Stop())
	read := func() *dataframe.Reader { return b.Read().Format("statestore").Option("path", place) }
	want(t, "schema", read().Load().Schema().DDL(), "key STRUCT<host: STRING> NOT NULL, value STRUCT<value: BIGINT> NOT NULL, group INT NOT NULL")
	want(t, "values", sorted(t, read().Load().Select(fn.Col("key.host"), fn.Col("value.value"))), "[[a,2] [b,2] [null,1]]")
	want(t, "after the first batch", sorted(t, read().Option("batchId", 0).Load().Select(fn.Col("key.host"), fn.Col("value.value"))), "[[a,1] [b,1] [null,1]]")
	want(t, "a list", sorted(t, read().Option("state", "all").Load().Filter("key.host = 'b'").Select(fn.Col("key"), fn.Col("value"))), "[[[b,0],[7]] [[b,1],[8]]]")
	want(t, "a map", sorted(t, read().Option("state", "often").Load().Filter("key.host = 'a'").Select(fn.Col("key"), fn.Col("value"))), "[[[a,4],[2]]]")
	for text, err := range map[string]error{
		"no state is called \"counts\"; there are count, all, often, lengths": read().Option("state", "counts").Load().Err(),
		"no operator \"aggregate-0\" keeps state; there are process-0":        read().Option("operator", "aggregate-0").Load().Err(),
		"it keeps that after batches 0 to 1":                                  read().Option("batchId", 5).Load().Err(),
		"option path: there is none":                                          b.Read().Format("statestore").Load().Err(),
		"the state of a query is no stream":                                   b.ReadStream().Format("statestore").Option("path", place).Load().Err(),
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
}
