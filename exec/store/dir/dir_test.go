package dir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, path string) *dir.Store {
	t.Helper()
	s, err := dir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "checkpoint")
	storetest.Run(t, func() (store.Store, error) { return dir.Open(path) }, storetest.Options{})
	err := filepath.WalkDir(path, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A store that was only read makes no folder.
func TestReadingCreatesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	s := open(t, path)
	if names, err := s.List(t.Context(), ""); err != nil || names != nil {
		t.Errorf("the list is %q, %v", names, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestFileInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Open(path); err == nil || !strings.Contains(err.Error(), "is a file; name a folder") {
		t.Errorf("opening a file: %v", err)
	}
}

// What a crash left behind is no object, and goes when it is old.
func TestLeftovers(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	if _, _, err := s.PutIfAbsent(t.Context(), "offsets/1", []byte("x")); err != nil {
		t.Fatal(err)
	}
	young, old := filepath.Join(root, "offsets", ".new-1"), filepath.Join(root, "offsets", ".new-2")
	for _, path := range []string{young, old} {
		if err := os.WriteFile(path, []byte("half a rec"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	s = open(t, root)
	if names, err := s.List(t.Context(), ""); err != nil || len(names) != 1 {
		t.Errorf("the list is %q, %v", names, err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a file that may be a live writer's: %v", err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("a dead writer's file: %v", err)
	}
}

// A record costs two syncs; callers at once share those of the folder.
func TestSyncs(t *testing.T) {
	s := open(t, t.TempDir())
	put := func(i int) {
		if _, created, err := s.PutIfAbsent(t.Context(), fmt.Sprint("offsets/", i), []byte("x")); err != nil || !created {
			t.Errorf("creating %d: created %t, %v", i, created, err)
		}
	}
	put(0)
	before := s.Syncs()
	for i := range 10 {
		put(i + 1)
	}
	if n := s.Syncs() - before; n != 20 {
		t.Errorf("10 records took %d syncs, want 20", n)
	}
	before = s.Syncs()
	var running sync.WaitGroup
	for i := range 64 {
		running.Go(func() { put(i + 100) })
	}
	running.Wait()
	t.Logf("64 records at once took %d syncs", s.Syncs()-before)
	if n := s.Syncs() - before; n < 65 || n > 128 {
		t.Errorf("64 records at once took %d syncs", n)
	}
}

func BenchmarkPutIfAbsent(b *testing.B) {
	s := open(b, b.TempDir())
	data := make([]byte, 1000)
	b.SetBytes(int64(len(data)))
	i := 0
	for b.Loop() {
		i++
		if _, _, err := s.PutIfAbsent(b.Context(), fmt.Sprint("offsets/", i), data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Syncs())/float64(i), "fsyncs/op")
}
