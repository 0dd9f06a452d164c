package statetest

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// FullDisk is a disk that takes no more for a while, for stores of package disk. It
// counts writes from the first table of a store on: what is written when a store is
// opened for the first time always has space. Its zero value is never full.
type FullDisk struct {
	mu    sync.Mutex
	fills bool
	begun bool // a table was written
	left  int  // writes until it is full
	tries int  // openings of a store that fail until it is not
	cause error
	full  bool
	count int // how often it was full
}

// Fill makes the disk fail after so many writes, -1 for at once, with an error that is
// syscall.ENOSPC where it is full, until a store could not be opened so many times.
func (d *FullDisk) Fill(after, tries int, cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fills, d.full, d.begun, d.left, d.tries, d.cause = true, false, false, after, tries, cause
}

// Empty makes the disk take all, for good.
func (d *FullDisk) Empty() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fills, d.full = false, false
}

// Times is how often the disk was full.
func (d *FullDisk) Times() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// FS is the file system of the disk, over another one.
func (d *FullDisk) FS(under vfs.FS) vfs.FS {
	return errorfs.Wrap(under, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpLink, errorfs.OpFilePreallocate:
			return d.write(filepath.Base(op.Path), op.Kind == errorfs.OpCreate)
		}
		return nil
	}))
}

// first are what a store creates first.
var first = []string{"riffle-state", "ballast"}

// write is asked before each write.
func (d *FullDisk) write(name string, creates bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.fills {
		return nil
	}
	if d.full && creates && slices.Contains(first, name) {
		if d.tries--; d.tries < 0 {
			d.fills, d.full = false, false
			return nil
		}
	}
	if d.full {
		return d.cause
	}
	d.begun = d.begun || strings.HasSuffix(name, ".sst")
	if d.begun {
		d.left--
	}
	if d.left >= 0 {
		return nil
	}
	d.full = true
	d.count++
	return d.cause
}
