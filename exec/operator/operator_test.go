package operator

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testEnv = Env{Env: &kernel.Env{ANSI: true}}

// given is a stream of fixed batches that counts how often it was asked, and
// may fail or wait in the end.
type given struct {
	schema  *arrow.Schema
	batches []batch.Batch
	end     error
	pulls   int
	closed  int
}

func (s *given) String() string        { return "Given" }
func (s *given) Schema() *arrow.Schema { return s.schema }
func (s *given) Close() error          { s.closed++; return nil }
func (s *given) Next(ctx context.Context) (batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return batch.Batch{}, err
	}
	if s.pulls++; s.pulls <= len(s.batches) {
		return s.batches[s.pulls-1], nil
	}
	if s.end != nil {
		return batch.Batch{}, s.end
	}
	return batch.Batch{}, io.EOF
}

// stream returns the rows of a batch, cut into batches of size rows.
func stream(b batch.Batch, size int) *given {
	s := &given{schema: b.Record.Schema()}
	for from := 0; from < b.NumRows(); from += size {
		s.batches = append(s.batches, b.Slice(from, min(from+size, b.NumRows())))
	}
	return s
}

// parse makes an array of values in JSON.
func parse(t testing.TB, ty types.Type, json string) arrow.Array {
	t.Helper()
	a, _, err := array.FromJSON(memory.DefaultAllocator, types.ToArrow(ty), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// table makes a batch of columns named a, b, c and so on.
func table(cols ...arrow.Array) batch.Batch {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: c.DataType(), Nullable: true}
	}
	return batch.Batch{Record: array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, int64(cols[0].Len()))}
}

// ref refers to column i of a batch.
func ref(b batch.Batch, i int) expr.Expr {
	ty, err := types.FromArrow(b.Record.Column(i).DataType())
	if err != nil {
		panic(err)
	}
	return &expr.Ref{Index: i, Name: b.Record.ColumnName(i), T: ty, Null: true}
}

func refs(b batch.Batch, cols ...int) []expr.Expr {
	var out []expr.Expr
	for _, c := range cols {
		out = append(out, ref(b, c))
	}
	return out
}

// call binds a call of an aggregate function.
func call(t testing.TB, b batch.Batch, name string, cols ...int) expr.Expr {
	t.Helper()
	schema, err := types.SchemaFromArrow(b.Record.Schema())
	if err != nil {
		t.Fatal(err)
	}
	bound, err := (&expr.Scope{Schema: schema}).Bind(expr.NewCall(name, refs(b, cols...)...))
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

// read reads a stream to its end and returns its rows as text, each batch
// checked against the contract.
func read(t rapid.TB, s batch.Stream) []string {
	t.Helper()
	rows, err := readAll(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return rows
}

func readAll(s batch.Stream) (rows []string, err error) {
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	for {
		b, err := s.Next(context.Background())
		if batch.IsEnd(err) {
			if _, again := s.Next(context.Background()); !batch.IsEnd(again) {
				return nil, fmt.Errorf("after io.EOF came %w", again)
			}
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if b.NumRows() == 0 {
			return nil, fmt.Errorf("a batch without rows")
		}
		if !b.Record.Schema().Equal(s.Schema()) {
			return nil, fmt.Errorf("a batch of schema %s from a stream of %s", b.Record.Schema(), s.Schema())
		}
		rows = append(rows, text(b)...)
	}
}

// text renders the rows that count.
func text(b batch.Batch) []string {
	var out []string
	for j := range b.NumRows() {
		i := row(rowsOf(b), j)
		parts := make([]string, b.Record.NumCols())
		for c := range parts {
			parts[c] = cell(b.Record.Column(c), i)
		}
		if b.Changes != nil && b.Changes[i] < 0 {
			parts = append(parts, "-1")
		}
		out = append(out, strings.Join(parts, " | "))
	}
	return out
}

// cell renders a value, those that are equal as the same text.
func cell(a arrow.Array, i int) string {
	switch a := a.(type) {
	case *array.Float64:
		if a.IsValid(i) { // but for what rounding makes of another order of adding up
			return fmt.Sprintf("%.12g", a.Value(i)+0)
		}
	case *array.Float32:
		if a.IsValid(i) {
			return fmt.Sprint(a.Value(i) + 0)
		}
	case *array.String:
		if a.IsValid(i) {
			return fmt.Sprintf("%q", a.Value(i))
		}
	}
	return a.ValueStr(i)
}

func sorted(rows []string) []string { return slices.Sorted(slices.Values(rows)) }

// keyTypes are the types that random keys are drawn from.
var keyTypes = []types.Type{types.Boolean, types.Byte, types.Short, types.Int, types.Long, types.Float, types.Double, types.String,
	types.Binary, types.Date, types.Timestamp, types.Decimal{Precision: 20, Scale: 2}, types.Void}

// random makes a column of n values, at most distinct different ones, with
// nulls and the values that are special.
func random(rng *rand.Rand, ty types.Type, n, distinct int) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, types.ToArrow(ty))
	for range n {
		k := rng.IntN(distinct)
		if k == 0 || ty == types.Void {
			b.AppendNull()
			continue
		}
		appendValue(b, k)
	}
	return b.NewArray()
}

func appendValue(b array.Builder, k int) {
	floats := []float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0x7FF8000000000001), math.Inf(1)}
	texts := []string{"", "a", "\x00", "a\x00", strings.Repeat("long ", 5)}
	f, s := float64(k)/3, fmt.Sprintf("%0*d", k%23, k)
	if k < len(floats) {
		f, s = floats[k], texts[k]
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(k%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(k))
	case *array.Int16Builder:
		b.Append(int16(-k))
	case *array.Int32Builder:
		b.Append(int32(k))
	case *array.Int64Builder:
		b.Append(int64(k) << 40)
	case *array.Float32Builder:
		b.Append(float32(f))
	case *array.Float64Builder:
		b.Append(f)
	case *array.StringBuilder:
		b.Append(s)
	case *array.BinaryBuilder:
		b.Append([]byte(s))
	case *array.Date32Builder:
		b.Append(arrow.Date32(k))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(k))
	case *array.Decimal128Builder:
		_ = b.AppendValueFromString(fmt.Sprintf("%d.%02d", k/100, k%100))
	default:
		panic(fmt.Sprintf("no value for %T", b))
	}
}
