package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// epochEnds asks where the leader epochs end in the logs as they are now (KIP-320):
// where the first later epoch begins, or else the log ends. Partitions whose leader
// does not know are left out, and all where brokers cannot be asked that.
func (c *cluster) epochEnds(ctx context.Context, epochs offsets) (offsets, error) {
	if len(epochs) == 0 {
		return nil, nil
	}
	try, cancel := context.WithTimeout(ctx, c.conf.apiTimeout)
	defer cancel()
	for {
		out, err := c.tryEpochEnds(try, epochs)
		if err == nil || try.Err() == nil && unsupported(err) {
			return out, nil
		}
		if try.Err() != nil || lasting(err) != nil {
			return nil, c.explain(ctx, "cannot ask for the ends of leader epochs", err)
		}
		sleep(try, c.conf.backoff)
	}
}

// tryEpochEnds gives the answers that pass no later only.
func (c *cluster) tryEpochEnds(ctx context.Context, epochs offsets) (offsets, error) {
	resp, err := epochRequest(epochs).RequestWith(ctx, c.cl)
	if err != nil {
		return nil, err
	}
	out := offsets{}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			k := tp{t.Topic, p.Partition}
			switch err := kerr.ErrorForCode(p.ErrorCode); {
			case err == nil && p.EndOffset >= 0:
				out[k] = p.EndOffset
			case err != nil && kerr.IsRetriable(err) && !errors.Is(err, kerr.UnknownTopicOrPartition):
				return nil, fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	return out, nil
}

func epochRequest(epochs offsets) *kmsg.OffsetForLeaderEpochRequest {
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	req.ReplicaID = -1
	for _, k := range epochs.sorted() {
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != k.topic {
			t := kmsg.NewOffsetForLeaderEpochRequestTopic()
			t.Topic = k.topic
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = k.partition, -1, int32(epochs[k])
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, p)
	}
	return req
}

// unsupported tells that a broker has no such request. The library's own errors
// for that have no names.
func unsupported(err error) bool {
	return errors.Is(err, kerr.UnsupportedVersion) || strings.Contains(err.Error(), "broker is too old") || strings.Contains(err.Error(), "request key is unknown")
}

// cuts finds the logs that no longer hold all that they held up to the offsets: a
// broker was elected leader without their ends, and others may be there now. It
// returns where each was cut back to. leaders are the epochs of the leaders now; as
// long as those are the ones that the offsets are pinned to, nobody is asked.
func (s *kafkaSource) cuts(ctx context.Context, at, leaders offsets) (offsets, error) {
	ask := offsets{}
	s.mu.Lock()
	for k := range at {
		if was, ok := s.epochs[k]; ok && leaders[k] > was {
			ask[k] = was
		}
	}
	s.mu.Unlock()
	ends, err := s.cluster.epochEnds(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := offsets{}
	for k, end := range ends {
		if end < at[k] {
			out[k] = end
		}
	}
	return out, nil
}

func (s *kafkaSource) cutLoss(k tp, end, read int64) *Loss {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cutLoss(k, s.epochs[k], end, read)
}

func cutLoss(k tp, epoch, end, to int64) *Loss {
	return &Loss{k.topic, k.partition, end, to, fmt.Sprintf(
		"leader epoch %d, in which the log reached %d, ends at %d now: a broker was elected leader without them, and their offsets now hold other records", epoch, to, end)}
}

// follow sees that the logs whose leaders have changed still hold what the query
// has read of them. Those that do not are an error, or begin again where they were
// cut back to.
func (s *kafkaSource) follow(ctx context.Context, given, begin, leaders offsets) error {
	read := offsets{}
	for k, at := range given {
		if now, ok := begin[k]; ok && now == at {
			read[k] = at
		}
	}
	cut, err := s.cuts(ctx, read, leaders)
	if err != nil {
		return err
	}
	for _, k := range cut.sorted() {
		loss := s.cutLoss(k, cut[k], read[k])
		if s.conf.failOnLoss {
			return loss
		}
		s.lost(*loss)
		s.leave(k, read[k], cut[k])
		begin[k] = cut[k]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range read {
		if was, ok := s.epochs[k]; ok {
			s.epochs[k] = max(was, leaders[k])
		}
	}
	return nil
}

// reached remembers the epochs of the leaders that told where a batch ends.
func (s *kafkaSource) reached(begin, to, leaders offsets) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, end := range to {
		_, pinned := s.epochs[k]
		if pinned && end == begin[k] {
			continue
		}
		if epoch, ok := leaders[k]; ok && epoch >= 0 {
			s.epochs[k] = epoch
		} else {
			delete(s.epochs, k)
		}
	}
}

// whole says how much of a range may be read: all of it, unless its topic or the
// end of its log is another one now than when it was planned.
func (s *kafkaSource) whole(ctx context.Context, cat *catalog, sp split, id [16]byte) (same bool, to int64, err error) {
	if err := checkTopic(cat, sp.at(), id, sp.From); err != nil {
		if s.conf.failOnLoss {
			return false, 0, err
		}
		return false, sp.To, nil // the reading skips it, and tells
	}
	leader, _, _ := cat.leader(sp.at())
	if sp.Epoch < 0 || leader.epoch <= sp.Epoch {
		return true, sp.To, nil
	}
	ends, err := s.cluster.epochEnds(ctx, offsets{sp.at(): int64(sp.Epoch)})
	end, ok := ends[sp.at()]
	if err != nil || !ok || end >= sp.To {
		return true, sp.To, err
	}
	loss := cutLoss(sp.at(), int64(sp.Epoch), end, sp.To)
	if s.conf.failOnLoss {
		return true, 0, loss
	}
	if !s.conf.streaming { // Next tells otherwise
		s.lost(*loss)
	}
	return true, max(sp.From, end), nil
}
