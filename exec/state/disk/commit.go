package disk

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Commit makes the batch's changes version v, which is above the last one. After
// an error nothing of the batch is committed, and it can be committed again or
// rolled back.
func (s *Store) Commit(v int64) error {
	if v <= s.version {
		return fmt.Errorf("internal: version %d of the state comes after version %d", v, s.version)
	}
	if err := s.room(); err != nil {
		return err
	}
	grown := make(map[*operator]int64, len(s.operators))
	size := 0
	for _, t := range s.tables {
		grown[t.op] += t.grown
		size += int(t.overlay.Bytes())
	}
	b := s.db.NewBatchWithSize(size + 1024)
	defer b.Close()
	for _, t := range s.tables {
		if err := t.write(b); err != nil {
			return err
		}
	}
	for op, n := range grown {
		op.rows += n
	}
	if err := s.apply(b, v); err != nil {
		for op, n := range grown {
			op.rows -= n
		}
		return err
	}
	s.version = v
	for _, t := range s.tables {
		if err := t.end(t.overlay.Len()); err != nil {
			return err
		}
	}
	return s.flushSometimes()
}

// apply gives a batch to the database, with the version that it makes.
func (s *Store) apply(b *pebble.Batch, v int64) error {
	if err := s.putMeta(batchWriter{b}, v); err != nil {
		return err
	}
	s.pending += int64(b.Len())
	if err := s.db.Apply(b, pebble.NoSync); err != nil {
		return fmt.Errorf("writing the state in %s: %w", s.dir, err)
	}
	return nil
}

// room waits until the database has written enough of what it holds in memory,
// and until it has merged enough of its files.
func (s *Store) room() error {
	for {
		if err := s.watch.failed(); err != nil {
			return err
		}
		if s.pending < s.o.memTable() {
			return nil
		}
		m := s.db.Metrics()
		held := int64(m.MemTable.Size)
		if held < stallAtMemTables*s.o.memTable() && m.Levels[0].Sublevels < stallAtSublevels {
			s.pending = max(0, held-s.o.memTable())
			return nil
		}
		select {
		case <-s.watch.wake:
		case <-time.After(100 * time.Millisecond): // events before the question was asked
		}
	}
}

func (s *Store) flushSometimes() error {
	if time.Since(s.flushed) < s.o.FlushEvery {
		return nil
	}
	s.flushed = time.Now()
	_, err := s.db.AsyncFlush()
	return err
}

// Flush returns once the files hold the last commit, so that it outlives a
// crash of the process and of the machine.
func (s *Store) Flush() error {
	done, err := s.db.AsyncFlush()
	if err != nil {
		return fmt.Errorf("writing the state in %s: %w", s.dir, err)
	}
	s.flushed = time.Now()
	for {
		if err := s.watch.failed(); err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		case <-s.watch.wake:
		case <-time.After(100 * time.Millisecond):
		}
	}
}
