package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/batch"
)

// publisher is what a writer writes for.
type publisher interface {
	// counts returns the numbers of partitions of the topics that are known.
	counts() map[string]int32
	// partitions returns that of a topic which may not be known.
	partitions(ctx context.Context, topic string) (int32, error)
	// existing returns the number of partitions that a topic has now.
	existing(ctx context.Context, topic string) (int32, error)
	// publish makes the rows of a batch visible.
	publish(ctx context.Context, id int64, shards []shardRows) error
}

// sinkWriter keeps the rows of a micro-batch, by shard, until its commit.
type sinkWriter struct {
	to   publisher
	conf *sinkConfig
	id   int64

	shared bool // it shares the commit of another sink's writer
	mu     sync.Mutex
	covers []*sinkWriter // those that share this one's commit
	whole  bool          // of one that shares another's: it has all rows
	sets   []*rowSet
	held   int64    // bytes in memory
	file   *os.File // of what is more than fits; it has no name any more
	at     int64    // the length of the file
	topics map[string]int32
	actual map[string]int32 // partitions of topics that have grown
	room   []byte
	ended  bool
}

func newSinkWriter(to publisher, conf *sinkConfig, id int64, shards int) *sinkWriter {
	w := &sinkWriter{to: to, conf: conf, id: id, topics: to.counts()}
	var mark []kgo.RecordHeader
	if conf.spec.QueryID != "" {
		mark = []kgo.RecordHeader{conf.header(id)}
	}
	for range shards {
		w.sets = append(w.sets, &rowSet{mark: mark})
	}
	return w
}

// cover lets another sink's writer of the batch share the commit of this one.
func (w *sinkWriter) cover(other *sinkWriter) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.id != other.id {
		return fmt.Errorf("kafka sink: batch %d of the %s was begun beside batch %d of the %s, in whose transactions it is written", other.id, other.conf.role(), w.id, w.conf.role())
	}
	other.shared = true
	w.covers = append(w.covers, other)
	return nil
}

// Write makes records of the rows and keeps them.
func (w *sinkWriter) Write(ctx context.Context, b batch.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.whole {
		return errors.New("kafka sink: a row came after the batch had ended")
	}
	e, err := w.conf.columns.encoder(b, w.conf.topic, nil)
	if err != nil {
		return err
	}
	var r outRow
	for i := range b.NumRows() {
		if err := e.row(i, &r); err != nil {
			return fmt.Errorf("kafka sink: %w", err)
		}
		if err := w.add(ctx, &r); err != nil {
			return err
		}
	}
	return w.spill()
}

// add puts a row where its partition belongs. One without a key goes where its
// content says, which is the same in a batch that runs again, however many tasks
// write it.
func (w *sinkWriter) add(ctx context.Context, r *outRow) error {
	n, ok := w.topics[r.topic]
	if !ok {
		var err error
		if n, err = w.to.partitions(ctx, r.topic); err != nil {
			return err
		}
		w.topics = w.to.counts()
	}
	w.room = appendRow(w.room[:0], r)
	hash := xxh3.Hash(w.room)
	switch {
	case r.partition >= n:
		if err := w.checkPartition(ctx, r); err != nil {
			return err
		}
	case r.partition >= 0:
	case r.nokey:
		r.partition = int32(hash >> 33 % uint64(n))
	default:
		r.partition = partitionOf(r.key, n)
	}
	w.held += int64(len(w.room)) + 4
	w.sets[int(r.partition)%len(w.sets)].add(r.partition, w.room, hash)
	return nil
}

// checkPartition looks for a partition that the topic may have got since.
func (w *sinkWriter) checkPartition(ctx context.Context, r *outRow) error {
	if r.partition < w.actual[r.topic] {
		return nil
	}
	n, err := w.to.existing(ctx, r.topic)
	if err != nil {
		return err
	}
	if w.actual == nil {
		w.actual = map[string]int32{}
	}
	if w.actual[r.topic] = n; r.partition >= n {
		return fmt.Errorf("kafka sink: a row asks for partition %d of topic %s, which has %d; partitions are counted from 0", r.partition, r.topic, n)
	}
	return nil
}

// spill moves the rows to a file where they are too many for the memory.
func (w *sinkWriter) spill() error {
	if w.held <= w.conf.buffer {
		return nil
	}
	if w.file == nil {
		f, err := os.CreateTemp("", "riffle-kafka-sink-*")
		if err != nil {
			return fmt.Errorf("kafka sink: a batch larger than buffer.bytes waits in a file: %w", err)
		}
		w.file = f
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	for _, set := range w.sets {
		at, err := set.spill(w.file, w.at)
		if err != nil {
			return fmt.Errorf("kafka sink: writing what is more than buffer.bytes to a file: %w; raise buffer.bytes, or make batches smaller", err)
		}
		w.at = at
	}
	w.held = 0
	return nil
}

// Commit makes the rows visible, or leaves that to the commit that it shares.
func (w *sinkWriter) Commit(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended:
		return nil
	case w.shared:
		w.whole = true
		return nil
	}
	shards := make([]shardRows, len(w.sets))
	w.gather(shards)
	var err error
	for _, c := range w.covers {
		c.mu.Lock()
		defer c.mu.Unlock()
		err = errors.Join(err, c.complete())
		c.gather(shards)
	}
	if err == nil {
		err = w.to.publish(ctx, w.id, shards)
	}
	for _, c := range w.covers {
		err = errors.Join(err, c.end())
	}
	return errors.Join(err, w.end())
}

// gather adds the rows to those of their shards. The lock is held.
func (w *sinkWriter) gather(shards []shardRows) {
	for i, set := range w.sets {
		if set.rows > 0 {
			shards[i] = append(shards[i], set)
		}
	}
}

// complete refuses to commit a batch of which another sink's rows are not all there.
func (w *sinkWriter) complete() error {
	if w.ended || !w.whole {
		return fmt.Errorf("kafka sink: batch %d is committed before that of the %s, which is in the same transactions", w.id, w.conf.role())
	}
	return nil
}

// Abort drops the rows.
func (w *sinkWriter) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end()
}

func (w *sinkWriter) end() error {
	if w.ended {
		return nil
	}
	w.ended, w.sets = true, nil
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}
