package statestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/open"
)

// Provider makes sources of state.
type Provider struct{}

// NewProvider returns the provider of the format statestore.
func NewProvider() Provider { return Provider{} }

// Format is "statestore".
func (Provider) Format() string { return "statestore" }

// Options lists what is read.
func (Provider) Options() []option.Spec {
	return []option.Spec{
		{Key: "path", Doc: "the query's checkpoint: " + open.Forms},
		{Key: "operator", Doc: "the operator with state, as aggregate-0; needed where there are several"},
		{Key: "state", Doc: "the name of one of the operator's states; default the first"},
		{Key: "batchId", Doc: "the batch after which the state was so; default the last that was committed"},
	}
}

// Describe returns the columns key, value and group of a state.
func (Provider) Describe(ctx context.Context, spec source.Spec) (*types.Schema, error) {
	s, err := openSource(ctx, spec)
	if err != nil {
		return nil, err
	}
	return s.columns.Schema, s.Close()
}

// Open returns the source.
func (Provider) Open(ctx context.Context, spec source.Spec) (source.Source, error) {
	s, err := openSource(ctx, spec)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func openSource(ctx context.Context, spec source.Spec) (*states, error) {
	if spec.Streaming {
		return nil, errors.New("the state of a query is no stream; read it with Read()")
	}
	if spec.Schema != nil {
		return nil, errors.New("the checkpoint says what columns the state has; leave the schema out")
	}
	path := spec.Options.Get("path")
	if path == "" {
		return nil, &option.Error{Key: "path", Msg: "there is none; name the query's checkpoint: " + open.Forms}
	}
	id := int64(stateread.Last)
	if spec.Options.Given("batchId") {
		var err error
		if id, err = spec.Options.Int("batchId", 0); err != nil {
			return nil, err
		}
	}
	files, err := open.Open(path)
	if err != nil {
		return nil, err
	}
	s := &states{files: files}
	v, err := stateread.Load(ctx, files, id)
	if err == nil {
		s.batch = v.Batch
		s.columns, err = v.Columns(stateread.Choice{Operator: spec.Options.Get("operator"), State: spec.Options.Get("state")})
	}
	if err == nil {
		err = s.choose(spec.Columns)
	}
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return s, nil
}

// states is the source of one state after one batch.
type states struct {
	files   store.Store
	batch   int64
	columns *stateread.Columns
	from    []int // the columns that are wanted
	schema  *types.Schema
}

func (s *states) choose(names []string) error {
	all := s.columns.Schema
	if names == nil {
		names = all.Names()
	}
	var fields []types.Field
	for _, name := range names {
		i, err := all.Index(name)
		if err != nil || i < 0 {
			return fmt.Errorf("no column %s in (%s)%s", name, strings.Join(all.Names(), ", "), types.DidYouMean(name, all.Names()))
		}
		s.from, fields = append(s.from, i), append(fields, all.Field(i))
	}
	s.schema = types.NewSchema(fields...)
	return nil
}

// Schema is that of the wanted columns.
func (s *states) Schema() *types.Schema { return s.schema }

// Bounds are nothing and the batch.
func (s *states) Bounds(context.Context) (from, to source.Offset, err error) {
	return nil, source.Offset(fmt.Sprint(s.batch)), nil
}

var errNoStream = errors.New("the state of a query is no stream; read it with Read()")

// Initial refuses streams.
func (s *states) Initial(context.Context) (source.Offset, error) { return nil, errNoStream }

// Next refuses streams.
func (s *states) Next(context.Context, source.Offset) (source.Offset, error) { return nil, errNoStream }

// Wait refuses streams.
func (s *states) Wait(context.Context, source.Offset) error { return errNoStream }

// Plan is one range.
func (s *states) Plan(_ context.Context, _, to source.Offset) ([]source.Range, error) {
	return []source.Range{{Split: to}}, nil
}

// Open reads the state.
func (s *states) Open(context.Context, source.Range) (batch.Stream, error) {
	return &stream{s: s, schema: s.schema.Arrow()}, nil
}

// Close closes the checkpoint.
func (s *states) Close() error { return s.files.Close() }

// stream turns the calls of Each into those of Next.
type stream struct {
	s      *states
	schema *arrow.Schema
	pull   func() (arrow.RecordBatch, error, bool)
	stop   func()
	err    error
}

// String names the source.
func (s *stream) String() string { return "StateStore" }

// Schema is that of the wanted columns.
func (s *stream) Schema() *arrow.Schema { return s.schema }

var errStopped = errors.New("stopped")

// Next returns some pairs of the state.
func (s *stream) Next(ctx context.Context) (batch.Batch, error) {
	if s.err != nil {
		return batch.Batch{}, s.err
	}
	if s.pull == nil {
		s.pull, s.stop = iter.Pull2(func(yield func(arrow.RecordBatch, error) bool) {
			err := s.s.columns.Each(ctx, func(rec arrow.RecordBatch) error {
				if !yield(rec, nil) {
					return errStopped
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStopped) {
				yield(nil, err)
			}
		})
	}
	rec, err, ok := s.pull()
	if !ok {
		err = io.EOF
	}
	if err != nil {
		s.err = err
		return batch.Batch{}, err
	}
	cols := make([]arrow.Array, len(s.s.from))
	for i, from := range s.s.from {
		cols[i] = rec.Column(from)
	}
	return batch.Batch{Record: array.NewRecordBatch(s.schema, cols, rec.NumRows())}, nil
}

// Close ends the reading.
func (s *stream) Close() error {
	if s.stop != nil {
		s.stop()
	}
	if s.err == nil {
		s.err = errors.New("statestore: a closed stream was read")
	}
	return nil
}
