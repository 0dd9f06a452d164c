package memory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Streams is a source that a program feeds by hand: the way to test a streaming
// query. Each stream has a name, by which the format "memory" reads it. It is
// safe for concurrent use.
type Streams struct {
	mu      sync.Mutex
	streams map[string]*Stream
}

// NewStreams returns a source without streams.
func NewStreams() *Streams { return &Streams{streams: map[string]*Stream{}} }

// Add makes an empty stream, or replaces one.
func (s *Streams) Add(name string, schema *types.Schema) *Stream {
	st := &Stream{name: name, schema: schema, grown: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams[strings.ToLower(name)] = st
	return st
}

// Stream is a sequence of record batches that grows. An offset is the number of
// batches before it.
type Stream struct {
	name   string
	schema *types.Schema

	mu      sync.Mutex
	batches []batch.Batch
	grown   chan struct{} // closed, and replaced, when batches grow
}

// Append adds a record batch of the stream's schema.
func (s *Stream) Append(rec arrow.RecordBatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, batch.Batch{Record: rec})
	close(s.grown)
	s.grown = make(chan struct{})
}

func (s *Stream) state() (int, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.batches), s.grown
}

// Format is "memory".
func (s *Streams) Format() string { return "memory" }

// Options lists the options of the source.
func (s *Streams) Options() []option.Spec {
	return []option.Spec{
		{Key: "name", Doc: "the name of the stream"},
		{Key: "maxBatchesPerTrigger", Doc: "the most record batches that a micro-batch reads"},
	}
}

func (s *Streams) find(spec source.Spec) (*Stream, error) {
	name := spec.Options.Get("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.streams[strings.ToLower(name)]
	if !ok {
		var names []string
		for _, st := range s.streams {
			names = append(names, st.name)
		}
		sort.Strings(names)
		return nil, &option.Error{Key: "name", Msg: fmt.Sprintf("no memory stream %q%s", name, types.DidYouMean(name, names))}
	}
	return st, nil
}

// Describe returns the stream's schema.
func (s *Streams) Describe(_ context.Context, spec source.Spec) (*types.Schema, error) {
	st, err := s.find(spec)
	if err != nil {
		return nil, err
	}
	if spec.Schema != nil {
		return nil, errors.New("a memory stream has a schema of its own; leave Schema out")
	}
	return st.schema, nil
}

// Open returns a reader of the stream.
func (s *Streams) Open(_ context.Context, spec source.Spec) (source.Source, error) {
	st, err := s.find(spec)
	if err != nil {
		return nil, err
	}
	limit, err := spec.Options.Int("maxBatchesPerTrigger", 1)
	if err != nil {
		return nil, err
	}
	r := &reader{stream: st, limit: int(limit), schema: st.schema, frozen: -1}
	if spec.Columns == nil {
		return r, nil
	}
	fields := make([]types.Field, len(spec.Columns))
	r.cols = []int{}
	for i, name := range spec.Columns {
		c, err := st.schema.Index(name)
		if err != nil || c < 0 {
			return nil, fmt.Errorf("the memory stream %s has no column %s", st.name, types.QuoteIfNeeded(name))
		}
		r.cols, fields[i] = append(r.cols, c), st.schema.Field(c)
	}
	r.schema = types.NewSchema(fields...)
	return r, nil
}

// reader reads one stream for one query.
type reader struct {
	stream *Stream
	schema *types.Schema
	cols   []int // nil: all
	limit  int
	frozen int // the end that available-now has fixed, or -1
}

// Schema is that of the columns asked for.
func (r *reader) Schema() *types.Schema { return r.schema }

func (r *reader) end() int {
	n, _ := r.stream.state()
	if r.frozen >= 0 {
		return min(n, r.frozen)
	}
	return n
}

func position(at source.Offset) (int, error) {
	if len(at) == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(string(at))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("bad offset %s of a memory stream", at)
	}
	return n, nil
}

func offset(n int) source.Offset { return source.Offset(strconv.Itoa(n)) }

// Bounds is all that is there.
func (r *reader) Bounds(context.Context) (from, to source.Offset, err error) {
	return offset(0), offset(r.end()), nil
}

// Initial is the beginning.
func (r *reader) Initial(context.Context) (source.Offset, error) { return offset(0), nil }

// Next is the end, or as far as the limit allows.
func (r *reader) Next(_ context.Context, from source.Offset) (source.Offset, error) {
	n, err := position(from)
	if err != nil {
		return nil, err
	}
	end := max(n, r.end())
	if r.limit > 0 {
		end = min(end, n+r.limit)
	}
	return offset(end), nil
}

// Wait returns once the stream has grown beyond from.
func (r *reader) Wait(ctx context.Context, from source.Offset) error {
	at, err := position(from)
	if err != nil {
		return err
	}
	for {
		n, grown := r.stream.state()
		if n > at && r.frozen < 0 {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Freeze fixes the end.
func (r *reader) Freeze(context.Context) error { r.frozen = r.end(); return nil }

// Latest is the end.
func (r *reader) Latest() source.Offset { n, _ := r.stream.state(); return offset(n) }

type split struct{ From, To int }

// Plan makes a range of each record batch, so that tasks can share them.
func (r *reader) Plan(_ context.Context, from, to source.Offset) ([]source.Range, error) {
	a, err := position(from)
	if err != nil {
		return nil, err
	}
	b, err := position(to)
	if err != nil {
		return nil, err
	}
	var out []source.Range
	for ; a < b; a++ {
		text, err := json.Marshal(split{a, a + 1})
		if err != nil {
			return nil, err
		}
		out = append(out, source.Range{Split: text})
	}
	return out, nil
}

// Open reads a range.
func (r *reader) Open(_ context.Context, rng source.Range) (batch.Stream, error) {
	var s split
	if err := json.Unmarshal(rng.Split, &s); err != nil {
		return nil, err
	}
	r.stream.mu.Lock()
	defer r.stream.mu.Unlock()
	if s.From < 0 || s.To > len(r.stream.batches) || s.From > s.To {
		return nil, fmt.Errorf("the memory stream %s has no batches %d to %d", r.stream.name, s.From, s.To)
	}
	return &rangeStream{reader: r, left: r.stream.batches[s.From:s.To]}, nil
}

// Close does nothing: the stream outlives its readers.
func (r *reader) Close() error { return nil }

// rangeStream gives some batches of a stream.
type rangeStream struct {
	reader *reader
	left   []batch.Batch
}

// String names the source.
func (s *rangeStream) String() string { return "MemoryStream " + s.reader.stream.name }

// Schema is the reader's.
func (s *rangeStream) Schema() *arrow.Schema { return s.reader.schema.Arrow() }

// Next returns the next batch that has rows.
func (s *rangeStream) Next(context.Context) (batch.Batch, error) {
	for len(s.left) > 0 {
		b := s.left[0]
		s.left = s.left[1:]
		if b.NumRows() == 0 {
			continue
		}
		return s.reader.project(b), nil
	}
	return batch.Batch{}, io.EOF
}

// Close forgets the rest.
func (s *rangeStream) Close() error { s.left = nil; return nil }
