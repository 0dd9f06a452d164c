package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/riffledata/riffle/exec/option"
)

// patience is for how long a topic may be missing before that is believed: one
// that was just made is not known to all brokers at once.
const patience = time.Second

// findFirst asks for the topics of the subscription, all of which must exist.
func (s *kafkaSource) findFirst(ctx context.Context) (*catalog, error) {
	for begin := time.Now(); ; sleep(ctx, s.conf.client.backoff) {
		cat, err := s.find(ctx, true, min(s.conf.client.dialTimeout, s.conf.client.apiTimeout))
		if !errors.Is(err, errMissing) || time.Since(begin) > min(patience, s.conf.client.apiTimeout) || ctx.Err() != nil {
			return cat, err
		}
	}
}

// find asks for the topics of the subscription. A subscribed topic or an
// assigned partition that does not exist is an error while must is set.
func (s *kafkaSource) find(ctx context.Context, must bool, within time.Duration) (*catalog, error) {
	cat, err := s.cluster.metadata(ctx, s.conf.topics, within)
	if err != nil {
		return nil, err
	}
	if s.conf.pattern != nil {
		for name := range cat.topics {
			if !s.conf.pattern.MatchString(name) {
				delete(cat.topics, name)
			}
		}
		return cat, nil
	}
	for _, name := range s.conf.topics {
		if _, ok := cat.topics[name]; !ok && must {
			return nil, s.cluster.missing(ctx, name)
		}
	}
	return cat, s.keepAssigned(cat, must)
}

func (s *kafkaSource) keepAssigned(cat *catalog, must bool) error {
	if s.conf.assign == nil {
		return nil
	}
	for k := range cat.partitions() {
		if _, ok := s.conf.assign[k]; !ok {
			delete(cat.topics[k.topic].parts, k.partition)
		}
	}
	for _, k := range s.conf.assign.sorted() {
		if _, _, ok := cat.leader(k); !ok && must {
			return fmt.Errorf("option assign: topic %s has no partition %d: %w; see which there are, or add partitions to the topic", k.topic, k.partition, errMissing)
		}
	}
	return nil
}

// resolve turns a place into an offset of each partition.
func (s *kafkaSource) resolve(ctx context.Context, p place, parts offsets) (offsets, error) {
	if given := p.specific(); given != nil && !given.same(parts) {
		return nil, &option.Error{Key: p.option, Msg: fmt.Sprintf(
			"it must name all partitions, -2 is earliest and -1 latest; it names %s, and there are %s", names(given), names(parts))}
	}
	if p.byTime {
		return s.resolveTimes(ctx, p, parts)
	}
	want := offsets{}
	for k := range parts {
		if off, ok := p.at[k]; !ok {
			want[k] = p.all
		} else if off < 0 {
			want[k] = off
		}
	}
	out, err := s.cluster.listOffsets(ctx, want)
	if err != nil {
		return nil, err
	}
	return out, s.checkGiven(ctx, p, out)
}

func (p place) specific() offsets {
	if p.times != nil {
		return p.times
	}
	return p.at
}

func names(o offsets) string {
	list := make([]string, 0, len(o))
	for _, k := range o.sorted() {
		list = append(list, k.String())
	}
	return strings.Join(list, ", ")
}

// checkGiven adds the offsets that the user gave to out, each of which must lie
// in its log.
func (s *kafkaSource) checkGiven(ctx context.Context, p place, out offsets) error {
	given := offsets{}
	for k, off := range p.at {
		if off >= 0 {
			given[k] = off
		}
	}
	low, err := s.cluster.listOffsets(ctx, given.all(earliest))
	if err != nil {
		return err
	}
	high, err := s.cluster.listOffsets(ctx, given.all(latest))
	if err != nil {
		return err
	}
	for _, k := range given.sorted() {
		off := given[k]
		switch {
		case off > high[k]:
			return &option.Error{Key: p.option, Msg: fmt.Sprintf("%s has no offset %d yet, it ends at %d; give an offset from %d to %d, or -1", k, off, high[k], low[k], high[k])}
		case off < low[k]:
			loss := Loss{k.topic, k.partition, off, low[k], fmt.Sprintf("%s asks for %d and the log begins at %d", p.option, off, low[k])}
			if s.conf.failOnLoss {
				return &loss
			}
			s.lost(loss)
			off = low[k]
		}
		out[k] = off
	}
	return nil
}

func (s *kafkaSource) resolveTimes(ctx context.Context, p place, parts offsets) (offsets, error) {
	want := parts.all(p.millis)
	for k, ms := range p.times {
		want[k] = ms
	}
	out, err := s.cluster.listOffsets(ctx, want)
	if err != nil {
		return nil, err
	}
	later := offsets{}
	for _, k := range parts.sorted() {
		if out[k] >= 0 {
			continue
		}
		if !p.orLatest {
			return nil, &option.Error{Key: p.option, Msg: fmt.Sprintf(
				"%s has no record at or after %d; give an earlier time, or startingOffsetsByTimestampStrategy=latest", k, want[k])}
		}
		later[k] = latest
	}
	ends, err := s.cluster.listOffsets(ctx, later)
	for k, off := range ends {
		out[k] = off
	}
	return out, err
}
