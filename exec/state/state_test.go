package state

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cockroachdb/datadriven"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/dataframe/types"
)

var testTypes = []types.Type{types.Void, types.Boolean, types.Byte, types.Short, types.Int, types.Long, types.Float, types.Double,
	types.String, types.Binary, types.Date, types.Timestamp, types.TimestampNTZ, types.Decimal{Precision: 20, Scale: 2},
	types.Decimal{Precision: 38, Scale: 10}, types.Interval, types.Array{Elem: types.Int, ContainsNull: true},
	types.Struct{Fields: []types.Field{{Name: "a", Type: types.String, Nullable: true}, {Name: "b", Type: types.Long, Nullable: true}}},
	types.Map{Key: types.String, Value: types.Int}}

func typeNamed(t *testing.T, name string) types.Type {
	for _, ty := range testTypes {
		if strings.ReplaceAll(ty.Name(), ",", ":") == name {
			return ty
		}
	}
	t.Fatalf("no type %s", name)
	return nil
}

// The vectors of riffle/1: "key TYPE..." over a line of JSON for each column,
// and for each row the encoding, its hash and its key group. They never change.
func TestVectors(t *testing.T) {
	rows := 0
	datadriven.RunTest(t, "testdata/riffle1.txt", func(t *testing.T, d *datadriven.TestData) string {
		var cols []arrow.Array
		lines := strings.Split(d.Input, "\n")
		for i, arg := range d.CmdArgs {
			a, _, err := array.FromJSON(memory.DefaultAllocator, types.ToArrow(typeNamed(t, arg.Key)), strings.NewReader(lines[i]))
			if err != nil {
				t.Fatal(err)
			}
			cols = append(cols, a)
		}
		n := cols[0].Len()
		hashes := make([]uint64, n)
		if err := new(Hasher).Hash(cols, hashes); err != nil {
			return "error: " + err.Error() + "\n"
		}
		rows += n
		var b strings.Builder
		for i := range n {
			key := encode(t, cols, i)
			if xxh3.Hash(key) != hashes[i] {
				t.Errorf("row %d: the hash is not that of the encoding", i)
			}
			fmt.Fprintf(&b, "%x %016x %d\n", key, hashes[i], KeyGroup(hashes[i]))
		}
		return b.String()
	})
	if rows < 200 {
		t.Errorf("%d vectors, fewer than 200", rows)
	}
}

func encode(t *testing.T, cols []arrow.Array, i int) (key []byte) {
	for _, c := range cols {
		f, err := NewAppender(c)
		if err != nil {
			t.Fatal(err)
		}
		key = f(key, i)
	}
	return key
}

// Equal values have equal keys, however they are stored.
func TestEqualKeys(t *testing.T) {
	mem := memory.DefaultAllocator
	one := func(ty arrow.DataType, json string) arrow.Array {
		a, _, err := array.FromJSON(mem, ty, strings.NewReader(json))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	d := array.NewFloat64Builder(mem)
	d.AppendValues([]float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0xFFF8000000000123)}, nil)
	f := d.NewArray()
	dict := array.NewDictionaryBuilder(mem, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String})
	if err := dict.AppendValueFromString("x"); err != nil {
		t.Fatal(err)
	}
	pairs := [][2]string{
		{string(encode(t, []arrow.Array{f}, 0)), string(encode(t, []arrow.Array{f}, 1))},
		{string(encode(t, []arrow.Array{f}, 2)), string(encode(t, []arrow.Array{f}, 3))},
		{string(encode(t, []arrow.Array{one(arrow.PrimitiveTypes.Int8, "[-5]")}, 0)), string(encode(t, []arrow.Array{one(arrow.PrimitiveTypes.Int64, "[-5]")}, 0))},
		{string(encode(t, []arrow.Array{one(arrow.PrimitiveTypes.Float32, "[0.5]")}, 0)), string(encode(t, []arrow.Array{one(arrow.PrimitiveTypes.Float64, "[0.5]")}, 0))},
		{string(encode(t, []arrow.Array{one(&arrow.Decimal128Type{Precision: 20, Scale: 2}, `["1.50"]`)}, 0)),
			string(encode(t, []arrow.Array{one(&arrow.Decimal128Type{Precision: 38, Scale: 10}, `["1.5"]`)}, 0))},
		{string(encode(t, []arrow.Array{one(arrow.BinaryTypes.String, `["x"]`)}, 0)), string(encode(t, []arrow.Array{dict.NewArray()}, 0))},
		{string(encode(t, []arrow.Array{one(arrow.BinaryTypes.String, `["x"]`)}, 0)), string(encode(t, []arrow.Array{one(arrow.BinaryTypes.StringView, `["x"]`)}, 0))},
		{string(encode(t, []arrow.Array{array.NewSlice(one(arrow.PrimitiveTypes.Int64, "[1, null, 7]"), 2, 3)}, 0)), string(encode(t, []arrow.Array{one(arrow.PrimitiveTypes.Int64, "[7]")}, 0))},
	}
	for i, p := range pairs {
		if p[0] != p[1] {
			t.Errorf("pair %d: %x and %x", i, p[0], p[1])
		}
	}
}

func TestRanges(t *testing.T) {
	for tasks := 1; tasks <= 300; tasks++ {
		ranges := Ranges(tasks)
		if ranges[0].From != 0 || ranges[tasks-1].To != KeyGroups {
			t.Fatalf("%d tasks: %v", tasks, ranges)
		}
		for g := range KeyGroups {
			if r := ranges[Task(g, tasks)]; g < r.From || g >= r.To {
				t.Fatalf("%d tasks: group %d went to %v", tasks, g, r)
			}
		}
	}
}

func TestBudget(t *testing.T) {
	b := NewBudget(1000)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := b.Resize("x", 0, 100); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	err := b.Resize("HashAggregate", 100, 101)
	want := "HashAggregate: the state of the query needs 1001 bytes, more than the 1000 allowed; raise riffle.state.bytes, or group by columns with fewer values"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, not %s", err, want)
	}
	way := b.OrDisk().Resize("x", 0, 0)
	if way != nil {
		t.Errorf("error %v where nothing grows", way)
	}
	if way = b.OrDisk().Resize("x", 0, 1); way == nil || !strings.HasSuffix(way.Error(), "raise riffle.state.bytes, keep the state on disk (riffle.state.backend=disk), or group by columns with fewer values") {
		t.Errorf("error %v", way)
	}
	_ = b.OrDisk().Resize("x", 1, 0) // it gives back
	if err := b.Resize("HashAggregate", 101, 0); err != nil || b.Used() != 900 {
		t.Errorf("%v, %d bytes", err, b.Used())
	}
}
