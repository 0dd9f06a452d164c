package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kgo"
)

// feed gives the chunks of a partition in order.
type feed interface {
	// next returns a chunk that covers pos, or one from after pos where what was
	// there is lost and may be. It blocks until there is one; there always is
	// while pos is within the range that the feed was made for.
	next(ctx context.Context, pos int64) (chunk, error)
	// close ends and waits for all that the feed has started.
	close()
}

// stream reads the offsets [pos, to) of a partition. The offsets that hold no
// record are passed over by position: a range ends where the position reaches
// its end, not at a number of records.
type stream struct {
	conf   *config
	at     tp
	split  split
	pos    int64
	to     int64
	feed   feed
	codecs kgo.Decompressor
	schema *arrow.Schema
	out    *builder
	lost   func(Loss)
	refuse func(source.Refused) error // nil where nobody asks
	passed *passed                    // of the source; nil in tests

	chunk chunk
	spans []span // of chunk, not yet begun
	rec   records
	end   error
}

// String names the source, its partition and its offsets.
func (s *stream) String() string {
	return fmt.Sprintf("Kafka(%s [%d, %d))", s.at, s.split.From, s.split.To)
}

// Schema is that of the wanted columns.
func (s *stream) Schema() *arrow.Schema { return s.schema }

// Next returns the next rows, in the order of their offsets.
func (s *stream) Next(ctx context.Context) (batch.Batch, error) {
	for s.end == nil && !s.out.full() {
		if err := s.step(ctx); err != nil && ctx.Err() != nil {
			return batch.Batch{}, err // not the end: another context may go on
		} else if err != nil {
			s.end = err
		}
	}
	if s.end != nil && !batch.IsEnd(s.end) {
		return batch.Batch{}, s.end
	}
	if s.out.rows == 0 {
		return batch.Batch{}, s.end
	}
	return s.out.take(), nil
}

// step decodes what is left of a record batch, or begins the next one, or gets
// the next chunk.
func (s *stream) step(ctx context.Context) error {
	switch {
	case s.pos >= s.to:
		return io.EOF
	case s.rec.left > 0:
		return s.decode()
	case len(s.spans) > 0:
		return s.begin()
	}
	if s.pos < s.chunk.next {
		s.pos = min(s.chunk.next, s.to)
		return nil
	}
	c, err := s.feed.next(ctx, s.pos)
	if err != nil {
		return err
	}
	if c.next <= s.pos {
		return fmt.Errorf("%s: no progress at offset %d", s.at, s.pos)
	}
	s.chunk, s.spans = c, c.spans
	if c.from > s.pos { // lost, and noted
		s.pos = min(c.from, s.to)
	}
	return nil
}

func (s *stream) begin() (err error) {
	sp := s.spans[0]
	s.spans = s.spans[1:]
	switch {
	case sp.last < s.pos:
		return nil
	case sp.first >= s.to:
		s.pos, s.spans = s.to, nil
		return nil
	}
	if s.rec, err = s.open(s.chunk, sp); err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", s.at, err)
	if errors.Is(err, ErrBatchTooLarge) && !s.conf.failOnLoss && s.refuse != nil {
		return s.pass(sp, err)
	}
	return err
}

// pass leaves a record batch out.
func (s *stream) pass(sp span, cause error) error {
	from, to := max(sp.first, s.pos), min(sp.last+1, s.to)
	s.rec, s.pos = records{}, to
	s.passed.add(to - from)
	return s.refuse(source.Refused{Topic: s.at.topic, Partition: s.at.partition, First: from, Last: to - 1, Rows: to - from, Cause: cause})
}

// Refuse sets who is told of record batches that are too large, which are left out
// with failOnDataLoss=false.
func (s *stream) Refuse(f func(source.Refused) error) { s.refuse = f }

func (s *stream) decode() error {
	left := s.rec.left
	if err := s.fill(&s.rec); err != nil {
		return fmt.Errorf("%s: %w", s.at, err)
	}
	switch {
	case s.rec.left == 0:
		s.rec = records{}
	case !s.out.full(): // stopped at the end of the range
		s.pos, s.rec = s.to, records{}
	case s.rec.left == left:
		return fmt.Errorf("%s: no progress at offset %d", s.at, s.pos)
	}
	return nil
}

// Close ends the reading.
func (s *stream) Close() error {
	if s.feed != nil {
		s.feed.close()
		s.feed = nil
	}
	if s.end == nil {
		s.end = fmt.Errorf("%s: read after close", s.at)
	}
	s.chunk, s.spans, s.rec = chunk{}, nil, records{}
	return nil
}
