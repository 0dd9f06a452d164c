package exec_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state/disk"
)

// A query whose state is on a disk of its own that is full waits, and says so. With
// space again it goes on by itself, or where it was stopped when it is started.
func TestFullState(t *testing.T) {
	for free, stops := range map[int]bool{0: false, 20: true, 100: false, 300: false} { // KB: less and more than a batch writes
		t.Run(fmt.Sprint(free, " KB free"), func(t *testing.T) {
			t.Parallel()
			fullState(t, free, stops)
		})
	}
}

func fullState(t *testing.T, free int, stops bool) {
	root, dir := t.TempDir(), t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("a small file system needs a mount, and that needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(root, 0); err != nil {
			t.Error(err)
		}
	})
	streams, out := memory.NewStreams(), exectest.NewCollect()
	in, n := streams.Add("hits", schemaOf(t, hits)), 0
	random, last := seeded(1), [][]any(nil)
	counts, most := map[any]int{}, map[any]int64{}
	more := func() {
		rows := make([][]any, 200)
		for i := range rows {
			rows[i] = []any{fmt.Sprintf("%d-%x", n+i, random.Perm(250)), int64(i)}
		}
		if n > 0 { // some of the others come again
			copy(rows, last[len(last)-50:])
		}
		last = rows
		in.Append(record(t, hits, rows...))
		for _, row := range rows {
			counts[row[0]]++
			most[row[0]] = max(row[1].(int64), most[row[0]])
		}
		n += len(rows)
	}
	run := func() (*bench, *dataframe.StreamingQuery) {
		b := again(t, streams, out, exec.StateDisk(func(o *disk.Options) { o.FlushEvery = time.Nanosecond }))
		must(t, b.Conf().Set("riffle.state.backend", "disk"))
		must(t, b.Conf().Set("riffle.state.dir", root))
		l := b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 1).Load()
		return b, start(t, l.GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Max(fn.Col("n")).Alias("m")).
			WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Update))
	}
	b, q := run()
	more()
	settle(t, q)
	hog := fill(t, root, free)
	waitFor(t, "the query to wait", func() bool {
		text := q.Status().Message
		if text == "Waiting for data to arrive" {
			more()
		}
		return strings.HasPrefix(text, "Waiting for space: ")
	})
	if text := q.Status().Message; !strings.Contains(text, "no space left on its disk; make some") {
		t.Error(text)
	}
	if stops {
		must(t, b.Close())
	}
	must(t, os.Remove(hog))
	if stops {
		b, q = run()
	}
	settle(t, q)
	must(t, b.Close())
	var want []string
	for host, n := range counts {
		want = append(want, fmt.Sprintf("[%v,%d,%d]", host, n, most[host]))
	}
	slices.Sort(want)
	if got, err := out.Table(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d hosts, want %d, %v: %.300q, want %.300q", len(got), len(want), err, got, want)
	}
}
