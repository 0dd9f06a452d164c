package kafka

import (
	"context"
	"errors"
	"fmt"

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

// last returns the last committed record of a shard, or nil, and the offset at which
// the next record will stand; emptied tells that there is none since records were
// deleted. It must be called after the shard has
// been fenced: only then is no other transaction open, so that what it finds
// decides. It waits until those that were open have ended.
func (r *progressReader) last(ctx context.Context, shard int) (p *progress, next int64, emptied bool, err error) {
	at := tp{r.topic, int32(shard)}
	low, end, err := r.c.stable(ctx, at)
	if err != nil {
		return nil, 0, false, err
	}
	for to, size := end, int64(tailOffsets); to > low; size *= 4 {
		from := max(low, to-size)
		value, err := r.lastIn(ctx, at, from, to)
		if err != nil {
			return nil, 0, false, err
		}
		if value != nil {
			p, err := parseProgress(value)
			if err != nil {
				return nil, 0, false, fmt.Errorf("%s: %w", at, err)
			}
			return p, end, false, nil
		}
		to = from
	}
	return nil, end, low > 0, nil // compaction leaves the last record, and the log's start where it is
}

// lastIn returns the last committed value in a range, or nil.
func (r *progressReader) lastIn(ctx context.Context, at tp, from, to int64) ([]byte, error) {
	var last []byte
	err := eachBatch(ctx, r.source, at, from, to, func(b batch.Batch) {
		if values, ok := b.Record.Column(0).(*array.Binary); ok && values.Len() > 0 {
			last = values.Value(values.Len() - 1)
		}
	})
	return last, err
}

// eachBatch gives what a source reads of a range of one partition, in order.
func eachBatch(ctx context.Context, s *kafkaSource, at tp, from, to int64, f func(batch.Batch)) error {
	ranges, err := s.Plan(ctx, offsets{at: from}.json(), offsets{at: to}.json())
	if err != nil {
		return err
	}
	for _, rg := range ranges {
		st, err := s.Open(ctx, rg)
		if err != nil {
			return err
		}
		for {
			b, err := st.Next(ctx)
			if batch.IsEnd(err) {
				break
			}
			if err != nil {
				return errors.Join(err, st.Close())
			}
			f(b)
		}
		if err := st.Close(); err != nil {
			return err
		}
	}
	return nil
}
