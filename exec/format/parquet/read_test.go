package parquet

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/riffledata/riffle/dataframe/types"
)

// fileOf is a file of one column x, as another program may write it.
func fileOf(t *testing.T, node pq.Node, rows ...pq.Row) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pq.NewWriter(&out, pq.NewSchema("schema", pq.Group{"x": node}))
	if _, err := w.WriteRows(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// flat are rows of one value.
func flat(values ...pq.Value) []pq.Row {
	out := make([]pq.Row, len(values))
	for i, v := range values {
		out[i] = pq.Row{v.Level(0, 0, 0)}
	}
	return out
}

func longs(values ...int64) []pq.Row {
	out := make([]pq.Value, len(values))
	for i, v := range values {
		out[i] = pq.Int64Value(v)
	}
	return flat(out...)
}

// Types that riffle does not write become the nearest that it has.
func TestForeignTypes(t *testing.T) {
	julian := deprecated.Int96{0, 0, 2440589} // the second day
	julian[0] = 1500
	for name, c := range map[string]struct {
		node pq.Node
		rows []pq.Row
		want string
	}{
		"uint8":           {pq.Uint(8), flat(pq.Int32Value(200)), "smallint 200"},
		"uint16":          {pq.Uint(16), flat(pq.Int32Value(60000)), "int 60000"},
		"uint32":          {pq.Uint(32), flat(pq.Int32Value(-1)), "bigint 4294967295"},
		"millis":          {pq.Timestamp(pq.Millisecond), longs(-1, 1000), "timestamp 1969-12-31 23:59:59.999 +0000 UTC 1970-01-01 00:00:01 +0000 UTC"},
		"nanos":           {pq.TimestampAdjusted(pq.Nanosecond, false), longs(-1, 1999), "timestamp_ntz 1969-12-31 23:59:59.999999 +0000 UTC 1970-01-01 00:00:00.000001 +0000 UTC"},
		"int96":           {pq.Leaf(pq.Int96Type), flat(pq.Int96Value(julian)), "timestamp 1970-01-02 00:00:00.000001 +0000 UTC"},
		"enum":            {pq.Enum(), flat(pq.ByteArrayValue([]byte("a"))), "string a"},
		"json":            {pq.JSON(), flat(pq.ByteArrayValue([]byte("{}"))), "string {}"},
		"fixed":           {pq.Leaf(pq.FixedLenByteArrayType(2)), flat(pq.FixedLenByteArrayValue([]byte("ab")), pq.FixedLenByteArrayValue([]byte("cd"))), "binary [97 98] [99 100]"},
		"decimal bytes":   {pq.Decimal(1, 20, pq.ByteArrayType), flat(pq.ByteArrayValue([]byte{0xff}), pq.ByteArrayValue([]byte{1, 0})), "decimal(20,1) -0.1 25.6"},
		"decimal of five": {pq.Decimal(1, 11, pq.FixedLenByteArrayType(5)), flat(pq.FixedLenByteArrayValue([]byte{0xff, 0xff, 0xff, 0xff, 0xfe})), "decimal(11,1) -0.2"},
		"repeated":        {pq.Repeated(pq.Int(32)), []pq.Row{{pq.Int32Value(1).Level(0, 1, 0), pq.Int32Value(2).Level(1, 1, 0)}, {pq.Value{}.Level(0, 0, 0)}}, "array<int> [1 2] []"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(fileOf(t, c.node, c.rows...)), 10)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			schema, err := types.SchemaFromArrow(r.Schema())
			if err != nil {
				t.Fatal(err)
			}
			got := schema.Field(0).Type.Name()
			for _, row := range types.Rows(schema, rec) {
				v, err := row.Get("x")
				if err != nil {
					t.Fatal(err)
				}
				got += fmt.Sprint(" ", v)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// What has no twin is refused, and says what to do.
func TestRefuses(t *testing.T) {
	for want, node := range map[string]pq.Node{
		"no twin here; write the column as another type": pq.Uint(64),
		"the Parquet type TIME(":                         pq.Time(pq.Microsecond),
		"the Parquet type UUID":                          pq.UUID(),
		"the Parquet type INTERVAL":                      pq.IntervalNode(),
		"has not the form of one":                        misshapen{pq.List(pq.Int(32))},
	} {
		if _, err := NewReader(bytes.NewReader(fileOf(t, node)), 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	packed := fileOf(t, pq.Compressed(pq.Int(32), &pq.Lz4Raw), flat(pq.Int32Value(1))...)
	if _, err := NewReader(bytes.NewReader(packed), 10); err == nil || !strings.Contains(err.Error(), "the column x is compressed by LZ4_RAW, which cannot be read") {
		t.Errorf("LZ4_RAW: %v", err)
	}
	for _, ms := range []int64{math.MaxInt64, math.MinInt64} {
		r, err := NewReader(bytes.NewReader(fileOf(t, pq.Timestamp(pq.Millisecond), longs(ms)...)), 10)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "too far away") {
			t.Errorf("a time of %d ms: %v", ms, err)
		}
	}
	for _, typ := range []types.Type{types.Void, types.Interval, types.Struct{}, types.Array{Elem: types.Interval}} {
		schema := types.NewSchema(types.Field{Name: "id.x", Type: typ, Nullable: true}).Arrow()
		if _, err := NewWriter(io.Discard, schema, "none"); err == nil || !strings.Contains(err.Error(), "has no form in Parquet") {
			t.Errorf("%s: %v", typ, err)
		}
	}
	if _, err := NewWriter(io.Discard, types.NewSchema().Arrow(), "lzo"); err == nil || !strings.Contains(err.Error(), "use gzip, none, snappy, zstd") {
		t.Errorf("a compression that there is not: %v", err)
	}
}

// misshapen is a list whose elements are not repeated.
type misshapen struct{ pq.Node }

func (m misshapen) Fields() []pq.Field { return m.Node.Fields()[0].Fields() }

// A column that may not be null holds the writer to it.
func TestNulls(t *testing.T) {
	schema := types.NewSchema(types.Field{Name: "x", Type: types.Int}).Arrow()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).AppendNull()
	w, err := NewWriter(io.Discard, schema, "none")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b.NewRecordBatch()); err == nil || !strings.Contains(err.Error(), "declare the column as nullable") {
		t.Errorf("%v", err)
	}
	if w.Close() == nil {
		t.Error("a file without its rows was closed as if it were whole")
	}
}

// Any byte of a file may be wrong: an error, or other values, but no panic, and no
// array that contradicts itself.
func TestDamage(t *testing.T) {
	data := written(t, "none", benchSchema(), benchBatch().NewSlice(0, 20))
	for i := range data {
		broken := bytes.Clone(data)
		broken[i] ^= []byte{1, 0x80, 0xff}[i%3]
		readAnyway(t, broken)
	}
	for i := 0; i < len(data); i += 5 {
		readAnyway(t, data[:i])
		readAnyway(t, append(bytes.Clone(data[:i]), data[len(data)-8:]...))
	}
}

// readAnyway reads a file that may be broken.
func readAnyway(t testing.TB, data []byte) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), 7)
	if err != nil {
		return
	}
	defer r.Close()
	for range 20 {
		rec, err := r.Next(t.Context())
		if err != nil {
			return
		}
		if err := array.ValidateRecordFull(rec); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, codec := range Codecs() {
		f.Add(written(f, codec, benchSchema(), benchBatch().NewSlice(0, 9)))
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAnyway(t, data) })
}

func benchSchema() *arrow.Schema { return benchBatch().Schema() }
