package dataframe

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/state"
)

type inner struct {
	A *int32
	B []string
}

// everything has a field of each kind.
type everything struct {
	Yes   bool
	I8    int8
	I16   int16
	I32   int32
	I64   int64
	U8    uint8
	U16   uint16
	U32   uint32
	F32   float32
	F64   float64
	Text  string
	Bytes []byte
	At    time.Time
	Day   types.Day
	Span  types.Duration
	Maybe *string
	In    inner
	List  []*int64
	Deep  [][]inner
	Map   map[string]*float64
	left  int //nolint:unused // no column
}

func somethings() []everything {
	f, s, n, i := 1.5, "x", int64(-7), int32(9)
	full := everything{Yes: true, I8: -8, I16: -16, I32: -32, I64: -64, U8: 255, U16: 65535, U32: 1 << 31, F32: -0.5, F64: math.MaxFloat64, Text: "ü",
		Bytes: []byte{0, 255}, At: time.UnixMicro(-1).UTC(), Day: -3, Span: types.Duration{Months: -1, Days: 2, Micros: 3}, Maybe: &s,
		In: inner{&i, []string{"a", ""}}, List: []*int64{&n, nil, &n}, Deep: [][]inner{{{A: &i}}, nil, {}}, Map: map[string]*float64{"b": &f, "a": nil, "": &f}}
	return []everything{full, {At: time.Unix(0, 0).UTC(), Bytes: []byte{}, List: []*int64{}, Map: map[string]*float64{}}, {At: time.Unix(1, 0).UTC()}}
}

// The bytes of Go values in state are those of the rows that state is made of, and
// come back as they were; so they do from columns.
func TestProcessorBytes(t *testing.T) {
	schema, s, err := columnsOf(reflect.TypeFor[everything](), "")
	if err != nil {
		t.Fatal(err)
	}
	whole := types.NewSchema(types.Field{Name: "value", Type: schema.Struct(), Nullable: true})
	b := array.NewRecordBuilder(memory.DefaultAllocator, whole.Arrow())
	rows := somethings()
	for i := range rows {
		s.appendTo(b.Field(0), reflect.ValueOf(&rows[i]).Elem())
	}
	rec := b.NewRecordBatch()
	codec, err := state.NewRowCodec([]arrow.DataType{rec.Column(0).DataType()})
	if err != nil {
		t.Fatal(err)
	}
	encode, err := codec.Encoder(rec.Columns())
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.reader(rec.Column(0), "value")
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		got := s.appendRow(nil, reflect.ValueOf(rows[i]))
		if want := encode(nil, i); !cmp.Equal(got, want) {
			t.Errorf("row %d is written as\n%x, not\n%x", i, got, want)
		}
		var back, column everything
		if err := s.readRow(got, reflect.ValueOf(&back).Elem()); err != nil {
			t.Fatal(err)
		}
		if err := read(i, reflect.ValueOf(&column).Elem()); err != nil {
			t.Fatal(err)
		}
		for how, v := range map[string]everything{"state": back, "a column": column} {
			if !reflect.DeepEqual(v, rows[i]) {
				t.Errorf("row %d comes back from %s as\n%+v, not\n%+v", i, how, v, rows[i])
			}
		}
	}
}

type compound struct {
	A int16
	B *string
	C []uint32
	D float64
	E time.Time
	F types.Day
	G bool
	H []byte
	I struct{ X int8 }
}

// The keys of maps in state are written in the canonical encoding of keys.
func TestProcessorKeys(t *testing.T) {
	schema, s, err := columnsOf(reflect.TypeFor[compound](), "")
	if err != nil {
		t.Fatal(err)
	}
	text := "k"
	keys := []compound{{A: -2, B: &text, C: []uint32{1, 1 << 31}, D: math.Copysign(0, -1), E: time.UnixMicro(5).UTC(), F: 4, G: true, H: []byte{1}}, {E: time.Unix(0, 0).UTC(), D: math.NaN()}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.NewSchema(types.Field{Name: "key", Type: schema.Struct()}).Arrow())
	for i := range keys {
		s.appendTo(b.Field(0), reflect.ValueOf(&keys[i]).Elem())
	}
	want, err := state.NewAppender(b.NewRecordBatch().Column(0))
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		got := s.appendKey(nil, reflect.ValueOf(keys[i]))
		if !cmp.Equal(got, want(nil, i)) {
			t.Errorf("key %d is written as\n%x, not\n%x", i, got, want(nil, i))
		}
		var back compound
		if rest, ok := s.readKey(got, reflect.ValueOf(&back).Elem()); !ok || len(rest) > 0 || !cmp.Equal(s.appendKey(nil, reflect.ValueOf(back)), got) {
			t.Errorf("key %d comes back as %+v", i, back)
		}
	}
}

// Bytes that nobody wrote are refused, and never more than refused.
func FuzzProcessorBytes(f *testing.F) {
	_, s, err := columnsOf(reflect.TypeFor[everything](), "")
	if err != nil {
		f.Fatal(err)
	}
	_, k, err := columnsOf(reflect.TypeFor[compound](), "")
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range somethings() {
		f.Add(s.appendRow(nil, reflect.ValueOf(v)))
	}
	f.Add(k.appendKey(nil, reflect.ValueOf(compound{H: []byte{1}})))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, again everything
		if err := s.readRow(b, reflect.ValueOf(&v).Elem()); err == nil {
			if err := s.readRow(s.appendRow(nil, reflect.ValueOf(v)), reflect.ValueOf(&again).Elem()); err != nil {
				t.Errorf("%+v cannot be read back: %v", v, err)
			}
		}
		var key compound
		k.readKey(b, reflect.ValueOf(&key).Elem())
	})
}

func TestProcessorShapesRefused(t *testing.T) {
	type self struct{ Next *self }
	for _, typ := range []reflect.Type{reflect.TypeFor[chan int](), reflect.TypeFor[types.Dec](), reflect.TypeFor[struct{}](), reflect.TypeFor[*[]byte](),
		reflect.TypeFor[uint64](), reflect.TypeFor[self]()} {
		if _, _, err := columnsOf(typ, "x"); err == nil {
			t.Errorf("%v was taken", typ)
		}
	}
	s, err := shapeOf(reflect.TypeFor[struct{ M map[string]int }]())
	if err != nil || s.checkKey() == nil {
		t.Errorf("a map was taken as a key (%v)", err)
	}
}
