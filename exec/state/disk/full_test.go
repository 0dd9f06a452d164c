package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/riffledata/riffle/exec/exectest/statetest"
	"github.com/riffledata/riffle/exec/state"
)

// fullFor is a file system on which there is no space, while it is on, for the files
// whose names begin with one of some texts.
func fullFor(on *atomic.Bool, cause error, names ...string) vfs.FS {
	mem := vfs.NewMem()
	return errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if !on.Load() || op.Kind != errorfs.OpFileWrite && op.Kind != errorfs.OpCreate && op.Kind != errorfs.OpFileSync {
			return nil
		}
		for _, n := range names {
			if strings.HasPrefix(mem.PathBase(op.Path), n) {
				return cause
			}
		}
		return nil
	}))
}

// history commits versions to a store until it takes no more, or n are there. It
// returns the state files of all, the failed one among them, and the error.
func history(t *testing.T, s *Store, tab state.Table, from, n int64, tip *state.Hash) (files [][]byte, err error) {
	t.Helper()
	for v := from; v < n && err == nil; v++ {
		batchOf(t, tab, v, 1000)
		var delta bytes.Buffer
		info, failed := state.WriteDelta(&delta, v, *tip, s.Changes)
		must(t, failed)
		*tip, files = info.Tip, append(files, delta.Bytes())
		if err = s.Commit(v); err == nil {
			err = s.Flush()
		}
	}
	return files, err
}

func readers(files [][]byte) []io.Reader {
	out := make([]io.Reader, len(files))
	for i, f := range files {
		out[i] = bytes.NewReader(f)
	}
	return out
}

// A disk that has not even space for what the database consists of ends neither the
// process nor Close, and what is left is not taken for the state.
func TestFullManifest(t *testing.T) {
	for _, names := range [][]string{{"MANIFEST-"}, {"marker."}, {"OPTIONS-", "temporary."}, {"MANIFEST-", "marker.", "ballast", "0"}, {"0"}} {
		for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
			t.Run(fmt.Sprint(names, cause), func(t *testing.T) {
				var on atomic.Bool
				var tip state.Hash
				fs := fullFor(&on, cause, names...)
				s, err := Open("state", small(fs))
				must(t, err)
				tab := tableOf(t, s)
				files, err := history(t, s, tab, 0, 3, &tip)
				must(t, err)
				on.Store(true)
				more, err := history(t, s, tab, 3, 6, &tip)
				files = append(files, more...)
				if (names[0] == "MANIFEST-" || names[0] == "0") && (!errors.Is(err, state.ErrReopen) || !noRoom(err)) {
					t.Errorf("the error is %v", err)
				}
				want := int64(len(files) - 1)
				_ = s.Close()
				if s, err = Restore("state", small(fs), want, readers(files)...); err == nil {
					err = errors.Join(s.Flush(), s.Close())
				}
				if !noRoom(err) {
					t.Errorf("without space it is restored: %v", err)
				}
				on.Store(false)
				s, err = Restore("state", small(fs), want, readers(files)...)
				must(t, err)
				if got := versionOf(t, tableOf(t, s)); got != want || s.Version() != want {
					t.Errorf("values are of version %d, and it says %d, want %d", got, s.Version(), want)
				}
				must(t, s.Close())
			})
		}
	}
}

// A restore that finds no space leaves what is there, so that the next one reads
// only the deltas that it lacks.
func TestFullRestore(t *testing.T) {
	var d statetest.FullDisk
	var tip state.Hash
	mem := vfs.NewMem()
	s, err := Open("state", small(mem))
	must(t, err)
	tab := tableOf(t, s)
	files, err := history(t, s, tab, 0, 3, &tip)
	must(t, err)
	must(t, mem.Remove("state/"+ballast))
	more, err := history(t, s, tab, 3, 5, &tip)
	must(t, err)
	must(t, s.Close())
	files = append(files, more...)
	d.Fill(-1, 1, syscall.ENOSPC) // at once, and once more
	for range 2 {
		if _, err := Restore("state", small(d.FS(mem)), 4, readers(files)...); !noRoom(err) || !strings.Contains(err.Error(), "no space left on its disk; make some") {
			t.Fatalf("without space it is restored: %v", err)
		}
	}
	for i := range files {
		files[i] = files[i][:len(files[i])/2] // would fail if it were read
	}
	s, err = Restore("state", small(d.FS(mem)), 4, readers(files)...)
	must(t, err)
	if got := versionOf(t, tableOf(t, s)); got != 4 {
		t.Errorf("values are of version %d, want 4", got)
	}
	must(t, s.Close())
}

// A disk that is full is not kept busy by what waits for space.
func TestFullIdle(t *testing.T) {
	var on atomic.Bool
	var tip state.Hash
	var tries atomic.Int64
	fs := errorfs.Wrap(fullFor(&on, syscall.ENOSPC, "0"), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate {
			tries.Add(1)
		}
		return nil
	}))
	s, err := Open("state", small(fs))
	must(t, err)
	on.Store(true)
	if _, err := history(t, s, tableOf(t, s), 0, 1, &tip); !noRoom(err) {
		t.Fatalf("the error is %v", err)
	}
	tries.Store(0)
	time.Sleep(6 * fullPause)
	if n := tries.Load(); n > 20 { // each is tried twice
		t.Errorf("a table was written %d times", n)
	}
	if err := s.Close(); !noRoom(err) {
		t.Errorf("Close says %v", err)
	}
}
