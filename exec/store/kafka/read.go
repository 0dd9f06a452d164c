package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// place is where the log is, and how far it was read.
type place struct {
	known  bool
	id     kadm.TopicID
	leader int32
	next   int64
}

// patience is the time in which reading must get on.
const patience = 30 * time.Second

var (
	errNoTopic = errors.New("there is no such topic")
	errLost    = errors.New("records of the topic were deleted, or it was made anew; a checkpoint's topic must keep what it has: set cleanup.policy=compact, and start with a new one")
)

// readAll reads the log up to the end that it has now. The lock is held.
func (s *Store) readAll(ctx context.Context) error {
	if !s.at.known {
		err := s.locate(ctx)
		if errors.Is(err, errNoTopic) {
			return ctx.Err() // nothing has been written
		}
		if err != nil {
			return err
		}
	}
	ends, err := s.admin.ListEndOffsets(ctx, s.conf.Topic)
	if err != nil {
		return err
	}
	end, ok := ends.Lookup(s.conf.Topic, 0)
	if !ok || end.Err != nil {
		return fmt.Errorf("finding the end of the log: %w", errors.Join(end.Err, ctx.Err()))
	}
	return s.read(ctx, end.Offset)
}

// read reads the log up to an offset. The lock is held.
func (s *Store) read(ctx context.Context, end int64) error {
	for s.at.next < end {
		records, next, err := s.fetch(ctx, s.at.next, end)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := s.log.add(r); err != nil {
				return err
			}
		}
		s.at.next = next
	}
	return nil
}

// locate finds the topic's leader.
func (s *Store) locate(ctx context.Context) error {
	topics, err := s.admin.ListTopics(ctx, s.conf.Topic)
	if err != nil {
		return err
	}
	t := topics[s.conf.Topic]
	switch {
	case errors.Is(t.Err, kerr.UnknownTopicOrPartition):
		return errNoTopic
	case t.Err != nil:
		return t.Err
	case len(t.Partitions) != 1:
		return fmt.Errorf("the topic has %d partitions; a checkpoint's has one", len(t.Partitions))
	case s.at.known && s.at.id != t.ID:
		return errLost
	}
	s.at.known, s.at.id, s.at.leader = true, t.ID, t.Partitions[0].Leader
	return nil
}

// fetch returns records from an offset on, at least one where there is one before
// end, and the offset behind them.
func (s *Store) fetch(ctx context.Context, from, end int64) ([]*kgo.Record, int64, error) {
	begin := time.Now()
	for {
		records, next, err := s.tryFetch(ctx, from, end)
		switch {
		case err == nil && next > from:
			return records, next, nil
		case ctx.Err() != nil:
			return nil, from, ctx.Err()
		case errors.Is(err, kerr.OffsetOutOfRange), errors.Is(err, kerr.UnknownTopicID):
			return nil, from, errors.Join(errLost, err)
		case err != nil && !kerr.IsRetriable(err) && !kgo.IsRetryableBrokerErr(err), time.Since(begin) > patience:
			return nil, from, fmt.Errorf("reading the log at offset %d: %w", from, errors.Join(err, errSlow(err)))
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			if err := s.locate(ctx); err != nil && !kerr.IsRetriable(err) && !kgo.IsRetryableBrokerErr(err) {
				return nil, from, err
			}
		}
	}
}

func errSlow(err error) error {
	if err == nil {
		return errors.New("the broker gives nothing")
	}
	return nil
}

func (s *Store) tryFetch(ctx context.Context, from, end int64) ([]*kgo.Record, int64, error) {
	resp, err := s.client.Broker(int(s.at.leader)).RetriableRequest(ctx, s.fetchRequest(from))
	if err != nil {
		return nil, from, err
	}
	fetched := resp.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(fetched.ErrorCode); err != nil {
		return nil, from, err
	}
	if len(fetched.Topics) != 1 || len(fetched.Topics[0].Partitions) != 1 {
		return nil, from, nil
	}
	p, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: from, Topic: s.conf.Topic},
		&fetched.Topics[0].Partitions[0], kgo.DefaultDecompressor(), nil)
	if p.Err != nil && len(p.Records) == 0 {
		return nil, from, p.Err
	}
	empty := len(fetched.Topics[0].Partitions[0].RecordBatches) == 0
	if empty && p.HighWatermark >= end {
		next = end // what is left was compacted away
	}
	return p.Records, next, nil
}

func (s *Store) fetchRequest(from int64) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 500, 1, 16<<20
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.conf.Topic, s.at.id
	part := kmsg.NewFetchRequestTopicPartition()
	part.FetchOffset, part.PartitionMaxBytes, part.CurrentLeaderEpoch = from, 4<<20, -1
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	return req
}

// reader gives an object's bytes, fetching a piece when the one before is used up.
type reader struct {
	ctx    context.Context
	s      *Store
	object *object
	piece  int
	rest   []byte
}

// Read reads from the piece at hand.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.piece == len(r.object.offsets) {
			return 0, io.EOF
		}
		if err := r.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *reader) load() error {
	if r.object.data != nil {
		r.rest, r.piece = r.object.data, 1
		return nil
	}
	at := r.object.offsets[r.piece]
	r.s.mu.Lock()
	records, _, err := r.s.fetch(r.ctx, at, at+1)
	r.s.mu.Unlock()
	if err != nil {
		return err
	}
	if len(records) == 0 || records[0].Offset != at || len(records[0].Value) == 0 {
		return fmt.Errorf("the piece at offset %d is gone: the object was deleted", at)
	}
	r.rest = records[0].Value[1:]
	r.piece++
	return nil
}

// Close does nothing.
func (r *reader) Close() error { return nil }
