package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/riffledata/riffle/exec/state"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func tableOf(t testing.TB, s *Store) state.Table {
	tab, err := s.Table(state.Spec{Operator: "aggregate-0"}, state.AllGroups, state.Counted)
	must(t, err)
	return tab
}

// batchOf changes keys: the value of each says the version.
func batchOf(t testing.TB, tab state.Table, version int64, keys int) {
	t.Helper()
	for i := range keys {
		key := fmt.Append(state.AppendKey(nil, i%100, 0), i)
		must(t, tab.Set(key, fmt.Append(nil, version, strings.Repeat("x", 100))))
	}
}

// versionOf checks that all values are of one version, and returns it.
func versionOf(t testing.TB, tab state.Table) int64 {
	t.Helper()
	version := int64(-1)
	must(t, tab.Scan(nil, nil, func(key, value []byte) error {
		var v int64
		if _, err := fmt.Sscanf(string(value), "%dx", &v); err != nil {
			return err
		}
		if version >= 0 && v != version {
			return fmt.Errorf("%q is of version %d, and others of %d", key, v, version)
		}
		version = v
		return nil
	}))
	return version
}

// After a crash the database is as it was after one of the commits, whatever of
// the unsynced writes is lost, and the deltas after it bring it up to date.
func TestCrash(t *testing.T) {
	for seed := range uint64(20) {
		fs := vfs.NewCrashableMem()
		s, err := Open("state", small(fs))
		must(t, err)
		tab := tableOf(t, s)
		var files [][]byte
		var tip state.Hash
		crashAt := 5 + int64(seed)
		var crashed *vfs.MemFS
		for v := range int64(30) {
			batchOf(t, tab, v, 500+int(v)*10)
			var delta bytes.Buffer
			info, err := state.WriteDelta(&delta, v, tip, s.Changes)
			must(t, err)
			tip, files = info.Tip, append(files, delta.Bytes())
			must(t, s.Commit(v))
			if v%8 == 3 {
				must(t, s.Flush())
			}
			if v == crashAt {
				crashed = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed * 5), RNG: rand.New(rand.NewPCG(seed, 1))})
			}
		}
		must(t, s.Close())

		s, err = Open("state", small(crashed))
		must(t, err)
		have := s.Version()
		if have < crashAt/8*8-5 || have > crashAt {
			t.Errorf("crashed after version %d the version is %d", crashAt, have)
		}
		if v := versionOf(t, tableOf(t, s)); v != have {
			t.Errorf("values are of version %d, and it says %d", v, have)
		}
		must(t, s.Close())

		// The deltas that are there already would fail if they were read.
		in := make([]io.Reader, len(files))
		for i, f := range files {
			in[i] = bytes.NewReader(f)
			if have >= 0 && int64(i) <= have {
				in[i] = bytes.NewReader(f[:len(f)/2])
			}
		}
		s, err = Restore("state", small(crashed), 29, in...)
		must(t, err)
		if v := versionOf(t, tableOf(t, s)); v != 29 || s.Version() != 29 || s.Stats("aggregate-0").Rows != 790 {
			t.Errorf("restored: values of version %d, version %d, %+v", v, s.Version(), s.Stats("aggregate-0"))
		}
		must(t, s.Close())
	}
}

// failing is a file system whose writes fail while it is on.
func failing(on *atomic.Bool, err error) vfs.FS {
	return errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		table := strings.HasSuffix(op.Path, ".sst")
		if on.Load() && table && (op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate) {
			return err
		}
		return nil
	}))
}

// A disk that is full or broken fails a Commit, with an error that says what to
// do, and the version stays; what the store holds can still be read, and Close
// ends.
func TestDiskFails(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		var on atomic.Bool
		fs := failing(&on, cause)
		s, err := Open("state", small(fs))
		must(t, err)
		tab := tableOf(t, s)
		batchOf(t, tab, 0, 1000)
		must(t, s.Commit(0))
		must(t, s.Flush())
		on.Store(true)
		v := int64(1)
		for ; err == nil; v++ {
			if v == 1000 {
				t.Fatalf("%v: a thousand batches are committed to a disk that takes none", cause)
			}
			batchOf(t, tab, v, 1000)
			err = s.Commit(v)
		}
		v-- // the one that failed
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), "state in state") || !strings.Contains(err.Error(), "; make ") {
			t.Errorf("%v: the error is %v", cause, err)
		}
		if s.Version() != v-1 {
			t.Errorf("%v: version %d has failed, and the version is %d", cause, v, s.Version())
		}
		if got := versionOf(t, tab); got != v {
			t.Errorf("%v: the batch that failed is read as version %d, want %d", cause, got, v)
		}
		must(t, s.Rollback())
		if got := versionOf(t, tab); got != v-1 {
			t.Errorf("%v: after Rollback values are of version %d, want %d", cause, got, v-1)
		}
		if err := s.Close(); !errors.Is(err, cause) {
			t.Errorf("%v: Close says %v", cause, err)
		}

		// What was flushed is there.
		on.Store(false)
		s, err = Open("state", small(fs))
		must(t, err)
		if got := versionOf(t, tableOf(t, s)); got != s.Version() || got < 0 {
			t.Errorf("%v: opened again, values are of version %d, and it says %d", cause, got, s.Version())
		}
		must(t, s.Close())
	}
}

// A restore that fails leaves nothing that could be taken for a state.
func TestRestoreFails(t *testing.T) {
	var file bytes.Buffer
	w := state.NewWriter(&file, state.Header{Kind: state.Snapshot, Version: 7})
	for i := range 10_000 {
		must(t, w.Add("aggregate-0", fmt.Appendf(nil, "\x00\x01\x00%08d", i), []byte("x")))
	}
	_, err := w.Close()
	must(t, err)
	damaged := bytes.Clone(file.Bytes())
	damaged[len(damaged)/2] ^= 1
	fs := vfs.NewMem()
	if _, err := Restore("state", small(fs), 7, bytes.NewReader(damaged)); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a damaged file is restored: %v", err)
	}
	s, err := Open("state", small(fs))
	must(t, err)
	if s.Version() != -1 || s.Stats("aggregate-0").Rows != 0 {
		t.Errorf("after a failed restore: version %d, %+v", s.Version(), s.Stats("aggregate-0"))
	}
	if _, err := Restore("state", small(fs), 7, bytes.NewReader(file.Bytes())); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a state that is open is restored: %v", err)
	}
	must(t, s.Close())
	s, err = Restore("state", small(fs), 7, bytes.NewReader(file.Bytes()))
	must(t, err)
	if s.Version() != 7 || s.Stats("aggregate-0").Rows != 10_000 {
		t.Errorf("restored: version %d, %+v", s.Version(), s.Stats("aggregate-0"))
	}
	must(t, s.Close())
}

// A directory that is not a state's is left alone.
func TestForeignDirectory(t *testing.T) {
	fs := vfs.NewMem()
	must(t, fs.MkdirAll("home", 0o777))
	f, err := fs.Create("home/letters", vfs.WriteCategoryUnspecified)
	must(t, err)
	must(t, f.Close())
	for _, open := range []func() (*Store, error){
		func() (*Store, error) { return Open("home", small(fs)) },
		func() (*Store, error) {
			var file bytes.Buffer
			_, err := state.NewWriter(&file, state.Header{Kind: state.Snapshot, Version: 1}).Close()
			must(t, err)
			return Restore("home", small(fs), 1, &file)
		},
	} {
		if _, err := open(); err == nil || !strings.Contains(err.Error(), "not the state of a query") {
			t.Errorf("a directory with letters is taken: %v", err)
		}
	}
	if names, _ := fs.List("home"); len(names) != 1 {
		t.Errorf("the directory has %v", names)
	}
}
