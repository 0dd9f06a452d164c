package exec_test

import (
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// A batch whose rows were shown and not committed runs again with as many tasks
// as it was begun with, however many there are now: the order of a list, as of the
// numbers in a sum, follows from the tasks.
func TestOpenBatchKeepsItsTasks(t *testing.T) {
	streams, dir := memory.NewStreams(), t.TempDir()
	in := streams.Add("hits", schemaOf(t, hits))
	out := &exectest.Interrupted{Collect: exectest.NewCollect(), Fails: func(n int) (before, after bool) { return false, n == 0 }}
	for unit := range 7 {
		rows := make([][]any, 8192)
		for i := range rows {
			rows[i] = []any{"a", int64(unit)}
		}
		in.Append(record(t, hits, rows...))
	}
	for round, cores := range []int{3, 1} {
		b := &bench{t: t, streams: streams}
		b.Session = dataframe.Open(t.Context(), exec.Local(exec.Streams(streams), exec.WithSink(out), exec.Cores(cores)))
		q := start(t, b.ReadStream().Format("memory").Option("name", "hits").Load().GroupBy(fn.Col("host")).Agg(fn.CollectList(fn.Col("n")).Alias("l")).
			WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Update))
		if round == 0 {
			<-q.Done()
			if q.Exception() == nil {
				t.Fatal("the first run was not interrupted")
			}
		} else {
			settle(t, q)
		}
		must(t, b.Close())
	}
	if _, err := out.Table(); err != nil {
		t.Errorf("%.300v", err)
	}
}
