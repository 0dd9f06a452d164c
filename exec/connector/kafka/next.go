package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/exec/source"
)

// Next returns where the batch that starts at from ends: the last stable offset
// of each partition, or what maxOffsetsPerTrigger leaves of it. Partitions that
// from does not name begin at their earliest offset, once they hold anything. Those
// whose log was made anew or cut back go back first, in a batch of their own that
// reads nothing of them.
func (s *kafkaSource) Next(ctx context.Context, from source.Offset) (source.Offset, error) {
	given, err := parseOffsets(from)
	if err != nil || s.wentTo(from) {
		return from, err
	}
	cat, err := s.catalogAfter(ctx, s.conf.client.metadataAge)
	if err != nil {
		return nil, err
	}
	begin, err := s.begins(ctx, cat, given)
	if err != nil {
		return nil, err
	}
	if s.ahead != nil {
		if ends, leaders, ok := s.ahead.known(begin); ok {
			// What was heard of last may be a moment old: it can say that there is
			// data, not that there is none, nor that a log ends before what was read.
			ends = ends.atLeast(begin)
			if to, err := s.next(ctx, given, begin, ends, leaders); err != nil || to != nil {
				return to.orNil(), err
			}
		}
	}
	leaders := offsets{}
	ends, err := s.cluster.list(ctx, begin.all(latest), s.conf.client.isolation(), leaders)
	if err != nil {
		return nil, err
	}
	to, err := s.next(ctx, given, begin, ends, leaders)
	if err != nil || to != nil {
		return to.orNil(), err
	}
	return from, nil
}

// atLeast returns the offsets, none of them below those of low.
func (o offsets) atLeast(low offsets) offsets {
	out := offsets{}
	for k, at := range o {
		out[k] = max(at, low[k])
	}
	return out
}

func (o offsets) orNil() source.Offset {
	if o == nil {
		return nil
	}
	return o.json()
}

// wentTo tells that an offset is the one that Next gave last to go back, and that
// no batch was planned with it yet: it must be one of its own.
func (s *kafkaSource) wentTo(from source.Offset) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.back != nil && bytes.Equal(s.back, from)
}

// next returns the end of a batch from begin, given the ends of the logs and the
// epochs of the leaders that told them; nil where there is nothing new.
func (s *kafkaSource) next(ctx context.Context, given, begin, ends, leaders offsets) (offsets, error) {
	if err := s.follow(ctx, given, begin, leaders); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.newest = ends
	frozen := s.frozen
	s.mu.Unlock()
	to, news, back := offsets{}, false, false
	for _, k := range begin.sorted() {
		end := ends[k]
		if end < begin[k] && s.former(k, leaders[k]) {
			end = begin[k]
		}
		if end < begin[k] {
			low, err := s.wentBack(ctx, k, begin[k], end)
			if err != nil {
				return nil, err
			}
			begin[k] = low
		}
		if at, old := given[k]; old && at != begin[k] {
			to[k], back = begin[k], true
			continue
		}
		if frozen != nil {
			at, ok := frozen[k]
			if end = min(end, at); !ok || end < begin[k] {
				end = begin[k]
			}
		}
		if _, old := given[k]; old || end > begin[k] {
			to[k] = end
		}
		news = news || end > begin[k]
	}
	if !news && !back {
		return nil, nil
	}
	if s.conf.maxOffsets > 0 {
		to = limit(begin, to, s.conf.maxOffsets)
	}
	s.reached(begin, to, leaders)
	if back {
		s.mu.Lock()
		s.back = to.json()
		s.mu.Unlock()
	}
	return to, nil
}

// former tells that the leader of an epoch is not the one by whom the query knows how
// far the log reached, but one before it, which has not heard of that yet. Epochs of
// another topic of that name would begin anew: only an id tells that it is the same.
func (s *kafkaSource) former(k tp, epoch int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.epochs[k]
	return ok && epoch >= 0 && epoch < known && s.ids[k.topic] != [16]byte{}
}

// wentBack handles a log that ends before an offset that was read already. It
// returns where to go on.
func (s *kafkaSource) wentBack(ctx context.Context, k tp, begin, end int64) (int64, error) {
	loss := Loss{k.topic, k.partition, end, begin, fmt.Sprintf("the log ends at %d: a broker lost its end, or the topic was deleted and made anew", end)}
	if s.conf.failOnLoss {
		return 0, &loss
	}
	low, err := s.cluster.listOffsets(ctx, offsets{k: earliest})
	if err != nil {
		return 0, err
	}
	s.lost(loss)
	s.leave(k, begin, low[k])
	return low[k], nil
}

// leave goes on at another offset of a log than where the query has come to.
func (s *kafkaSource) leave(k tp, at, to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.void[k], s.starts[k] = at, to
	delete(s.epochs, k)
}

// begins returns where to go on in each partition that there is: at the given
// offset, or, where none is given, at the earliest there was when the partition
// was first seen.
func (s *kafkaSource) begins(ctx context.Context, cat *catalog, given offsets) (offsets, error) {
	s.moved(given)
	begin := offsets{}
	void, gone := offsets{}, map[tp]error{}
	for _, k := range given.sorted() {
		if err := checkTopic(cat, k, s.id(k.topic), given[k]); err != nil {
			void[k], gone[k] = given[k], err
		} else if !s.isVoid(k, given[k]) {
			begin[k] = given[k]
		}
	}
	for _, k := range void.sorted() {
		if err := s.forget(cat, k, given[k], gone[k]); err != nil {
			return nil, err
		}
	}
	unknown := offsets{}
	s.mu.Lock()
	for k := range cat.partitions() {
		if _, ok := begin[k]; ok {
			continue
		}
		if at, ok := s.starts[k]; ok {
			begin[k] = at
		} else {
			unknown[k] = earliest
		}
	}
	s.mu.Unlock()
	low, err := s.cluster.listOffsets(ctx, unknown)
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, at := range low {
		begin[k], s.starts[k] = at, at
	}
	return begin, err
}

// moved forgets the offsets in logs that are gone which the query has left.
func (s *kafkaSource) moved(given offsets) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, off := range s.void {
		if at, ok := given[k]; !ok || at != off {
			delete(s.void, k)
		}
	}
}

// isVoid tells whether an offset belongs to a log that is gone.
func (s *kafkaSource) isVoid(k tp, off int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.void[k]
	return ok && at == off
}

// forget lets go of the offset of a partition that is gone, or was made anew, if
// that is no failure; one made anew then begins at its earliest offset.
func (s *kafkaSource) forget(cat *catalog, k tp, off int64, err error) error {
	var loss *Loss
	if !errors.As(err, &loss) || s.conf.failOnLoss {
		return err
	}
	if s.isVoid(k, off) {
		return nil // told already
	}
	s.lost(*loss)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.starts, k)
	delete(s.epochs, k)
	s.void[k] = off
	if t, ok := cat.topics[k.topic]; ok {
		s.ids[k.topic] = t.id
	} else {
		delete(s.ids, k.topic)
	}
	return nil
}
