package exec_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
	storememory "github.com/riffledata/riffle/exec/store/memory"
)

// folder is a folder that files of lines are moved into.
type folder struct {
	t    testing.TB
	path string
	rows []string // all that were ever put into it, as a query shows them
}

func newFolder(t testing.TB) *folder {
	path := filepath.Join(t.TempDir(), "in")
	must(t, os.Mkdir(path, 0o755))
	return &folder{t: t, path: path}
}

// put moves a file with one row into the folder, as if written at a time.
func (f *folder) put(name string, written time.Time) {
	f.t.Helper()
	tmp := filepath.Join(filepath.Dir(f.path), name)
	must(f.t, os.WriteFile(tmp, fmt.Appendf(nil, "{\"host\":%q,\"n\":1}\n", name), 0o644))
	must(f.t, os.Chtimes(tmp, written, written))
	must(f.t, os.Rename(tmp, filepath.Join(f.path, name)))
	f.rows = append(f.rows, "["+name+",1]")
	slices.Sort(f.rows)
}

func (f *folder) remove(name string) { must(f.t, os.Remove(filepath.Join(f.path, name))) }

// query starts a query that passes the rows of the folder on.
func (f *folder) query(b *bench, options map[string]string) (*dataframe.StreamingQuery, error) {
	r := b.ReadStream().Format("json").Schema(hits)
	for k, v := range options {
		r = r.Option(k, v)
	}
	return r.Load(f.path).WriteStream().Format("collect").Checkpoint("here").Start(f.t.Context())
}

// session opens a session on a store that outlives it.
func (f *folder) session(files store.Store, out *exectest.Collect, opts ...exec.Option) *bench {
	return again(f.t, memory.NewStreams(), out, append(opts, exec.Cores(2), exec.Stores(func(string) (store.Store, error) { return files, nil }))...)
}

func (f *folder) check(what string, out *exectest.Collect) {
	f.t.Helper()
	got, err := out.Table()
	if err != nil || !slices.Equal(got, f.rows) {
		f.t.Errorf("%s:\n got %v, %v\nwant %v\nbatches %v", what, got, err, f.rows, out.Batches())
	}
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// lives takes a query over a folder through three runs; the first is on a store,
// and with options, that may end it anywhere.
func lives(t *testing.T, what string, first store.Store, files store.Store, opts ...exec.Option) {
	f, out := newFolder(t), exectest.NewCollect()
	few := map[string]string{"maxFilesPerTrigger": "2"}
	for i, name := range []string{"e", "d", "c"} {
		f.put(name, noon.Add(time.Duration(i)*time.Minute))
	}
	b := f.session(first, out, opts...)
	if q, err := f.query(b, few); err == nil {
		if q.ProcessAllAvailable(t.Context()) == nil {
			f.put("b", noon.Add(-time.Hour)) // older than what was read
			_ = q.ProcessAllAvailable(t.Context())
		}
		_ = q.Stop()
	}
	must(t, b.Close())
	f.put("a", noon.Add(-2*time.Hour)) // sorts before all others by any order
	f.put("z", noon.Add(time.Hour))
	for range 2 {
		b := f.session(files, out)
		q, err := f.query(b, few)
		must(t, err)
		settle(t, q)
		must(t, q.Stop())
		must(t, b.Close())
		f.check(what, out)
		f.remove("e") // it was read
		f.put("e2", noon.Add(-3*time.Hour))
		f.put("e", noon) // it was not gone for long, and is not new
		f.rows = slices.DeleteFunc(f.rows, func(r string) bool { return r == "[e2,1]" || r == "[e,1]" })
		f.rows = append(f.rows, "[e,1]", "[e2,1]")
		slices.Sort(f.rows)
	}
}

// TestFilesOnceFaults ends a run at each call of the checkpoint's store, before it
// and after it: every file is read once, and a batch that was planned reads the
// same files again.
func TestFilesOnceFaults(t *testing.T) {
	for _, fault := range []storetest.Fault{storetest.Fails, storetest.Applied} {
		for k, hit := 0, true; hit; k++ {
			hit = false
			files := storememory.New()
			faulty := storetest.Faulty(files, func(i int, _, name string) storetest.Fault {
				if i != k {
					return storetest.Fine
				}
				hit = true
				return fault
			})
			lives(t, fmt.Sprintf("fault %d at call %d", fault, k), faulty, files)
			if t.Failed() {
				return
			}
			if k > 200 {
				t.Fatal("the run never ends")
			}
		}
	}
}

// TestFilesOnceCrash ends a run at each named place of the loop.
func TestFilesOnceCrash(t *testing.T) {
	for k, hit := 0, true; hit; k++ {
		hit = false
		var mu sync.Mutex
		n := 0
		files := storememory.New()
		lives(t, fmt.Sprint("place ", k), files, files, exec.CrashPoints(func(point string) {
			mu.Lock()
			defer mu.Unlock()
			if point == "A1" {
				return
			}
			if n++; n == k+1 {
				hit = true
				panic(errors.New("crash at " + point))
			}
		}))
	}
}

// A file that is gone before it was read fails the query with its name, or is
// counted as lost where that was asked for.
func TestFilesGone(t *testing.T) {
	f, out, files := newFolder(t), exectest.NewCollect(), storememory.New()
	f.put("a", noon)
	f.put("b", noon)
	planned := false
	b := f.session(files, out, exec.CrashPoints(func(point string) {
		if point == "B" && !planned {
			planned = true
			panic(errors.New("crash after the plan"))
		}
	}))
	q, err := f.query(b, nil)
	must(t, err)
	_ = failure(t, q)
	must(t, b.Close())
	f.remove("a")
	b = f.session(files, out)
	if q, err = f.query(b, nil); err != nil {
		t.Fatal(err)
	}
	if err := failure(t, q); !strings.Contains(err.Error(), filepath.Join(f.path, "a")) || !strings.Contains(err.Error(), "ignoreMissingFiles") {
		t.Errorf("a file that is gone: %v", err)
	}
	must(t, b.Close())
	var log strings.Builder
	b = f.session(files, out, exec.Log(slog.New(slog.NewTextHandler(&log, nil))))
	if q, err = f.query(b, map[string]string{"ignoreMissingFiles": "true"}); err != nil {
		t.Fatal(err)
	}
	settle(t, q)
	must(t, q.Stop())
	must(t, b.Close())
	f.rows = []string{"[b,1]"}
	f.check("without a", out)
	want(t, "lost", strings.Count(log.String(), "a file was gone"), 1)
}
