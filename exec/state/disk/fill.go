package disk

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

const (
	// tableBytes is the size of keys and values at which a table file ends.
	tableBytes = 32 << 20
	fillDir    = "restore"
)

// fill puts state files into an empty database: as tables that it takes over as
// they are, all at once and with the version.
func (s *Store) fill(version int64, files []*state.Reader) error {
	fs, dir := s.o.FS, s.o.FS.PathJoin(s.dir, fillDir)
	if err := fs.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	p := s.o.pebble(fs, s.watch)
	p.EnsureDefaults()
	w := &tables{fs: fs, dir: dir, o: p.MakeWriterOptions(6, s.db.TableFormat())}
	err := s.fillTables(w, version, files)
	if err = errors.Join(err, w.finish()); err != nil {
		return errors.Join(err, fs.RemoveAll(dir))
	}
	if err := s.db.Ingest(context.Background(), w.paths); err != nil {
		return err
	}
	s.version = version
	return fs.RemoveAll(dir)
}

func (s *Store) fillTables(w *tables, version int64, files []*state.Reader) error {
	var op *operator
	var key []byte
	err := state.NewMerger(files...).Each(func(p state.Pair) error {
		if p.Value == nil {
			return nil
		}
		if op == nil || op.name != p.Operator {
			var err error
			if op, err = s.operator(p.Operator); err != nil {
				return err
			}
		}
		op.rows++
		key = append(append(key[:0], op.id), p.Key...)
		return w.put(key, p.Value)
	})
	if err != nil {
		return err
	}
	return s.putMeta(w, version)
}

// tables writes pairs in order into table files.
type tables struct {
	fs    vfs.FS
	dir   string
	o     sstable.WriterOptions
	paths []string
	w     *sstable.Writer
	size  int
}

func (t *tables) put(key, value []byte) error {
	if t.w != nil && t.size >= tableBytes {
		if err := t.finish(); err != nil {
			return err
		}
	}
	if t.w == nil {
		path := t.fs.PathJoin(t.dir, fmt.Sprintf("%06d", len(t.paths)))
		f, err := t.fs.Create(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		t.paths = append(t.paths, path)
		t.w, t.size = sstable.NewWriter(objstorageprovider.NewFileWritable(f), t.o), 0
	}
	t.size += len(key) + len(value)
	return t.w.Set(key, value)
}

// finish ends the file that is being written.
func (t *tables) finish() error {
	if t.w == nil {
		return nil
	}
	w := t.w
	t.w = nil
	return w.Close()
}
