package disk

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

// Restore opens the state in a directory at a version. State files are a
// snapshot and the deltas after it, or the deltas from the first batch on,
// oldest first, the newest of that version. What is in the directory is brought
// up to date from the deltas that it lacks, if it can be: files of batches that
// it has are not read. Else the directory is emptied and filled from all files.
// A directory that holds something else is refused.
func Restore(dir string, o Options, version int64, files ...io.Reader) (*Store, error) {
	readers, err := state.OpenState(version, files...)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	lock, err := claim(o.FS, dir)
	if err != nil {
		return nil, err
	}
	s, err := restore(dir, o, lock, version, readers)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	o.Hold(o.outside())
	return s, nil
}

func restore(dir string, o Options, lock *pebble.Lock, version int64, files []*state.Reader) (*Store, error) {
	s, err := open(dir, o, lock)
	if noRoom(err) {
		return nil, err // and what is there stays
	}
	if err == nil {
		if rest, ok := missing(files, s.version, version); ok {
			if err := s.catchUp(version, rest); err != nil {
				return nil, errors.Join(err, s.closeDB())
			}
			return s, nil
		}
		_ = s.closeDB() // it is of no use
	}
	if err := empty(o.FS, dir); err != nil {
		return nil, fmt.Errorf("emptying %s for the state: %w", dir, err)
	}
	if s, err = open(dir, o, lock); err != nil {
		return nil, err
	}
	if err := s.fill(version, files); err != nil {
		if noRoom(err) {
			err = s.unopened(err)
		} else {
			err = fmt.Errorf("restoring the state in %s: %w", dir, err)
		}
		return nil, errors.Join(err, s.closeDB())
	}
	return s, nil
}

// missing are the files that a database of version have lacks, and whether they
// and the database make up the state of the version that is wanted.
func missing(files []*state.Reader, have, want int64) ([]*state.Reader, bool) {
	if have > want || have < files[0].Header().Version {
		return nil, false
	}
	i := slices.IndexFunc(files, func(f *state.Reader) bool { return f.Header().Version > have })
	if i < 0 {
		i = len(files)
	}
	return files[i:], true
}

// empty removes everything but what says that the directory is ours and in use.
func empty(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if n == marker || n == lockFile {
			continue
		}
		if err := fs.RemoveAll(fs.PathJoin(dir, n)); err != nil {
			return err
		}
	}
	return nil
}

// catchUp applies deltas to the database. While it does, the database has no
// version: after a crash in between it is of no use.
func (s *Store) catchUp(version int64, files []*state.Reader) error {
	if len(files) == 0 {
		return nil
	}
	if err := s.db.Delete(versionKey(), pebble.NoSync); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer func() { b.Close() }()
	var key []byte
	err := state.NewMerger(files...).Each(func(p state.Pair) error {
		op, err := s.operator(p.Operator)
		if err != nil {
			return err
		}
		key = append(append(key[:0], op.id), p.Key...)
		if err := s.count(op, key, p.Value != nil); err != nil {
			return err
		}
		if p.Value == nil {
			err = b.Delete(key, nil)
		} else {
			err = b.Set(key, p.Value, nil)
		}
		if err != nil || b.Len() < int(s.o.memTable())/4 {
			return err
		}
		err = s.applyPart(b)
		b = s.db.NewBatch()
		return err
	})
	if err != nil {
		return fmt.Errorf("bringing the state in %s up to date: %w", s.dir, err)
	}
	if err := s.apply(b, version); err != nil {
		return err
	}
	s.version = version
	return s.room()
}

// count keeps the number of pairs as a key is set or deleted.
func (s *Store) count(op *operator, key []byte, now bool) error {
	if op.rows < 0 {
		return nil
	}
	_, closer, err := s.db.Get(key)
	if err != nil && !errors.Is(err, pebble.ErrNotFound) {
		return err
	}
	was := err == nil
	if was {
		if err := closer.Close(); err != nil {
			return err
		}
	}
	switch {
	case now && !was:
		op.rows++
	case was && !now:
		op.rows--
	}
	return nil
}

// applyPart gives a batch to the database and closes it.
func (s *Store) applyPart(b *pebble.Batch) error {
	s.pending += int64(b.Len())
	if err := s.db.Apply(b, pebble.NoSync); err != nil {
		return err
	}
	return errors.Join(b.Close(), s.room())
}
