package dir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/riffledata/riffle/exec/store"
)

// leftover is the age from which a file that no live writer has touched is a
// dead one's.
const leftover = 24 * time.Hour

// Store is a store.Store in a folder.
type Store struct {
	root  string
	dirs  syncers
	syncs atomic.Int64
}

// Open returns the store in a folder, which is created with the first object. It
// removes what crashes have left behind.
func Open(root string) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("opening the folder %s: %w", root, err)
	}
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("opening the folder %s: %w", root, err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; name a folder", root)
	}
	s := &Store{root: root}
	s.dirs.root, s.dirs.syncs = root, &s.syncs
	return s, s.clean(time.Now().Add(-leftover))
}

// Syncs is the number of fsyncs so far, of files and folders.
func (s *Store) Syncs() int64 { return s.syncs.Load() }

// PutIfAbsent creates name with data.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, bool, error) {
	path, err := s.path(ctx, name)
	if err != nil {
		return nil, false, err
	}
	now, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.create(path, data); err == nil {
			return append([]byte{}, data...), true, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, false, s.failed("creating", name, err)
		}
		now, err = os.ReadFile(path)
	}
	if err == nil { // whoever created it may have died before it was durable
		err = s.dirs.sync(filepath.Dir(path))
	}
	if err != nil {
		return nil, false, s.failed("creating", name, err)
	}
	return now, bytes.Equal(now, data), nil
}

// create makes a file of its own, and gives it its name.
func (s *Store) create(path string, data []byte) error {
	f, err := s.temporary(filepath.Dir(path))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return s.publish(f, path, err)
}

// publish links a complete file to its name, durably; it always removes the
// temporary name. err is that of the writing.
func (s *Store) publish(f *os.File, path string, err error) error {
	if err == nil {
		s.syncs.Add(1)
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = link(f.Name(), path)
	}
	if e := os.Remove(f.Name()); err == nil && !errors.Is(e, fs.ErrNotExist) {
		err = e
	}
	if err != nil {
		return err
	}
	return s.dirs.sync(filepath.Dir(path))
}

// link creates a name. A network file system may have done so although it
// answers with an error: then both names are one file.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return nil
	}
	a, errA := os.Stat(from)
	b, errB := os.Stat(to)
	if errA == nil && errB == nil && os.SameFile(a, b) {
		return nil
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOTSUP) {
		return fmt.Errorf("the file system has no hard links, which the store needs; use a folder of another one: %w", err)
	}
	return err
}

// temporary makes an empty file in a folder, and the folder.
func (s *Store) temporary(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".new-*")
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := s.mkdir(dir); err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, ".new-*")
}

// mkdir makes a folder and those above it, each made durable in the one above.
func (s *Store) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.mkdir(filepath.Dir(dir)); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o777)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.dirs.sync(filepath.Dir(dir))
}

// Get returns what a name holds.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	path, err := s.path(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err == nil { // decisions follow from it: it must not vanish
		err = s.dirs.sync(filepath.Dir(path))
	}
	if err != nil {
		return nil, s.failed("reading", name, err)
	}
	return data, nil
}

// List returns the names with a prefix.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return nil, err
	}
	var names []string
	err := s.walk(filepath.Join(s.root, filepath.FromSlash(prefix)), func(name string, _ fs.DirEntry) error {
		if store.CheckName(name) == nil {
			names = append(names, name)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, s.failed("listing", prefix, err)
	}
	slices.Sort(names)
	return names, nil
}

// walk calls f for each file below a folder of the store, with its path from the root.
func (s *Store) walk(dir string, f func(name string, e fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // deleted meanwhile, or not yet made
		case err != nil:
			return err
		case e.IsDir():
			return nil
		}
		name, err := filepath.Rel(s.root, path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(name), e)
	})
}

// clean removes temporary files that are older than a time.
func (s *Store) clean(before time.Time) error {
	err := s.walk(s.root, func(name string, e fs.DirEntry) error {
		if !strings.HasPrefix(e.Name(), ".new-") {
			return nil
		}
		info, err := e.Info()
		if err == nil && info.ModTime().Before(before) {
			err = os.Remove(filepath.Join(s.root, filepath.FromSlash(name)))
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil // somebody else does it, or must
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("opening the folder %s: %w", s.root, err)
	}
	return nil
}

// Open reads an object.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	path, err := s.path(ctx, name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, s.failed("reading", name, err)
	}
	return f, nil
}

// Delete removes a name. After a power cut it may be there again.
func (s *Store) Delete(ctx context.Context, name string) error {
	path, err := s.path(ctx, name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s.failed("deleting", name, err)
	}
	return nil
}

// String is the folder's path.
func (s *Store) String() string { return s.root }

// Close gives the open folders back.
func (s *Store) Close() error { return s.dirs.close() }

func (s *Store) path(ctx context.Context, name string) (string, error) {
	if err := store.CheckName(name); err != nil {
		return "", err
	}
	return filepath.Join(s.root, filepath.FromSlash(name)), ctx.Err()
}

// failed says what could not be done, and what to do where we know.
func (s *Store) failed(doing, name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s %s in %s: %w", doing, name, s.root, store.ErrNotFound)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s %s in %s: %w on its disk; make some: %w", doing, name, s.root, store.ErrNoSpace, err)
	}
	return fmt.Errorf("%s %s in %s: %w", doing, name, s.root, err)
}
