package disk

import (
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	// marker is a file that says whose directory it is: one without is never
	// emptied.
	marker   = "riffle-state"
	lockFile = "LOCK"
	// ballast is a file that is removed when the disk is full, so that the database
	// can still write down what it consists of. Then nothing more is committed.
	ballast      = "ballast"
	ballastBytes = 1 << 20
)

// claim makes a directory ours, and locks it.
func claim(fs vfs.FS, dir string) (*pebble.Lock, error) {
	if err := fs.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("making the directory of the state: %w", err)
	}
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the directory of the state: %w", err)
	}
	if len(names) > 0 && !slices.Contains(names, marker) {
		return nil, fmt.Errorf("%s holds something that is not the state of a query; choose a directory of its own", dir)
	}
	if err := put(fs, fs.PathJoin(dir, marker), []byte("The state of a query. It can be removed while the query does not run.\n")); err != nil {
		return nil, fmt.Errorf("the directory of the state: %w", err)
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		return nil, fmt.Errorf("the state in %s is in use, or cannot be: %w; stop the other process, or choose another directory", dir, err)
	}
	return lock, nil
}

// put writes a file, unless it is there with that length.
func put(fs vfs.FS, name string, data []byte) error {
	if info, err := fs.Stat(name); err == nil && info.Size() == int64(len(data)) {
		return nil
	}
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func putBallast(fs vfs.FS, dir string) error {
	return put(fs, fs.PathJoin(dir, ballast), make([]byte, ballastBytes))
}
