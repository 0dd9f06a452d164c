package exec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// A query whose disk is full waits, wherever it is in a batch, and says so. Nothing
// wrong has left it, and with space again it goes on by itself.
func TestFullCheckpoint(t *testing.T) {
	for _, free := range []int{0, 2, 5, 14, 40} { // KB: not enough for one thing after the other
		t.Run(fmt.Sprint(free, " KB free"), func(t *testing.T) {
			t.Parallel()
			fullCheckpoint(t, free)
		})
	}
}

func fullCheckpoint(t *testing.T, free int) {
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a small file system needs a mount, and that needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(root, 0); err != nil {
			t.Error(err)
		}
	})
	streams, out, counts := memory.NewStreams(), exectest.NewCollect(), map[string]int{}
	in := streams.Add("hits", schemaOf(t, hits))
	more := func() { // enough for the state to need files of its own
		rec := make([][]any, 2000)
		for i := range rec {
			host := fmt.Sprintf("host-%d-%s", i+len(counts)/2, strings.Repeat("x", 20))
			counts[host]++
			rec[i] = []any{host, int64(i)}
		}
		in.Append(record(t, hits, rec...))
	}
	run := func(b *bench) *dataframe.StreamingQuery {
		return start(t, b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 1).Load().GroupBy(fn.Col("host")).Count().
			WriteStream().Format("collect").Checkpoint(filepath.Join(root, "c")).OutputMode(dataframe.Update))
	}
	b := again(t, streams, out)
	q := run(b)
	more()
	settle(t, q)
	hog := fill(t, root, free)
	for range 4 {
		more()
	}
	waitFor(t, "the query to wait", func() bool { return strings.HasPrefix(q.Status().Message, "Waiting for space: ") })
	if text := q.Status().Message; !strings.Contains(text, "no space left on its disk; make some") {
		t.Error(text)
	}
	if free == 5 { // one that waits can be stopped
		must(t, b.Close())
		must(t, os.Remove(hog))
		b = again(t, streams, out)
		q = run(b)
	} else {
		must(t, os.Remove(hog))
	}
	settle(t, q)
	must(t, b.Close())
	var whole []string
	for host, n := range counts {
		whole = append(whole, fmt.Sprintf("[%s,%d]", host, n))
	}
	slices.Sort(whole)
	got, err := out.Table()
	must(t, err)
	if !slices.Equal(got, whole) {
		t.Errorf("%d hosts, want %d: %.300q, want %.300q", len(got), len(whole), got, whole)
	}
}

// fill fills a file system up, but for so many KB, and returns the file that does.
func fill(t *testing.T, root string, free int) string {
	t.Helper()
	hog := filepath.Join(root, "hog")
	f, err := os.Create(hog)
	must(t, err)
	defer f.Close()
	size := int64(0)
	for err == nil {
		var n int
		n, err = f.Write(make([]byte, 4<<10))
		size += int64(n)
	}
	must(t, f.Truncate(max(0, size-int64(free)<<10)))
	return hog
}
