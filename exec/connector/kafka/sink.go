package kafka

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"

	"github.com/riffledata/riffle/exec/sink"
)

// exactSink writes each batch once: see doc.go.
type exactSink struct {
	conf     *sinkConfig
	members  []*sinkConfig // of the sinks that share its transactions
	cluster  *cluster
	progress *progressReader
	shards   []*shard

	asking sync.Mutex // whoever holds it may use the first shard while a batch is written
	mu     sync.Mutex
	layout *layout
	batch  *sinkWriter // the last that was begun
}

func openExact(ctx context.Context, conf *sinkConfig) (*exactSink, error) {
	s, err := newExact(conf)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// newExact returns a sink that is not started yet.
func newExact(conf *sinkConfig) (*exactSink, error) {
	if conf.spec.QueryID == "" {
		return nil, errors.New("the kafka sink writes exactly once only in a query with a checkpoint; set a checkpoint location, or the option delivery to at-least-once")
	}
	c, err := newCluster(conf.producer.client)
	if err != nil {
		return nil, err
	}
	return &exactSink{conf: conf, cluster: c}, nil
}

func (s *exactSink) start(ctx context.Context) error {
	if err := s.checkBrokers(ctx); err != nil {
		return err
	}
	name := progressTopic(s.conf.spec.QueryID, s.conf.role())
	n, err := s.findProgress(ctx, name)
	if err != nil {
		return err
	}
	if s.progress, err = openProgress(ctx, s.cluster, name); err != nil {
		return err
	}
	for i := range n {
		s.shards = append(s.shards, &shard{conf: s.conf, number: i, topic: name, reader: s.progress, dials: s.cluster.dials, known: -1})
	}
	if s.conf.missing == missingRebuilt && s.conf.spec.Committed >= 0 {
		if err := s.rebuild(ctx); err != nil {
			return err
		}
	}
	if err := s.findLayout(ctx); err != nil {
		return err
	}
	for _, c := range s.all() {
		if c.topic == "" {
			continue
		}
		if _, err := s.fix(ctx, c.topic); err != nil {
			return ofRole(c.spec, err)
		}
	}
	return nil
}

// all are the configurations of the sink and of those that share its transactions.
func (s *exactSink) all() []*sinkConfig { return append([]*sinkConfig{s.conf}, s.members...) }

// checkBrokers refuses brokers whose transactions can be torn.
func (s *exactSink) checkBrokers(ctx context.Context) error {
	if s.conf.tv1 {
		return nil
	}
	level, err := s.cluster.feature(ctx, "transaction.version")
	if err != nil {
		return err
	}
	if level < 2 {
		return fmt.Errorf("the brokers have transaction.version %d, with which a delayed request can tear a transaction (KAFKA-17754), so that exactly-once is not to be had; upgrade them and the feature to 2, set the option delivery to at-least-once, or accept the risk with allow.tv1=true", level)
	}
	return nil
}

// findProgress returns the number of shards: the partitions of the progress
// topic, which is made at the first start.
func (s *exactSink) findProgress(ctx context.Context, name string) (int, error) {
	n, err := s.cluster.partitions(ctx, name)
	if err == nil && n == 0 {
		n, err = s.makeProgress(ctx, name)
	}
	switch {
	case err != nil:
		return 0, err
	case n > maxShards:
		return 0, fmt.Errorf("the topic %s has %d partitions, more than a sink has shards; it was not made by this sink: remove it", name, n)
	case s.conf.shards > 0 && s.conf.shards != int(n):
		return 0, fmt.Errorf("the sink began with %d shards, which cannot be changed to %d; leave out the option shards, or start a new query", n, s.conf.shards)
	}
	return int(n), nil
}

// defaultShards is for rows that name their topics themselves.
const defaultShards = 8

func (s *exactSink) makeProgress(ctx context.Context, name string) (int32, error) {
	if err := s.conf.checkMissing("the topic " + name + " is gone"); err != nil {
		return 0, err
	}
	n := s.conf.shards
	if n == 0 && s.conf.topic == "" {
		n = defaultShards
	}
	if n == 0 {
		parts, err := s.existing(ctx, s.conf.topic)
		if err != nil {
			return 0, err
		}
		n = int(min(parts, maxShards))
	}
	return s.cluster.createTopic(ctx, name, n, map[string]string{"cleanup.policy": "compact"}) // another run may have made it at the same time
}

// checkMissing refuses to begin anew where batches have been written.
func (c *sinkConfig) checkMissing(what string) error {
	if c.spec.Committed < 0 || c.missing != missingFails {
		return nil
	}
	hint := ""
	if aside(c.spec) {
		hint = "; if the rows were written in the transactions of another sink of the query, give both the same kafka.* options again"
	}
	return fmt.Errorf("%s, which tells what of batch %d is written already; set the option progress.missing to rebuild once, to find that out from the ends of the sink's topics, or to accept that rows of that batch may come twice%s",
		what, c.spec.Committed+1, hint)
}

// findLayout opens the first shard, whose records say how rows are spread.
func (s *exactSink) findLayout(ctx context.Context) error {
	first := s.shards[0]
	return first.until(ctx, func() (bool, error) {
		if first.last.Layout == nil {
			if err := s.conf.checkMissing("the progress of the sink is gone from the topic " + first.topic); err != nil {
				return false, &lastingError{err}
			}
			return false, nil
		}
		if n := first.last.Layout.Shards; n != len(s.shards) {
			return false, &lastingError{fmt.Errorf("the sink has %d shards, but the topic %s has %d partitions; no other program may change that topic: delete it, and set the options shards=%d and, once, progress.missing=rebuild", n, first.topic, len(s.shards), n)}
		}
		s.setLayout(first.last.Layout)
		return true, nil
	}, func() error { return s.writeLayout(ctx, &layout{Shards: len(s.shards)}) })
}

func (s *exactSink) setLayout(l *layout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.layout = l
}

// writeLayout writes a layout beside the progress of the first shard, which stays
// as it is.
func (s *exactSink) writeLayout(ctx context.Context, l *layout) error {
	next := *s.shards[0].last
	next.Epoch, next.Layout = s.conf.spec.Epoch, l
	if err := s.shards[0].transact(ctx, &next, nil); err != nil {
		return err
	}
	s.setLayout(l)
	return nil
}

// existing returns the number of partitions of a topic that must be there.
func (s *exactSink) existing(ctx context.Context, topic string) (int32, error) {
	n, err := s.cluster.partitions(ctx, topic)
	if err == nil && n == 0 {
		err = s.cluster.missing(ctx, topic)
	}
	return n, err
}

// partitions returns the number of partitions of a topic over which keys are
// spread. It is that of the query's first row for the topic, for good: if a topic
// that has grown got its rows elsewhere, a batch that runs again would miss those
// it has written.
func (s *exactSink) partitions(ctx context.Context, topic string) (int32, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if n, known := s.counts()[topic]; known {
		return n, nil
	}
	return s.fix(ctx, topic)
}

// fix looks for a topic, and writes its number of partitions down unless there is
// one already.
func (s *exactSink) fix(ctx context.Context, topic string) (int32, error) {
	now, err := s.existing(ctx, topic)
	if err != nil {
		return 0, err
	}
	if n, known := s.counts()[topic]; known {
		if now < n {
			return 0, fmt.Errorf("the topic %s has %d partitions, and had %d when the query began: it is another one; start a new query", topic, now, n)
		}
		return n, nil
	}
	n, known, first := now, false, s.shards[0]
	err = first.until(ctx, func() (bool, error) {
		if first.last.Layout == nil {
			return false, &lastingError{fmt.Errorf("the layout of the sink is gone from the topic %s; no other program may change that topic", first.topic)}
		}
		n, known = first.last.Layout.Topics[topic]
		return known, nil
	}, func() error {
		n = now
		return s.writeLayout(ctx, first.last.Layout.with(map[string]int32{topic: now}))
	})
	if err == nil && known {
		s.setLayout(first.last.Layout)
	}
	return n, err
}

// Begin starts a micro-batch.
func (s *exactSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	w := newSinkWriter(s, s.conf, id, len(s.shards))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batch = w
	return w, nil
}

// counts returns the partitions of the topics that are known.
func (s *exactSink) counts() map[string]int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layout.Topics
}

// publish writes the shards that have rows, at the same time. One that has none
// is left as it is: what decides is that no batch begins before the one before is
// out, not that each has left a trace.
func (s *exactSink) publish(ctx context.Context, id int64, shards []shardRows) error {
	used := uint64(0)
	for i, rows := range shards {
		if len(rows) > 0 {
			used |= 1 << i
		}
	}
	errs := make([]error, len(shards))
	var running sync.WaitGroup
	for i, rows := range shards {
		if len(rows) == 0 {
			continue
		}
		next := &progress{Format: progressFormat, Batch: id, Epoch: s.conf.spec.Epoch, Shards: used}
		next.Rows, next.Bytes, next.Hash = rows.sums()
		if i == 0 {
			next.Layout = s.layout
		}
		running.Go(func() { errs[i] = s.shards[i].write(ctx, next, rows) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// LastCommitted opens all shards. Batches without rows leave no trace, and are
// not counted.
func (s *exactSink) LastCommitted(ctx context.Context) (int64, error) {
	errs := make([]error, len(s.shards))
	var running sync.WaitGroup
	for i, sh := range s.shards {
		running.Go(func() {
			errs[i] = sh.until(ctx, func() (bool, error) { return true, nil }, func() error { return nil })
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	latest := before()
	for _, sh := range s.shards {
		if sh.last.Batch > latest.Batch {
			latest = sh.last
		}
	}
	if latest.rebuilt() {
		return latest.Batch - 1, nil // what other shards have of it is not known
	}
	for rest := latest.Shards; rest != 0; rest &= rest - 1 {
		if i := bits.TrailingZeros64(rest); i < len(s.shards) && s.shards[i].last.Batch < latest.Batch {
			return latest.Batch - 1, nil
		}
	}
	return latest.Batch, nil
}

// Guarantee is exactly-once for readers of committed records.
func (s *exactSink) Guarantee() (sink.Guarantee, string) {
	if s.conf.tv1 {
		return sink.ExactlyOnce, "rows and progress are one transaction for each shard, as far as brokers with allow.tv1 keep transactions whole; readers need isolation.level=read_committed"
	}
	return sink.ExactlyOnce, "rows and progress are one transaction for each shard, and a batch that runs again skips those it finds committed; readers need isolation.level=read_committed"
}

// Close ends the producers and the connections.
func (s *exactSink) Close() error {
	for _, sh := range s.shards {
		sh.drop()
	}
	var err error
	if s.progress != nil {
		err = s.progress.close()
	}
	s.cluster.close()
	return err
}
