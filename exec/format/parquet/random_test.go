package parquet

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

var plainTypes = []types.Type{types.Boolean, types.Byte, types.Short, types.Int, types.Long, types.Float, types.Double, types.String,
	types.Binary, types.Date, types.Timestamp, types.TimestampNTZ, types.Decimal{Precision: 7, Scale: 2}, types.Decimal{Precision: 18},
	types.Decimal{Precision: 38, Scale: 10}}

// randomType draws a type that a file can hold.
func randomType(t *rapid.T, depth int) types.Type {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 || kind < 3 {
		return rapid.SampledFrom(plainTypes).Draw(t, "type")
	}
	switch kind {
	case 3:
		return types.Array{Elem: randomType(t, depth-1), ContainsNull: rapid.Bool().Draw(t, "nulls")}
	case 4:
		return types.Map{Key: rapid.SampledFrom(plainTypes).Draw(t, "key"), Value: randomType(t, depth-1), ValueContainsNull: rapid.Bool().Draw(t, "nulls")}
	}
	return types.Struct{Fields: randomFields(t, depth-1)}
}

func randomFields(t *rapid.T, depth int) []types.Field {
	out := make([]types.Field, rapid.IntRange(1, 3).Draw(t, "fields"))
	for i := range out {
		name := []string{"z", "id.orig_h", "A b"}[i] // in an order that is not theirs
		out[i] = types.Field{Name: name, Type: randomType(t, depth), Nullable: rapid.Bool().Draw(t, "nullable")}
	}
	return out
}

// rows draws values of a schema. few says from how few different ones.
type rows struct {
	t    *rapid.T
	next uint64
	few  uint64
}

// draw returns a number below n. One draw of rapid's seeds them all.
func (r *rows) draw(n uint64) uint64 {
	r.next = r.next*6364136223846793005 + 1442695040888963407
	return r.next >> 33 % n
}

func randomRows(t *rapid.T, schema *arrow.Schema, n int) arrow.RecordBatch {
	r := &rows{t: t, next: rapid.Uint64().Draw(t, "seed"), few: rapid.SampledFrom([]uint64{1, 3, 1000, 1 << 31}).Draw(t, "few")}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i, f := range schema.Fields() {
		for range n {
			r.append(b.Field(i), f.Nullable)
		}
	}
	return b.NewRecordBatch()
}

func (r *rows) append(b array.Builder, nullable bool) {
	if nullable && r.draw(4) == 0 {
		b.AppendNull()
		return
	}
	v := r.draw(r.few)
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(v))
	case *array.Int16Builder:
		b.Append(int16(v))
	case *array.Int32Builder:
		b.Append(int32(v) - 7)
	case *array.Int64Builder:
		b.Append(int64(v*v) - 7)
	case *array.Float32Builder:
		b.Append(float32(v) / 3)
	case *array.Float64Builder:
		b.Append(math.Sqrt(float64(v)))
	case *array.StringBuilder:
		b.Append([]string{"", "ä", fmt.Sprint("text ", v)}[v%3])
	case *array.BinaryBuilder:
		b.Append([]byte{0, byte(v)}[:v%3%2+1])
	case *array.Date32Builder:
		b.Append(arrow.Date32(v%100000) - 50000)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v)*1e6 - 1)
	case *array.Decimal128Builder:
		n := decimal128.FromI64(int64(v%1e7) - 5e6)
		if b.Type().(*arrow.Decimal128Type).Precision == 38 {
			n = n.Mul(decimal128.FromI64(math.MaxInt64))
		}
		b.Append(n)
	case *array.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			r.append(b.FieldBuilder(i), b.Type().(*arrow.StructType).Field(i).Nullable)
		}
	case *array.MapBuilder:
		b.Append(true)
		for range r.draw(3) {
			r.append(b.KeyBuilder(), false)
			r.append(b.ItemBuilder(), b.Type().(*arrow.MapType).ItemField().Nullable)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.draw(4) {
			r.append(b.ValueBuilder(), b.Type().(*arrow.ListType).ElemField().Nullable)
		}
	}
}
