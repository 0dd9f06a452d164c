package exec

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
	"github.com/riffledata/riffle/exec/stream"
)

// openState opens the state of a query as it was after a commit: empty where no
// batch has changed it.
func (s *starting) openState(ctx context.Context, m checkpoint.Manifest) (state.Store, error) {
	files, err := stream.OpenState(ctx, s.config.Files, m)
	if err != nil {
		return nil, err
	}
	defer stream.CloseState(files)
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		readers[i] = f
	}
	if s.onDisk() {
		return s.openDisk(m, readers)
	}
	budget := s.plan.Budget.OrDisk()
	if len(readers) == 0 {
		return memory.New(budget), nil
	}
	return memory.Restore(budget, m.Version, readers...)
}

// onDisk tells whether the state is kept in a database.
func (s *starting) onDisk() bool { return s.conf.StateBackend() == "disk" }

// openDisk opens the database of the query. One that is still there from an
// earlier run is caught up by the files that it lacks; any other is made anew.
func (s *starting) openDisk(m checkpoint.Manifest, files []io.Reader) (state.Store, error) {
	dir, temporary, err := s.stateDir()
	if err != nil {
		return nil, err
	}
	if temporary != "" {
		s.config.Temporary = temporary
		s.add(func() error { return os.RemoveAll(temporary) })
	}
	o := s.diskOptions()
	if len(files) > 0 {
		return disk.Restore(dir, o, m.Version, files...)
	}
	if err := os.RemoveAll(dir); err != nil { // of a run that committed nothing
		return nil, fmt.Errorf("riffle.state.dir: %w", err)
	}
	return disk.Open(dir, o)
}

func (s *starting) diskOptions() disk.Options {
	return disk.Options{CacheBytes: s.conf.Int("riffle.state.cache.bytes"), Budget: s.plan.Budget, Hold: s.l.memory.hold}
}

// stateDir is the folder of the query's database. Without a setting, and where the
// query has no checkpoint to go on from, it is a temporary one that has to go with
// the query.
func (s *starting) stateDir() (dir, temporary string, err error) {
	base := s.conf.Text("riffle.state.dir")
	if base != "" && s.config.Files != nil {
		return filepath.Join(base, s.config.Resume.ID), "", nil
	}
	if base != "" {
		if err := os.MkdirAll(base, 0o755); err != nil {
			return "", "", fmt.Errorf("riffle.state.dir: %w", err)
		}
	}
	if dir, err = os.MkdirTemp(base, "riffle-state-"); err != nil {
		return "", "", fmt.Errorf("riffle.state.dir: %w", err)
	}
	return dir, dir, nil
}
