package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// SpaceCounted is the space of a limit's numbers: one row without a key.
const SpaceCounted = 'n'

// LimitState counts, as long as the query lives, the rows of a stream that a limit
// has left out as its offset and those that it has passed on. Both are kept, so that
// offset and limit may be others in the next run: what was counted stays counted.
type LimitState struct {
	rows, offset int64 // rows below 0: without end
	follows      bool  // Missed is of consequence
	table        state.Table
	codec        *state.RowCodec
	was, now     limitCounts // before the batch, and as far as it has come
}

// limitCounts is what a limit remembers.
type limitCounts struct {
	skipped, given int64
	missed         bool // rows have passed below the limit after the last that it gave
}

// NewLimitState returns the state of a limit of so many rows, below 0 of all, after
// an offset. With follows, what is below it has state, which ends to follow its
// input once the limit is reached.
func NewLimitState(rows, offset int64, follows bool) (*LimitState, error) {
	types := make([]arrow.DataType, 0, 3)
	for _, f := range limitFields {
		types = append(types, f.Type)
	}
	codec, err := state.NewRowCodec(types)
	return &LimitState{rows: rows, offset: offset, follows: follows, codec: codec}, err
}

var limitFields = []arrow.Field{{Name: "skipped", Type: arrow.PrimitiveTypes.Int64}, {Name: "given", Type: arrow.PrimitiveTypes.Int64},
	{Name: "closed", Type: arrow.FixedWidthTypes.Boolean}}

// LimitSpaces describe the numbers.
func LimitSpaces() []state.Space {
	return []state.Space{{ID: SpaceCounted, Name: "counted", Value: ddl(limitFields)}}
}

func limitKey() []byte { return state.AppendKey(nil, 0, SpaceCounted) }

// Attach gives the state its table, which has key group 0. It fails where a limit
// that was reached is now greater, and the state below it is of an earlier time.
func (l *LimitState) Attach(t state.Table) error {
	l.table = t
	if err := l.Begin(); err != nil {
		return err
	}
	if l.now.missed && !l.Reached() {
		return fmt.Errorf("the limit has passed on %d rows and was reached, and the state below it has not followed its input since; set it back to at most %d, or start the query with a new checkpoint",
			l.now.given, l.now.given)
	}
	return nil
}

// Begin reads what was counted before the batch.
func (l *LimitState) Begin() error {
	l.was = limitCounts{}
	v, err := l.table.Get(limitKey())
	if err != nil {
		return err
	}
	if v != nil {
		cols, err := l.codec.Decode([][]byte{slices.Clone(v)})
		if err != nil {
			return fmt.Errorf("what a limit has counted cannot be read; restore the state from its checkpoint: %w", err)
		}
		l.was = limitCounts{cols[0].(*array.Int64).Value(0), cols[1].(*array.Int64).Value(0), cols[2].(*array.Boolean).Value(0)}
	}
	l.now = l.was
	return nil
}

// Reached tells whether no row passes any more.
func (l *LimitState) Reached() bool { return l.rows >= 0 && l.now.given >= l.rows }

// Left is how many rows of the input may yet be counted.
func (l *LimitState) Left() int64 {
	if l.rows < 0 {
		return math.MaxInt64
	}
	skip := max(0, l.offset-l.now.skipped)
	return skip + min(max(0, l.rows-l.now.given), math.MaxInt64-skip)
}

// Missed notes that the state below has not seen the rows of the batch.
func (l *LimitState) Missed() { l.now.missed = l.follows }

// Flush writes what was counted, if the batch has changed it.
func (l *LimitState) Flush() error {
	if l.now == l.was {
		return nil
	}
	numbers := func(n int64) arrow.Array {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.Append(n)
		return b.NewArray()
	}
	closed := array.NewBooleanBuilder(memory.DefaultAllocator)
	closed.Append(l.now.missed)
	encode, err := l.codec.Encoder([]arrow.Array{numbers(l.now.skipped), numbers(l.now.given), closed.NewArray()})
	if err != nil {
		return err
	}
	return l.table.Set(limitKey(), encode(nil, 0))
}

// Changed tells whether the batch has counted rows.
func (l *LimitState) Changed() bool { return l.now != l.was }

// Rows passes on the rows of a batch's input that are within the limit. With stops,
// the input is closed where no more of it is needed; else it is read to its end.
func (l *LimitState) Rows(in batch.Stream, stops bool) batch.Stream {
	return &limitedStream{in: in, l: l, stops: stops}
}

type limitedStream struct {
	done
	in    batch.Stream
	l     *LimitState
	stops bool
}

// String names the operator.
func (s *limitedStream) String() string { return "Limit" }

// Schema is the input's.
func (s *limitedStream) Schema() *arrow.Schema { return s.in.Schema() }

var errLimitTakenBack = errors.New("internal: a row is taken back that a limit may have counted")

// Next returns what passes of the next batch of which something does.
func (s *limitedStream) Next(ctx context.Context) (batch.Batch, error) {
	return s.once(func() (batch.Batch, error) {
		for {
			if s.stops && s.l.Reached() {
				if err := s.in.Close(); err != nil {
					return batch.Batch{}, err
				}
				return batch.Batch{}, io.EOF
			}
			b, err := s.in.Next(ctx)
			if err != nil {
				return b, err
			}
			if slices.Contains(b.Changes, -1) && !s.l.Reached() {
				return b, errLimitTakenBack
			}
			if b = s.l.cut(b); b.NumRows() > 0 {
				return b, nil
			}
		}
	})
}

// cut returns the rows of a batch that pass, and counts them.
func (l *LimitState) cut(b batch.Batch) batch.Batch {
	n := int64(b.NumRows())
	if l.Reached() {
		return b.Slice(0, 0)
	}
	from, to := min(n, max(0, l.offset-l.now.skipped)), n
	if l.rows >= 0 {
		to = min(n, from+l.rows-l.now.given)
	}
	l.now.skipped += from
	l.now.given += to - from
	if from == 0 && to == n {
		return b
	}
	return b.Slice(int(from), int(to))
}

// Close closes the input.
func (s *limitedStream) Close() error {
	s.close()
	return s.in.Close()
}
