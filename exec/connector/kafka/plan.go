package kafka

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Next returns where the batch that starts at from ends: the last stable offset
// of each partition, or what maxOffsetsPerTrigger leaves of it. Partitions that
// from does not name begin at their earliest offset, once they hold anything.
func (s *kafkaSource) Next(ctx context.Context, from source.Offset) (source.Offset, error) {
	given, err := parseOffsets(from)
	if err != nil {
		return nil, err
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
		if ends, ok := s.ahead.known(begin); ok {
			// What was heard of last may be a moment old: it can say that there is
			// data, not that there is none.
			if to, err := s.next(ctx, given, begin, ends); err != nil || to != nil {
				return to.orNil(), err
			}
		}
	}
	ends, err := s.cluster.listOffsets(ctx, begin.all(latest))
	if err != nil {
		return nil, err
	}
	to, err := s.next(ctx, given, begin, ends)
	if err != nil || to != nil {
		return to.orNil(), err
	}
	return from, nil
}

func (o offsets) orNil() source.Offset {
	if o == nil {
		return nil
	}
	return o.json()
}

// next returns the end of a batch from begin, given the ends of the logs; nil
// where there is nothing new.
func (s *kafkaSource) next(ctx context.Context, given, begin, ends offsets) (offsets, error) {
	s.mu.Lock()
	s.newest = ends
	frozen := s.frozen
	s.mu.Unlock()
	to, news := offsets{}, false
	for _, k := range begin.sorted() {
		end := ends[k]
		if end < begin[k] {
			low, err := s.wentBack(ctx, k, begin[k], end)
			if err != nil {
				return nil, err
			}
			begin[k] = low
			news = news || end > low
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
	if !news {
		return nil, nil
	}
	if s.conf.maxOffsets > 0 {
		to = limit(begin, to, s.conf.maxOffsets)
	}
	return to, nil
}

// wentBack handles a log that ends before an offset that was read already. It
// returns where to go on.
func (s *kafkaSource) wentBack(ctx context.Context, k tp, begin, end int64) (int64, error) {
	loss := Loss{k.topic, k.partition, end, begin, fmt.Sprintf("the log ends at %d: a broker lost its end, or the topic was deleted and made anew", end)}
	if s.conf.failOnLoss {
		return 0, &loss
	}
	s.lost(loss)
	low, err := s.cluster.listOffsets(ctx, offsets{k: earliest})
	return low[k], err
}

// begins returns where to go on in each partition that there is: at the given
// offset, or, where none is given, at the earliest there was when the partition
// was first seen.
func (s *kafkaSource) begins(ctx context.Context, cat *catalog, given offsets) (offsets, error) {
	begin := offsets{}
	void := map[tp]error{}
	for _, k := range given.sorted() {
		if err := checkTopic(cat, k, s.id(k.topic), given[k]); err != nil {
			void[k] = err
		} else if !s.isVoid(k, given[k]) {
			begin[k] = given[k]
		}
	}
	for k, err := range void {
		if err := s.forget(cat, k, given[k], err); err != nil {
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

// isVoid tells whether an offset belongs to a topic that was deleted since.
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
	s.void[k] = off
	if t, ok := cat.topics[k.topic]; ok {
		s.ids[k.topic] = t.id
	}
	return nil
}

// Wait returns once there may be data after from. It hears of data from the
// prefetching. Once in kafka.metadata.max.age.ms it asks the cluster for new
// partitions, and for ends of logs, in case a connection of the prefetching
// hangs.
func (s *kafkaSource) Wait(ctx context.Context, from source.Offset) error {
	given, err := parseOffsets(from)
	if err != nil || s.ahead == nil {
		return err
	}
	for last := time.Now(); ; {
		cat, err := s.catalogAfter(ctx, s.conf.client.metadataAge)
		if err != nil {
			return err
		}
		begin, err := s.begins(ctx, cat, given)
		if err != nil {
			return err
		}
		if time.Since(last) > s.conf.client.metadataAge {
			if more, err := s.beyond(ctx, begin); more || err != nil {
				return err
			}
			last = time.Now()
		}
		s.ahead.follow(cat, begin)
		found, trouble, changed := s.ahead.news(begin)
		if found {
			return nil
		}
		if trouble != nil {
			if again, err := s.mend(ctx, *trouble, begin); err != nil || !again {
				return err
			}
		}
		if err := pause(ctx, changed, max(s.conf.client.metadataAge-time.Since(cat.at), time.Millisecond)); err != nil {
			return err
		}
	}
}

// beyond asks whether any log goes on after begin.
func (s *kafkaSource) beyond(ctx context.Context, begin offsets) (bool, error) {
	ends, err := s.cluster.listOffsets(ctx, begin.all(latest))
	for k, end := range ends {
		if end > begin[k] {
			return true, err
		}
	}
	return false, err
}

func pause(ctx context.Context, changed <-chan struct{}, most time.Duration) error {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// halted is a partition whose fetching has stopped, and why.
type halted struct {
	at  tp
	err error
}

// news tells whether a log is known to go on after begin, or a partition's
// fetching has stopped; if neither, changed is closed when something happens.
func (a *ahead) news(begin offsets) (found bool, trouble *halted, changed <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, at := range begin {
		p := a.parts[k]
		if p.end > at {
			found = true
		}
		if p.trouble != nil && !p.reading {
			trouble = &halted{k, p.trouble}
		}
	}
	return found, trouble, a.changed
}

// mend decides what to do about a partition whose fetching has stopped: again
// means go on waiting, neither again nor an error that Next will find more.
func (s *kafkaSource) mend(ctx context.Context, h halted, begin offsets) (again bool, err error) {
	var loss *Loss
	switch {
	case outOfRange(h.err):
		low, err := s.cluster.listOffsets(ctx, offsets{h.at: earliest})
		if err != nil {
			return false, err
		}
		high, err := s.cluster.listOffsets(ctx, offsets{h.at: latest})
		if err != nil || low[h.at] > begin[h.at] || high[h.at] < begin[h.at] {
			return false, err
		}
	case errors.As(h.err, &loss) && !s.conf.failOnLoss:
		s.lost(*loss)
	default:
		return false, s.cluster.explain(ctx, h.at.String(), h.err)
	}
	s.ahead.restart(h.at, begin[h.at], time.Now().Add(s.conf.client.backoff))
	return true, nil
}

// restart fetches a partition from pos again, but not at once.
func (a *ahead) restart(k tp, pos int64, when time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.part(k, pos)
	p.seek(pos)
	p.retryAt, p.id = when, [16]byte{}
	a.tell()
}

// Plan makes a range of each partition that has something in [from, to), by
// topic and number, and splits them where minPartitions asks for more.
func (s *kafkaSource) Plan(ctx context.Context, from, to source.Offset) ([]source.Range, error) {
	begin, err := parseOffsets(from)
	if err != nil {
		return nil, err
	}
	end, err := parseOffsets(to)
	if err != nil {
		return nil, err
	}
	if begin, err = s.planFrom(ctx, begin, end); err != nil {
		return nil, err
	}
	cat, err := s.catalog(ctx, false)
	if err != nil {
		return nil, err
	}
	var whole []split
	for _, k := range end.sorted() {
		if begin[k] >= end[k] {
			continue
		}
		sp := split{Topic: k.topic, Partition: k.partition, From: begin[k], To: end[k], Epoch: -1}
		if leader, _, ok := cat.leader(k); ok {
			sp.Epoch = leader.epoch
		}
		if id := s.id(k.topic); id != [16]byte{} {
			sp.ID = hex.EncodeToString(id[:])
		}
		whole = append(whole, sp)
	}
	var out []source.Range
	for _, sp := range divide(whole, s.conf.minPartitions) {
		r, err := sp.rangeOf()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// planFrom returns the starts of the partitions of end: those that from does not
// name, and those whose log went back, at their earliest.
func (s *kafkaSource) planFrom(ctx context.Context, from, end offsets) (offsets, error) {
	unknown := offsets{}
	for k, to := range end {
		if at, ok := from[k]; !ok || at > to && !s.conf.failOnLoss {
			unknown[k] = earliest
		} else if at > to {
			return nil, &Loss{k.topic, k.partition, to, at, "the log ends before what was read of it"}
		}
	}
	out, err := s.cluster.listOffsets(ctx, unknown)
	if err != nil {
		return nil, err
	}
	for k, at := range from {
		if _, ok := out[k]; !ok {
			out[k] = at
		}
	}
	return out, nil
}

// checkEpoch makes sure that a leader elected after a range was planned still
// has the records of that range, and not others at their offsets (KIP-320).
func (s *kafkaSource) checkEpoch(ctx context.Context, cat *catalog, sp split, id [16]byte) error {
	if err := checkTopic(cat, sp.at(), id, sp.From); err != nil {
		if s.conf.failOnLoss {
			return err
		}
		return nil // the reading skips it, and tells
	}
	leader, _, _ := cat.leader(sp.at())
	if sp.Epoch < 0 || leader.epoch <= sp.Epoch {
		return nil
	}
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	t := kmsg.NewOffsetForLeaderEpochRequestTopic()
	t.Topic = sp.Topic
	p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = sp.Partition, -1, sp.Epoch
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	try, cancel := context.WithTimeout(ctx, s.conf.client.apiTimeout)
	defer cancel()
	resp, err := req.RequestWith(try, s.cluster.cl)
	if err != nil {
		return s.cluster.explain(ctx, sp.at().String(), err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode == 0 && p.EndOffset >= 0 && p.EndOffset < sp.To && s.conf.failOnLoss {
				return &Loss{sp.Topic, sp.Partition, p.EndOffset, sp.To, "a broker was elected leader without them, and their offsets now hold other records"}
			}
		}
	}
	return nil
}
