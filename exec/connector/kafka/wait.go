package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/riffledata/riffle/exec/source"
)

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
	case tooLarge(h.err):
		high, err := s.cluster.listOffsets(ctx, offsets{h.at: latest})
		if err != nil || high[h.at] > begin[h.at] {
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
