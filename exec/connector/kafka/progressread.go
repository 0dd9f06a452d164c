package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// progressReader reads the progress topic of a sink.
type progressReader struct {
	topic  string
	c      *cluster
	source *kafkaSource
}

func openProgress(ctx context.Context, c *cluster, topic string) (*progressReader, error) {
	conf := *c.conf
	conf.committed = true
	s, err := openSource(ctx, &config{client: &conf, topics: []string{topic}, start: place{all: earliest}, end: place{all: latest}},
		types.NewSchema(types.Field{Name: "value", Type: types.Binary, Nullable: true}), false, func(Loss) {})
	if err != nil {
		return nil, fmt.Errorf("the sink's progress: %w", err)
	}
	return &progressReader{topic, c, s}, nil
}

func (r *progressReader) close() error { return r.source.Close() }

// tailOffsets is how much of the end of a partition is read at first: the last
// record usually stands before the marker of its transaction.
const tailOffsets = 8

// last returns the last committed record of a shard, or nil. It must be called
// after the shard has been fenced: only then is no other transaction open, so
// that what it finds decides. It waits until those that were open have ended.
func (r *progressReader) last(ctx context.Context, shard int) (*progress, error) {
	at := tp{r.topic, int32(shard)}
	low, end, err := r.stable(ctx, at)
	if err != nil {
		return nil, err
	}
	for to, size := end, int64(tailOffsets); to > low; size *= 4 {
		from := max(low, to-size)
		value, err := r.lastIn(ctx, at, from, to)
		if err != nil {
			return nil, err
		}
		if value != nil {
			p, err := parseProgress(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			return p, nil
		}
		to = from
	}
	return nil, nil
}

// stable waits until the last stable offset of a partition is its end, and
// returns both ends.
func (r *progressReader) stable(ctx context.Context, at tp) (low, end int64, err error) {
	try, cancel := context.WithTimeout(ctx, r.c.conf.apiTimeout)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		stable, err := r.c.listOffsetsIn(try, offsets{at: latest}, 1)
		if err != nil {
			return 0, 0, err
		}
		high, err := r.c.listOffsetsIn(try, offsets{at: latest}, 0)
		if err != nil {
			return 0, 0, err
		}
		if stable[at] >= high[at] {
			first, err := r.c.listOffsetsIn(try, offsets{at: earliest}, 1)
			return first[at], stable[at], err
		}
		if sleep(try, wait); try.Err() != nil {
			return 0, 0, fmt.Errorf("%s: a transaction is open that nobody ends: %w", at, errors.Join(ctx.Err(), try.Err()))
		}
	}
}

// lastIn returns the last committed value in a range, or nil.
func (r *progressReader) lastIn(ctx context.Context, at tp, from, to int64) ([]byte, error) {
	ranges, err := r.source.Plan(ctx, offsets{at: from}.json(), offsets{at: to}.json())
	if err != nil {
		return nil, err
	}
	var last []byte
	for _, rg := range ranges {
		st, err := r.source.Open(ctx, rg)
		if err != nil {
			return nil, err
		}
		for {
			b, err := st.Next(ctx)
			if batch.IsEnd(err) {
				break
			}
			if err != nil {
				return nil, errors.Join(err, st.Close())
			}
			if values, ok := b.Record.Column(0).(*array.Binary); ok && values.Len() > 0 {
				last = values.Value(values.Len() - 1)
			}
		}
		if err := st.Close(); err != nil {
			return nil, err
		}
	}
	return last, nil
}
