package disk

import (
	"io"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest/statetest"
	"github.com/riffledata/riffle/exec/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small makes the database write files and merge them with few pairs.
func small(fs vfs.FS) Options {
	return Options{CacheBytes: leastCache, Budget: state.NewBudget(1 << 30), FS: fs}
}

func TestStore(t *testing.T) {
	n := 0
	o := small(vfs.NewMem())
	var dir string
	statetest.Run(t, statetest.Backend{
		New: func(t testing.TB) statetest.Store {
			n++
			dir = filepath.Join("state", strconv.Itoa(n))
			s, err := Open(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Restore: func(_ testing.TB, version int64, files ...io.Reader) (statetest.Store, error) {
			if n++; n%2 == 0 {
				dir = filepath.Join("state", strconv.Itoa(n)) // else what is there is used or replaced
			}
			return Restore(dir, o, version, files...)
		},
		Reopen: func(t testing.TB, s statetest.Store) statetest.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := Open(s.(*Store).dir, o)
			if err != nil {
				t.Fatal(err)
			}
			return again
		},
	})
	if used := o.Budget.Used(); used != 0 {
		t.Errorf("closed stores hold %d bytes of the budget", used)
	}
}
