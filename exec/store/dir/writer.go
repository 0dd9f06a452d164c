package dir

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/riffledata/riffle/exec/store"
)

// Create makes a large object.
func (s *Store) Create(ctx context.Context, name string) (store.Writer, error) {
	path, err := s.path(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := s.temporary(filepath.Dir(path))
	if err != nil {
		return nil, s.failed("creating", name, err)
	}
	return &writer{ctx: ctx, s: s, name: name, path: path, f: f, w: bufio.NewWriterSize(f, 256<<10)}, nil
}

type writer struct {
	ctx        context.Context
	s          *Store
	name, path string
	f          *os.File // nil after Commit or Abort
	w          *bufio.Writer
}

// Write writes into a file that has no name yet.
func (w *writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.w.Write(p)
	if err != nil {
		err = w.s.failed("writing", w.name, err)
	}
	return n, err
}

// Commit makes the file durable and gives it its name.
func (w *writer) Commit() error {
	if w.f == nil {
		return fmt.Errorf("writing %s: it has been committed or aborted already", w.name)
	}
	err := w.ctx.Err()
	if err == nil {
		err = w.w.Flush()
	}
	f := w.f
	w.f = nil
	err = w.s.publish(f, w.path, err)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("writing %s in %s: the name is taken; large objects need names of their own", w.name, w.s.root)
	case err != nil:
		return w.s.failed("writing", w.name, err)
	}
	return nil
}

// Abort removes the file.
func (w *writer) Abort() error {
	if w.f == nil {
		return nil
	}
	f := w.f
	w.f = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
