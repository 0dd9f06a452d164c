package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// columnStream gives the wanted columns of a file.
type columnStream struct {
	path   string
	file   *columnFile
	schema *arrow.Schema
	from   []int // of the file's columns; -1 where it has none
	rest   arrow.RecordBatch
	err    error
	closed bool
}

// choose finds the wanted columns among those of the file.
func (s *columnStream) choose(wanted *types.Schema) error {
	there, err := types.SchemaFromArrow(s.file.schema())
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	for _, f := range wanted.Fields() {
		i, err := there.Index(f.Name)
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		if i >= 0 && !arrow.TypeEqual(types.ToArrow(f.Type), s.file.schema().Field(i).Type) {
			return fmt.Errorf("%s: the column %s is of type %s, and not %s; declare it as it is, and cast it", s.path, types.QuoteIfNeeded(f.Name), there.Field(i).Type.Name(), f.Type.Name())
		}
		if i < 0 && !f.Nullable {
			return fmt.Errorf("%s: there is no column %s, which may not be null", s.path, types.QuoteIfNeeded(f.Name))
		}
		s.from = append(s.from, i)
	}
	return nil
}

// String names the file.
func (s *columnStream) String() string { return "File " + s.path }

// Schema is that of the wanted columns.
func (s *columnStream) Schema() *arrow.Schema { return s.schema }

// Next returns the next rows.
func (s *columnStream) Next(ctx context.Context) (batch.Batch, error) {
	for s.err == nil && s.rest == nil {
		rec, err := s.file.next(ctx)
		switch {
		case err == io.EOF: //nolint:errorlint // wrapped, it is no end
			s.err = err
		case err != nil:
			s.err = fmt.Errorf("%s: %w", s.path, err)
		case rec.NumRows() > 0:
			s.rest = s.pick(rec)
		}
	}
	if s.err != nil {
		return batch.Batch{}, s.err
	}
	out := s.rest
	if s.rest = nil; out.NumRows() > batch.MaxRows {
		out, s.rest = out.NewSlice(0, batch.MaxRows), out.NewSlice(batch.MaxRows, out.NumRows())
	}
	return batch.Batch{Record: out}, nil
}

// pick makes a record of the wanted columns.
func (s *columnStream) pick(rec arrow.RecordBatch) arrow.RecordBatch {
	cols := make([]arrow.Array, len(s.from))
	for i, from := range s.from {
		if from >= 0 {
			cols[i] = rec.Column(from)
		} else {
			cols[i] = array.MakeArrayOfNull(memory.DefaultAllocator, s.schema.Field(i).Type, int(rec.NumRows()))
		}
	}
	return array.NewRecordBatch(s.schema, cols, rec.NumRows())
}

// Close closes the file.
func (s *columnStream) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.err == nil {
		s.err = errors.New("file source: a closed stream was read")
	}
	return s.file.close()
}
