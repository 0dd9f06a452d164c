package kafka

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/twmb/franz-go/pkg/kgo"
)

// builder collects rows into the buffers of Arrow columns, of the columns that
// are wanted alone. Its buffers are fresh for each batch.
type builder struct {
	schema *arrow.Schema
	rows   int
	begun  bool // the buffers are this batch's
	max    int  // rows of a batch

	key      *binaries
	value    *binaries
	views    *views // instead of value
	offsets  []int64
	times    []int64 // microseconds
	kinds    []int32
	headers  *headers
	constant map[string]arrow.Array // topic and partition: the same in all rows, in all batches

	wantKey, wantValue, wantViews, wantOffset, wantTime, wantKind, wantHeaders bool
}

// newBuilder returns a builder for the range of a partition with at most size
// rows.
func newBuilder(schema *arrow.Schema, at tp, useViews bool, size int64) *builder {
	b := &builder{schema: schema, max: int(min(batch.MaxRows, max(size, 1))), constant: map[string]arrow.Array{}}
	for _, f := range schema.Fields() {
		switch f.Name {
		case "key":
			b.wantKey = true
		case "value":
			b.wantViews, b.wantValue = useViews, !useViews
		case "offset":
			b.wantOffset = true
		case "timestamp":
			b.wantTime = true
		case "timestampType":
			b.wantKind = true
		case "headers":
			b.wantHeaders = true
		case "topic":
			b.constant[f.Name] = repeatString(at.topic, b.max)
		case "partition":
			b.constant[f.Name] = int32s(repeat(at.partition, b.max))
		}
	}
	return b
}

// begin makes the buffers of a batch, before its first row.
func (b *builder) begin() {
	if b.begun {
		return
	}
	b.begun = true
	if b.wantKey {
		b.key = b.key.after(b.max)
	}
	if b.wantValue {
		b.value = b.value.after(b.max)
	}
	if b.wantViews {
		b.views = &views{headers: make([]arrow.ViewHeader, 0, b.max)}
	}
	if b.wantOffset {
		b.offsets = make([]int64, 0, b.max)
	}
	if b.wantTime {
		b.times = make([]int64, 0, b.max)
	}
	if b.wantKind {
		b.kinds = make([]int32, 0, b.max)
	}
	if b.wantHeaders {
		b.headers = newHeaders(b.max)
	}
}

// fullBytes ends a batch early, where values are copied, so that 32-bit offsets
// into the column are enough whatever the size of a record.
const fullBytes = 1 << 30

func (b *builder) full() bool {
	return b.rows >= b.max || b.rows > 0 && (b.value != nil && len(b.value.data) >= fullBytes || b.key != nil && len(b.key.data) >= fullBytes)
}

// region says in which bytes the next rows lie: a record's position in r.b is
// base less than in region.
//
// Values as views need no copy and no pointer arithmetic: they are cut out of
// bytes that we hold ourselves, so a view is the number of a slice and the
// position in it, both known from parsing. The slice is either what one fetch
// returned of the partition, or what one compressed record batch was decompressed
// to; both are made by the garbage collected allocator and never written again.
// A batch keeps alive the fetches that its rows lie in. What follows a value in
// its slice may be read, but means nothing.
func (b *builder) region(region []byte, base int) {
	b.begin()
	if b.views != nil {
		b.views.region(region, base)
	}
}

// row adds the record whose key begins at r.at and whose headers end at end.
func (b *builder) row(r *reader, end int, off, millis int64, appended bool) {
	from, to, ok := r.span()
	if b.key != nil {
		b.key.add(r.b[from:to], ok)
	}
	from, to, ok = r.span()
	if b.views != nil {
		b.views.add(from, to, ok)
	} else if b.value != nil {
		b.value.add(r.b[from:to], ok)
	}
	if b.headers != nil {
		b.headers.read(r)
	}
	b.rest(off, millis, appended)
}

func (b *builder) legacyRow(k *kgo.Record) {
	b.begin()
	if b.key != nil {
		b.key.add(k.Key, k.Key != nil)
	}
	if b.views != nil {
		b.views.region(k.Value, 0)
		b.views.add(0, len(k.Value), k.Value != nil)
	} else if b.value != nil {
		b.value.add(k.Value, k.Value != nil)
	}
	if b.headers != nil {
		b.headers.none()
	}
	b.rest(k.Offset, k.Timestamp.UnixMilli(), k.Attrs.TimestampType() == 1)
}

func (b *builder) rest(off, millis int64, appended bool) {
	if b.wantOffset {
		b.offsets = append(b.offsets, off)
	}
	if b.wantTime {
		b.times = append(b.times, micros(millis))
	}
	if b.wantKind {
		kind := int32(0)
		if appended {
			kind = 1
		}
		b.kinds = append(b.kinds, kind)
	}
	b.rows++
}

// micros keeps a time that no calendar has at the end of what a column holds.
func micros(millis int64) int64 {
	return max(math.MinInt64/1000, min(math.MaxInt64/1000, millis)) * 1000
}

// take returns the rows as a batch, and starts the next one.
func (b *builder) take() batch.Batch {
	cols := make([]arrow.Array, b.schema.NumFields())
	for i, f := range b.schema.Fields() {
		cols[i] = b.column(f)
	}
	rec := array.NewRecordBatch(b.schema, cols, int64(b.rows))
	b.rows, b.begun = 0, false
	return batch.Batch{Record: rec}
}

func (b *builder) column(f arrow.Field) arrow.Array {
	switch f.Name {
	case "key":
		return b.key.array(f.Type)
	case "value":
		if b.views != nil {
			return b.views.array()
		}
		return b.value.array(f.Type)
	case "offset":
		return array.NewInt64Data(fixed(f.Type, b.rows, arrow.Int64Traits.CastToBytes(b.offsets)))
	case "timestamp":
		return array.NewTimestampData(fixed(f.Type, b.rows, arrow.Int64Traits.CastToBytes(b.times)))
	case "timestampType":
		return int32s(b.kinds)
	case "headers":
		return b.headers.array(f.Type)
	default:
		return array.NewSlice(b.constant[f.Name], 0, int64(b.rows))
	}
}

func fixed(t arrow.DataType, n int, bytes []byte) *array.Data {
	return array.NewData(t, n, []*memory.Buffer{nil, memory.NewBufferBytes(bytes)}, nil, 0, 0)
}

func int32s(v []int32) arrow.Array {
	return array.NewInt32Data(fixed(arrow.PrimitiveTypes.Int32, len(v), arrow.Int32Traits.CastToBytes(v)))
}

func repeat(v int32, n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func repeatString(text string, n int) arrow.Array {
	b := newBinaries(n)
	for range n {
		b.add([]byte(text), true)
	}
	return b.array(arrow.BinaryTypes.String)
}

// headerCount reads how many headers follow; a count that cannot be is damage.
func headerCount(r *reader) int {
	n := r.varint()
	if n < 0 || n > int64(len(r.b)-r.at) {
		r.bad = r.bad || n != 0
		return 0
	}
	return int(n)
}
