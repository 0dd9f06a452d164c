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
		readers[i] = &endingReader{f, ctx}
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
	if s.dir == "" {
		dir, temporary, err := s.stateDir()
		if err != nil {
			return nil, err
		}
		if s.dir = dir; temporary != "" {
			s.config.Temporary = temporary
			s.add(func() error { return os.RemoveAll(temporary) })
		}
	}
	if len(files) > 0 {
		return whole(disk.Restore(s.dir, s.diskOptions(), m.Version, files...))
	}
	if err := os.RemoveAll(s.dir); err != nil { // of a run that committed nothing
		return nil, fmt.Errorf("riffle.state.dir: %w", err)
	}
	return whole(disk.Open(s.dir, s.diskOptions()))
}

// whole is a store, or nothing where there is an error.
func whole(s *disk.Store, err error) (state.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// endingReader reads until its context ends.
type endingReader struct {
	io.Reader
	ctx context.Context //nolint:containedctx // that of the one restore
}

// Read reads on.
func (r *endingReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

func (s *starting) diskOptions() disk.Options {
	o := disk.Options{CacheBytes: s.conf.Int("riffle.state.cache.bytes"), Budget: s.plan.Budget, Hold: s.l.memory.hold}
	if s.l.disk != nil {
		s.l.disk(&o)
	}
	return o
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
