package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/sink"
)

// plainSink writes each batch at least once, without transactions.
type plainSink struct {
	conf    *sinkConfig
	cluster *cluster // its client produces too

	mu     sync.Mutex
	topics map[string]int32
}

func openPlain(ctx context.Context, conf *sinkConfig) (*plainSink, error) {
	c := &cluster{conf: conf.producer.client, dials: &dials{}}
	cl, err := kgo.NewClient(append(conf.producer.opts(c.dials), kgo.AllowIdempotentProduceCancellation(), kgo.RecordDeliveryTimeout(conf.producer.delivery))...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w; check the kafka.* options", err)
	}
	c.cl = cl
	s := &plainSink{conf: conf, cluster: c, topics: map[string]int32{}}
	if conf.topic != "" {
		if _, err := s.partitions(ctx, conf.topic); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Begin starts a micro-batch.
func (s *plainSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	return newSinkWriter(s, s.conf, id, 1), nil
}

func (s *plainSink) counts() map[string]int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topics
}

func (s *plainSink) existing(ctx context.Context, topic string) (int32, error) {
	n, err := s.cluster.partitions(ctx, topic)
	if err == nil && n == 0 {
		err = s.cluster.missing(ctx, topic)
	}
	return n, err
}

func (s *plainSink) partitions(ctx context.Context, topic string) (int32, error) {
	n, err := s.existing(ctx, topic)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]int32{topic: n}
	for t, k := range s.topics {
		known[t] = k
	}
	s.topics = known
	return n, nil
}

// publish sends all rows and waits for the brokers to have them.
func (s *plainSink) publish(ctx context.Context, _ int64, shards []shardRows) error {
	out := &outcome{loose: true}
	for _, rows := range shards {
		err := rows.each(func(r *kgo.Record) error {
			s.cluster.cl.Produce(ctx, r, out.promise)
			return out.error()
		})
		if err != nil {
			return s.failed(ctx, err)
		}
	}
	err := s.cluster.cl.Flush(ctx)
	return s.failed(ctx, errors.Join(out.error(), err))
}

func (s *plainSink) failed(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	return explainWrite(err, s.conf.producer)
}

// Guarantee is at-least-once.
func (s *plainSink) Guarantee() (sink.Guarantee, string) {
	return sink.AtLeastOnce, "the records of a batch that runs again are written again; set delivery to exactly-once"
}

// Close closes the connections.
func (s *plainSink) Close() error {
	s.cluster.close()
	return nil
}
