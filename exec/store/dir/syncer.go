package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

// syncers make folders durable, each by one call at a time: all who ask while one
// runs share the next one.
type syncers struct {
	root  string
	syncs *atomic.Int64

	mu    sync.Mutex
	byDir map[string]*syncer
}

type syncer struct {
	mu sync.Mutex // held while the folder is being synced
	f  *os.File
	// started and done count syncs: a caller needs one that started after it came.
	started, done atomic.Int64
	// broken is the error of a sync after which the system may have dropped what it
	// could not write: that a later sync succeeds would say nothing.
	broken error
}

// sync returns once all names that the folder has now are durable, and the folder
// itself is.
func (s *syncers) sync(dir string) error {
	d, isNew, err := s.of(dir)
	if err != nil {
		return err
	}
	if isNew { // another process may have made it, and died
		if err := s.above(dir); err != nil {
			return err
		}
	}
	need := d.started.Load() + 1
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil || d.done.Load() >= need {
		return d.broken
	}
	n := d.started.Add(1)
	s.syncs.Add(1)
	if err := d.f.Sync(); err != nil {
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
			d.broken = err
		}
		return err
	}
	d.done.Store(n)
	return nil
}

// above makes a folder's own name durable.
func (s *syncers) above(dir string) error {
	if len(dir) < len(s.root) {
		return nil
	}
	err := s.sync(filepath.Dir(dir))
	if dir == s.root && errors.Is(err, fs.ErrPermission) {
		return nil // a place that is given to us cannot be made by us
	}
	return err
}

// of returns a folder's syncer, and whether this is the first call for it.
func (s *syncers) of(dir string) (*syncer, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.byDir[dir]; d != nil {
		return d, false, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, false, err
	}
	if s.byDir == nil {
		s.byDir = map[string]*syncer{}
	}
	d := &syncer{f: f}
	s.byDir[dir] = d
	return d, true, nil
}

func (s *syncers) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, d := range s.byDir {
		d.mu.Lock()
		errs = append(errs, d.f.Close())
		d.mu.Unlock()
	}
	s.byDir = nil
	return errors.Join(errs...)
}
