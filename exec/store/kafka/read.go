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
	epoch  int32 // of the leader, -1 where brokers do not tell
	next   int64
}

// patience is the time in which reading must get on: longer than it takes to elect
// leaders.
const patience = 30 * time.Second

// attemptTime is how long one request to a broker may take, which may be gone.
const attemptTime = 10 * time.Second

var (
	errNoTopic = errors.New("there is no such topic")
	errWide    = errors.New("a checkpoint's has one")
	errLost    = errors.New("records of the topic were deleted, or it was made anew; a checkpoint's topic must keep what it has: set cleanup.policy=compact, and start with a new one")
)

// passes tells whether an error may be gone when leaders are elected, or the brokers
// know of each other's news.
func passes(err error) bool {
	var coded *kerr.Error
	if errors.As(err, &coded) {
		return coded.Retriable || errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID) ||
			errors.Is(err, kerr.FencedLeaderEpoch) || errors.Is(err, kerr.UnknownLeaderEpoch)
	}
	for _, stays := range []error{errNoTopic, errWide, errLost, kgo.ErrClientClosed} {
		if errors.Is(err, stays) {
			return false
		}
	}
	return true
}

// patiently tries until it succeeds, or fails for good, or patience is over.
func patiently(ctx context.Context, try func() error) error {
	begin := time.Now()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		err := try()
		switch {
		case err == nil || !passes(err):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(begin) > patience:
			return err
		}
		pause(ctx, wait)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

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
	end, err := s.end(ctx)
	if err != nil {
		return fmt.Errorf("finding the end of the log: %w", err)
	}
	return s.read(ctx, end)
}

// end returns the offset behind all that is written.
func (s *Store) end(ctx context.Context) (end int64, err error) {
	err = patiently(ctx, func() error {
		ends, err := s.admin.ListEndOffsets(ctx, s.conf.Topic)
		if err != nil {
			return err
		}
		got, ok := ends.Lookup(s.conf.Topic, 0)
		if !ok {
			return kerr.UnknownTopicOrPartition
		}
		end = got.Offset
		return got.Err
	})
	return end, err
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

// locate finds the topic's leader, once there is one.
func (s *Store) locate(ctx context.Context) error {
	return patiently(ctx, func() error { return s.tryLocate(ctx) })
}

func (s *Store) tryLocate(ctx context.Context) error {
	t, err := s.topic(ctx)
	switch {
	case err != nil:
		return err
	case len(t.Partitions) != 1:
		return fmt.Errorf("the topic has %d partitions; %w", len(t.Partitions), errWide)
	case s.at.known && s.at.id != t.ID:
		return errLost
	}
	p := t.Partitions[0]
	if p.Leader < 0 {
		return errors.Join(kerr.LeaderNotAvailable, p.Err)
	}
	s.at.known, s.at.id, s.at.leader, s.at.epoch = true, t.ID, p.Leader, p.LeaderEpoch
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
		case errors.Is(err, kerr.OffsetOutOfRange):
			return nil, from, errors.Join(errLost, err)
		case err != nil && !passes(err), time.Since(begin) > patience:
			return nil, from, fmt.Errorf("reading the log at offset %d: %w", from, errors.Join(err, errSlow(err)))
		}
		if err != nil {
			pause(ctx, 50*time.Millisecond)
		}
		err = s.locate(ctx)
		if errors.Is(err, errNoTopic) {
			err = errLost
		}
		if err != nil {
			return nil, from, err
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
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	resp, err := s.client.Broker(int(s.at.leader)).Request(ctx, s.fetchRequest(from))
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
	part.FetchOffset, part.PartitionMaxBytes, part.CurrentLeaderEpoch = from, 4<<20, s.at.epoch // others than the leader must not answer
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
