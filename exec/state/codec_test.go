package state

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

// drawValue adds a random value to a builder; like those of columns, it is null
// at times.
func drawValue(t *rapid.T, b array.Builder) {
	if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		b.AppendNull()
		return
	}
	drawSome(t, b)
}

func drawSome(t *rapid.T, b array.Builder) {
	i := rapid.Int64().Draw(t, "int")
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(i%2 == 0)
	case *array.Int8Builder:
		b.Append(int8(i))
	case *array.Int16Builder:
		b.Append(int16(i))
	case *array.Int32Builder:
		b.Append(int32(i))
	case *array.Int64Builder:
		b.Append(i)
	case *array.Float32Builder:
		b.Append(rapid.SampledFrom([]float32{0, 1.5, -2, float32(math.NaN()), float32(math.Inf(1)), 3e38}).Draw(t, "float"))
	case *array.Float64Builder:
		b.Append(rapid.SampledFrom([]float64{0, 1.5, -2, math.NaN(), math.Inf(-1), 1e300, float64(i)}).Draw(t, "float"))
	case *array.Date32Builder:
		b.Append(arrow.Date32(i))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(i))
	case *array.Decimal128Builder:
		b.Append(decimal128.FromI64(i % 1000 * rapid.SampledFrom([]int64{1, 100, 1_000_000}).Draw(t, "ten")))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(i), Days: int32(i >> 32), Nanoseconds: i})
	case *array.StringBuilder:
		b.Append(rapid.String().Draw(t, "string"))
	case *array.BinaryBuilder:
		b.Append(rapid.SliceOf(rapid.Byte()).Draw(t, "binary"))
	case *array.StructBuilder:
		b.Append(true)
		for k := range b.NumField() {
			drawValue(t, b.FieldBuilder(k))
		}
	case *array.MapBuilder:
		b.Append(true)
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			drawSome(t, b.KeyBuilder())
			if b.Type().(*arrow.MapType).ItemField().Nullable {
				drawValue(t, b.ItemBuilder())
			} else {
				drawSome(t, b.ItemBuilder())
			}
		}
	case *array.ListBuilder:
		b.Append(true)
		for range rapid.IntRange(0, 20).Draw(t, "elements") {
			drawValue(t, b.ValueBuilder())
		}
	default:
		t.Fatalf("no values for %T", b)
	}
}

var nestedTypes = append([]types.Type{
	types.Array{Elem: types.Array{Elem: types.String, ContainsNull: true}, ContainsNull: true},
	types.Struct{Fields: []types.Field{{Name: "x", Type: testTypes[16], Nullable: true}, {Name: "y", Type: testTypes[17], Nullable: true}}},
	types.Map{Key: types.Long, Value: testTypes[17], ValueContainsNull: true},
}, testTypes...)

// drawColumns draws columns of some rows, at times cut out of longer ones.
func drawColumns(t *rapid.T, of func(arrow.DataType) bool) (ts []arrow.DataType, cols []arrow.Array, rows int) {
	rows = rapid.IntRange(0, 12).Draw(t, "rows")
	skip := rapid.IntRange(0, 9).Draw(t, "skip")
	for range rapid.IntRange(0, 10).Draw(t, "columns") {
		typ := types.ToArrow(rapid.SampledFrom(nestedTypes).Draw(t, "type"))
		if !of(typ) {
			continue
		}
		b := array.NewBuilder(memory.DefaultAllocator, typ)
		for range skip + rows {
			drawValue(t, b)
		}
		ts, cols = append(ts, typ), append(cols, array.NewSlice(b.NewArray(), int64(skip), int64(skip+rows)))
	}
	return ts, cols, rows
}

func encodeRows(t rapid.TB, c *RowCodec, cols []arrow.Array, rows int) [][]byte {
	f, err := c.Encoder(cols)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]byte, rows)
	for i := range out {
		out[i] = f(nil, i)
	}
	return out
}

func TestRowCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts, cols, rows := drawColumns(t, func(arrow.DataType) bool { return true })
		c, err := NewRowCodec(ts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Decode(encodeRows(t, c, cols, rows))
		if err != nil {
			t.Fatal(err)
		}
		for i := range cols {
			if !array.Equal(got[i], cols[i]) && fmt.Sprint(got[i]) != fmt.Sprint(cols[i]) { // NaN is not equal
				t.Errorf("column %d of type %s:\n got %v\nwant %v", i, ts[i], got[i], cols[i])
			}
		}
	})
}

// Dictionaries, views and large types are written as the plain types.
func TestRowCodecVariants(t *testing.T) {
	mem := memory.DefaultAllocator
	c, _ := NewRowCodec([]arrow.DataType{arrow.BinaryTypes.String})
	want := array.NewStringBuilder(mem)
	view, long := array.NewStringViewBuilder(mem), array.NewLargeStringBuilder(mem)
	dict := array.NewDictionaryBuilder(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String})
	for _, s := range []string{"a", "", "a long text that no view holds inline", "a"} {
		want.Append(s)
		view.Append(s)
		long.Append(s)
		if err := dict.AppendValueFromString(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []array.Builder{want, view, long, dict} {
		b.AppendNull()
	}
	plain := want.NewArray()
	for _, a := range []arrow.Array{view.NewArray(), long.NewArray(), dict.NewArray()} {
		got, err := c.Decode(encodeRows(t, c, []arrow.Array{a}, 5))
		if err != nil || !array.Equal(got[0], plain) {
			t.Errorf("%s: %v, %v", a.DataType(), got, err)
		}
	}
	if _, err := c.Encoder([]arrow.Array{array.NewNull(3)}); err == nil {
		t.Error("a column of nulls is written as strings")
	}
	if _, err := NewRowCodec([]arrow.DataType{arrow.PrimitiveTypes.Uint64}); err == nil {
		t.Error("a codec of unsigned integers is made")
	}
}

func noMaps(t arrow.DataType) bool {
	c, err := newColumn(t, 0)
	return err == nil && c.checkKey() == nil
}

func TestKeyCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts, cols, rows := drawColumns(t, noMaps)
		c, err := NewKeyCodec(ts)
		if err != nil {
			t.Fatal(err)
		}
		var k Keys
		if err := k.Encode(cols, rows, 7); err != nil {
			t.Fatal(err)
		}
		hashes := make([]uint64, rows)
		if err := new(Hasher).Hash(cols, hashes); err != nil {
			t.Fatal(err)
		}
		keys := make([][]byte, k.Len())
		for i := range keys {
			keys[i] = k.Key(i)[KeyPrefix:]
			if g := k.Group(i); g != KeyGroup(hashes[i]) || k.Key(i)[2] != 7 {
				t.Fatalf("key %d begins with %x, its group is %d", i, k.Key(i)[:3], KeyGroup(hashes[i]))
			}
		}
		got, err := c.Decode(keys)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cols {
			if !array.Equal(got[i], cols[i]) && fmt.Sprint(got[i]) != fmt.Sprint(cols[i]) {
				t.Errorf("column %d of type %s:\n got %v\nwant %v", i, ts[i], got[i], cols[i])
			}
		}
	})
}

// What orders keys stands behind their columns, and is read as a last binary column.
func TestOrderedKeys(t *testing.T) {
	names := array.NewStringBuilder(memory.DefaultAllocator)
	names.AppendValues([]string{"a", "a", "a", "b"}, nil)
	order := [][]byte{{}, {0}, {0, 1}, {0}}
	var k Keys
	more := Ordered(func(dst []byte, i int) []byte { return append(dst, order[i]...) })
	if err := k.Encode([]arrow.Array{names.NewArray()}, len(order), 'v', more); err != nil {
		t.Fatal(err)
	}
	c, err := NewKeyCodec([]arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.Binary})
	if err != nil {
		t.Fatal(err)
	}
	var list [][]byte
	for i := range order {
		if list = append(list, k.Key(i)[KeyPrefix:]); i > 0 && bytes.Compare(list[i-1], list[i]) >= 0 {
			t.Errorf("key %d is not behind the one before", i)
		}
	}
	cols, err := c.Decode(list)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range order {
		if got := cols[1].(*array.Binary).Value(i); !bytes.Equal(got, want) {
			t.Errorf("key %d is ordered by %x, not %x", i, got, want)
		}
	}
}

func TestKeyCodecRefuses(t *testing.T) {
	if _, err := NewKeyCodec([]arrow.DataType{types.ToArrow(types.Map{Key: types.String, Value: types.Int})}); err == nil {
		t.Error("a map is a key")
	}
	byteCodec, _ := NewKeyCodec([]arrow.DataType{arrow.PrimitiveTypes.Int8})
	decimals, _ := NewKeyCodec([]arrow.DataType{&arrow.Decimal128Type{Precision: 3, Scale: 1}})
	for _, c := range []struct {
		codec *KeyCodec
		key   []byte
	}{
		{byteCodec, nil},
		{byteCodec, []byte{tagInteger, 1, 2}},
		{byteCodec, appendInt([]byte{tagInteger}, 128)},
		{byteCodec, []byte{tagBoolean, 1}},
		{byteCodec, []byte{tagNull, 0}},
		{decimals, appendDecimal(nil, decimal128.FromI64(1000), 1)},
		{decimals, appendDecimal(nil, decimal128.FromI64(11), 2)},
	} {
		if got, err := c.codec.Decode([][]byte{c.key}); !errors.Is(err, errKey) {
			t.Errorf("%x is read as %v, %v", c.key, got, err)
		}
	}
}

func allTypes(of func(arrow.DataType) bool) (out []arrow.DataType) {
	for _, t := range nestedTypes {
		if a := types.ToArrow(t); of(a) {
			out = append(out, a)
		}
	}
	return out
}

// seedColumns are rows of all types, from a fixed draw.
func seedColumns(of func(arrow.DataType) bool, rows int) (cols []arrow.Array) {
	rapid.Custom(func(t *rapid.T) int {
		for _, typ := range allTypes(of) {
			b := array.NewBuilder(memory.DefaultAllocator, typ)
			for range rows {
				drawValue(t, b)
			}
			cols = append(cols, b.NewArray())
		}
		return 0
	}).Example(1)
	return cols[len(cols)-len(allTypes(of)):]
}

// FuzzRowCodec reads bytes that no encoder wrote: an error, or columns that
// are written and read as the same.
func FuzzRowCodec(f *testing.F) {
	all := func(arrow.DataType) bool { return true }
	c, err := NewRowCodec(allTypes(all))
	if err != nil {
		f.Fatal(err)
	}
	for _, row := range encodeRows(f, c, seedColumns(all, 5), 5) {
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		got, err := c.Decode([][]byte{row})
		if err != nil {
			return
		}
		again := encodeRows(t, c, got, 1)
		back, err := c.Decode(again)
		if err != nil || fmt.Sprint(back) != fmt.Sprint(got) {
			t.Errorf("%v is read again as %v, %v", got, back, err)
		}
	})
}

func FuzzKeyCodec(f *testing.F) {
	c, err := NewKeyCodec(allTypes(noMaps))
	if err != nil {
		f.Fatal(err)
	}
	var k Keys
	if err := k.Encode(seedColumns(noMaps, 5), 5, 0); err != nil {
		f.Fatal(err)
	}
	for i := range 5 {
		f.Add(k.Key(i)[KeyPrefix:])
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		got, err := c.Decode([][]byte{key})
		if err != nil {
			return
		}
		var k Keys
		if err := k.Encode(got, 1, 0); err != nil {
			t.Fatal(err)
		}
		back, err := c.Decode([][]byte{k.Key(0)[KeyPrefix:]})
		if err != nil || fmt.Sprint(back) != fmt.Sprint(got) {
			t.Errorf("%v is read again as %v, %v", got, back, err)
		}
	})
}

func BenchmarkRowCodec(b *testing.B) {
	const rows = 8192
	ints, texts := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	for i := range rows {
		ints.Append(int64(i))
		texts.Append(fmt.Sprint("host-", i))
	}
	cols := []arrow.Array{ints.NewArray(), texts.NewArray()}
	c, _ := NewRowCodec([]arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String})
	encoded := encodeRows(b, c, cols, rows)
	size := int64(len(bytes.Join(encoded, nil)))
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for range b.N {
				f()
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
	var dst []byte
	run("encode", func() {
		f, _ := c.Encoder(cols)
		dst = dst[:0]
		for i := range rows {
			dst = f(dst, i)
		}
	})
	run("decode", func() { _, _ = c.Decode(encoded) })
	var k Keys
	run("keys", func() { _ = k.Encode(cols, rows, 0) })
	plain := make([][]byte, rows)
	_ = k.Encode(cols, rows, 0)
	for i := range plain {
		plain[i] = k.Key(i)[KeyPrefix:]
	}
	kc, _ := NewKeyCodec(c.types)
	run("keys-decode", func() { _, _ = kc.Decode(plain) })
}
