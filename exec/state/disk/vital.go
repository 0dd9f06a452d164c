package disk

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// noRoom tells an error that goes away once somebody makes space.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// vitalFS is the file system of a database that ends the process where it cannot write
// down which files it consists of, and does not clean up where it cannot write all
// else while it is opened. Where there is no space for a file that is no table, even
// without the ballast, the write counts as done, and the watch is told: the database goes
// on until it is closed, and what is in its directory is of no use after that.
//
// A table that cannot be written is tried again by the database at once, and for ever:
// once the disk has been full, not so often.
type vitalFS struct {
	vfs.FS
	watch *watch
}

// fullPause is that before a table is written to a disk that has been full.
const fullPause = 50 * time.Millisecond

// Create creates a file, in memory where there is no space.
func (f *vitalFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	table := strings.HasSuffix(name, ".sst")
	if full, _ := f.watch.space(); full && table {
		time.Sleep(fullPause)
	}
	file, err := f.FS.Create(name, c)
	if table {
		return file, err
	}
	if noRoom(err) {
		f.watch.setLost()
		file, err = vfs.NewMem().Create("lost", c)
	}
	if err != nil {
		return nil, err
	}
	return &vitalFile{File: file, watch: f.watch}, nil
}

// OpenDir opens a directory, to sync it.
func (f *vitalFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &vitalFile{File: dir, watch: f.watch}, nil
}

// Rename renames a file, if it could be created.
func (f *vitalFS) Rename(from, to string) error {
	err := f.FS.Rename(from, to)
	if _, lost := f.watch.space(); noRoom(err) || lost && errors.Is(err, fs.ErrNotExist) {
		f.watch.setLost()
		return nil
	}
	return err
}

// vitalFile is a file that takes nothing more once it has found no space, so that what
// it holds is a beginning of what it should. It has one writer at a time.
type vitalFile struct {
	vfs.File
	watch *watch
	ends  bool
}

// Write writes, or drops what there is no space for.
func (f *vitalFile) Write(p []byte) (int, error) {
	if f.ends {
		return len(p), nil
	}
	n, err := f.File.Write(p)
	if err = f.spared(err); err == nil {
		n = len(p)
	}
	return n, err
}

// Sync syncs what there was space for.
func (f *vitalFile) Sync() error { return f.spared(f.File.Sync()) }

// spared is the error of an operation on the file, but for the lack of space.
func (f *vitalFile) spared(err error) error {
	if !noRoom(err) {
		return err
	}
	f.ends = true
	f.watch.setLost()
	return nil
}
