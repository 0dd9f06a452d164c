package disk

import (
	"fmt"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"

	"github.com/riffledata/riffle/exec/state"
)

// watch hears what the database does in the background, and keeps its errors for
// the next Commit.
type watch struct {
	dir  string
	wake chan struct{} // something has happened
	mu   sync.Mutex
	err  error // of the last flush or compaction, nil once one succeeds
	full bool  // the disk has been full: it stays so until the store is opened anew
	lost bool  // and what the files are could not be written down
}

func newWatch(dir string) *watch { return &watch{dir: dir, wake: make(chan struct{}, 1)} }

func (w *watch) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { w.set(err) },
		FlushEnd: func(i pebble.FlushInfo) {
			if i.Err == nil {
				w.set(nil)
			}
		},
		CompactionEnd: func(i pebble.CompactionInfo) {
			if i.Err == nil {
				w.set(nil)
			}
		},
	}
}

func (w *watch) set(err error) {
	w.mu.Lock()
	w.err = err
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) setFull() {
	w.mu.Lock()
	w.full = true
	w.mu.Unlock()
	w.set(syscall.ENOSPC)
}

// setLost is setFull where the directory can no longer be opened.
func (w *watch) setLost() {
	w.mu.Lock()
	w.lost = true
	w.mu.Unlock()
	w.setFull()
}

// space tells whether the disk has been full, and the directory cannot be opened any
// more.
func (w *watch) space() (full, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.full, w.lost
}

// failed is the error that Commit has to report.
func (w *watch) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch err := w.err; {
	case w.full:
		return fmt.Errorf("writing the state in %s: no space left on its disk; make some: %w: %w", w.dir, syscall.ENOSPC, state.ErrReopen)
	case err == nil:
		return nil
	default:
		return fmt.Errorf("writing the state in %s: %w; make room or repair the disk, and start the query again: %w", w.dir, err, state.ErrReopen)
	}
}

// Infof drops what the database tells.
func (w *watch) Infof(string, ...any) {}

// Errorf drops what the database tells: errors that matter come back from calls
// or as background errors.
func (w *watch) Errorf(string, ...any) {}

// Fatalf must not return: the database could not write down which files it
// consists of, and may not go on. The checkpoint has everything.
func (w *watch) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf("the state in %s can no longer be written: %s", w.dir, fmt.Sprintf(format, args...)))
}
