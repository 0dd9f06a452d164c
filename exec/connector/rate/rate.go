package rate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Provider makes rate sources.
type Provider struct{}

// NewProvider returns the provider of format "rate".
func NewProvider() *Provider { return &Provider{} }

// Format is "rate".
func (*Provider) Format() string { return "rate" }

// Options lists the options of the source, as Spark has them.
func (*Provider) Options() []option.Spec {
	return []option.Spec{
		{Key: "rowsPerSecond", Default: "1", Doc: "rows made in a second"},
		{Key: "rampUpTime", Default: "0s", Doc: "the time over which the pace grows evenly up to rowsPerSecond"},
		{Key: "numPartitions", Default: "1", Doc: "ranges that the rows of a micro-batch are divided into"},
	}
}

var full = types.NewSchema(types.Field{Name: "timestamp", Type: types.Timestamp, Nullable: true}, types.Field{Name: "value", Type: types.Long, Nullable: true})

// Describe returns timestamp and value.
func (p *Provider) Describe(_ context.Context, spec source.Spec) (*types.Schema, error) {
	if spec.Schema != nil {
		return nil, errors.New("the rate source has columns of its own, timestamp and value; leave Schema out")
	}
	if !spec.Streaming {
		return nil, errors.New("the rate source has no end; read it with ReadStream()")
	}
	_, err := p.open(spec)
	return full, err
}

// Open returns the source.
func (p *Provider) Open(_ context.Context, spec source.Spec) (source.Source, error) {
	return p.open(spec)
}

func (*Provider) open(spec source.Spec) (*rate, error) {
	r := &rate{schema: full, frozen: -1}
	var err error
	if r.perSecond, err = spec.Options.Int("rowsPerSecond", 1); err != nil {
		return nil, err
	}
	if r.parts, err = spec.Options.Int("numPartitions", 1); err != nil {
		return nil, err
	}
	if r.ramp, err = spec.Options.Duration("rampUpTime"); err != nil {
		return nil, err
	}
	if spec.Columns != nil {
		var fields []types.Field
		for _, name := range spec.Columns {
			i, err := full.Index(name)
			if err != nil || i < 0 {
				return nil, fmt.Errorf("the rate source has no column %s", types.QuoteIfNeeded(name))
			}
			fields = append(fields, full.Field(i))
		}
		r.schema = types.NewSchema(fields...)
	}
	return r, nil
}

type rate struct {
	schema    *types.Schema
	perSecond int64
	parts     int64
	ramp      time.Duration
	frozen    int64
}

// place is an offset: the rows made since the query first started.
type place struct {
	Start int64 `json:"startMicros"` // when the query first started, since 1970
	Rows  int64 `json:"rows"`
}

func (p place) offset() source.Offset {
	return source.Offset(fmt.Sprintf(`{"startMicros":%d,"rows":%d}`, p.Start, p.Rows))
}

func parse(o source.Offset) (place, error) {
	var p place
	if err := json.Unmarshal(o, &p); err != nil {
		return p, fmt.Errorf("bad offset %s of a rate source: %w", o, err)
	}
	return p, nil
}

// Schema is that of the columns asked for.
func (r *rate) Schema() *types.Schema { return r.schema }

// Bounds fails: there is no end.
func (r *rate) Bounds(context.Context) (from, to source.Offset, err error) {
	return nil, nil, errors.New("the rate source has no end; read it with ReadStream()")
}

// Initial begins to count now.
func (r *rate) Initial(context.Context) (source.Offset, error) {
	return place{Start: time.Now().UnixMicro()}.offset(), nil
}

// made is how many rows there are after some time.
func (r *rate) made(since time.Duration) int64 {
	if since <= 0 {
		return 0
	}
	if since < r.ramp {
		return int64(float64(r.perSecond) * since.Seconds() * since.Seconds() / (2 * r.ramp.Seconds()))
	}
	return int64(float64(r.perSecond) * (since.Seconds() - r.ramp.Seconds()/2))
}

// Next is as many rows as are due by now.
func (r *rate) Next(_ context.Context, from source.Offset) (source.Offset, error) {
	p, err := parse(from)
	if err != nil {
		return nil, err
	}
	due := r.made(time.Since(time.UnixMicro(p.Start)))
	if r.frozen >= 0 {
		due = min(due, r.frozen)
	}
	p.Rows = max(p.Rows, due)
	return p.offset(), nil
}

// Freeze makes no more rows: available-now reads what is due when it is asked.
func (r *rate) Freeze(context.Context) error { r.frozen = 0; return nil }

// Wait returns when the next row is due.
func (r *rate) Wait(ctx context.Context, from source.Offset) error {
	p, err := parse(from)
	if err != nil {
		return err
	}
	for r.frozen < 0 && r.made(time.Since(time.UnixMicro(p.Start))) <= p.Rows {
		t := time.NewTimer(max(time.Millisecond, min(time.Second/time.Duration(r.perSecond), 100*time.Millisecond)))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
	if r.frozen >= 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// span is what a range makes: the rows [From, To).
type span struct{ Start, From, To int64 }

// Plan divides the rows evenly.
func (r *rate) Plan(_ context.Context, from, to source.Offset) ([]source.Range, error) {
	a, err := parse(from)
	if err != nil {
		return nil, err
	}
	b, err := parse(to)
	if err != nil {
		return nil, err
	}
	var out []source.Range
	n := b.Rows - a.Rows
	for i := range r.parts {
		s := span{a.Start, a.Rows + n*i/r.parts, a.Rows + n*(i+1)/r.parts}
		if s.From == s.To {
			continue
		}
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		out = append(out, source.Range{Split: text, Rows: s.To - s.From})
	}
	return out, nil
}

// at is when a row is due, in microseconds since 1970: the inverse of made past
// the time of ramping up.
func (r *rate) at(start, row int64) int64 {
	return start + int64(float64(row)/float64(r.perSecond)*1e6) + r.ramp.Microseconds()/2
}

// Open makes the rows of a range.
func (r *rate) Open(_ context.Context, rng source.Range) (batch.Stream, error) {
	var s span
	if err := json.Unmarshal(rng.Split, &s); err != nil {
		return nil, fmt.Errorf("bad range %s of a rate source: %w", rng.Split, err)
	}
	return &rows{rate: r, span: s}, nil
}

// Close does nothing.
func (r *rate) Close() error { return nil }

type rows struct {
	rate *rate
	span
}

// String names the source.
func (s *rows) String() string { return "Rate" }

// Schema is the source's.
func (s *rows) Schema() *arrow.Schema { return s.rate.schema.Arrow() }

// Next makes a batch.
func (s *rows) Next(context.Context) (batch.Batch, error) {
	n := int(min(s.To-s.From, batch.MaxRows))
	if n <= 0 {
		return batch.Batch{}, io.EOF
	}
	cols := make([]arrow.Array, s.rate.schema.Len())
	for c := range cols {
		f := s.rate.schema.Field(c)
		out := make([]int64, n)
		for i := range out {
			out[i] = s.From + int64(i)
			if f.Type == types.Timestamp {
				out[i] = s.rate.at(s.Start, out[i])
			}
		}
		data := array.NewData(types.ToArrow(f.Type), n, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(out))}, nil, 0, 0)
		cols[c] = array.MakeFromData(data)
	}
	s.From += int64(n)
	return batch.Batch{Record: array.NewRecordBatch(s.Schema(), cols, int64(n))}, nil
}

// Close ends the range.
func (s *rows) Close() error { s.From = s.To; return nil }
