package json

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

func TestEncode(t *testing.T) {
	datadriven.RunTest(t, "testdata/encode.txt", func(t *testing.T, td *datadriven.TestData) string {
		given := map[string]string{}
		for _, arg := range td.CmdArgs {
			given[arg.Key] = strings.ReplaceAll(strings.Join(arg.Vals, ","), "_", " ")
		}
		set, err := option.Check("json", given, WriteOptionSpecs())
		if err != nil {
			t.Fatal(err)
		}
		opts, err := ParseWriteOptions(set)
		if err != nil {
			return err.Error() + "\n"
		}
		lines := strings.Split(td.Input, "\n")
		schema, err := types.ParseDDL(lines[0])
		if err != nil {
			t.Fatal(err)
		}
		d := decoder(t, schema.Struct(), DefaultOptions())
		for _, line := range lines[1:] {
			if out := d.Append([]byte(line)); out != Good {
				t.Fatal(line, d.Err())
			}
		}
		enc, err := NewEncoder(d.Type(), opts)
		if err != nil {
			t.Fatal(err)
		}
		rec, _ := d.FinishRecord()
		var out []byte
		for i := range int(rec.NumRows()) {
			start := len(out)
			out = enc.AppendRow(out, rec.Columns(), i)
			if !json.Valid(out[start:]) {
				t.Errorf("%s is not JSON", out[start:])
			}
			out = append(out, '\n')
		}
		return string(out)
	})
}

// TestRoundTrip: what is written is read again as it was.
func TestRoundTrip(t *testing.T) {
	root := rich(t)
	rapid.Check(t, func(t *rapid.T) {
		d := decoder(t, root, DefaultOptions())
		if d.Append(document(t)) > Partial {
			t.Fatal(d.Err())
		}
		first, _ := finish(t, d)
		if out := d.Append([]byte(first)); out != Good {
			t.Fatalf("%s: %v", first, d.Err())
		}
		if second, _ := finish(t, d); second != first {
			t.Fatalf("%s\n%s", first, second)
		}
	})
}

// TestStrings compares with encoding/json.
func TestStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		var got, want string
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(s)
		_ = json.Unmarshal(text, &want)
		if got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// TestMapKeys: keys that are no strings are written as their text.
func TestMapKeys(t *testing.T) {
	key := types.Struct{Fields: []types.Field{{Name: "a", Type: types.Int}, {Name: "b", Type: types.String}}}
	b := array.NewBuilder(memory.DefaultAllocator, types.ToArrow(types.Map{Key: key, Value: types.Double})).(*array.MapBuilder)
	b.Append(true)
	k := b.KeyBuilder().(*array.StructBuilder)
	k.Append(true)
	k.FieldBuilder(0).(*array.Int32Builder).Append(1)
	k.FieldBuilder(1).(*array.StringBuilder).Append(`x"`)
	b.ItemBuilder().(*array.Float64Builder).Append(math.Inf(1))
	write(t, types.Map{Key: key, Value: types.Double}, b.NewArray(), `{"[1,x\"]":"Infinity"}`)
}

// TestForms: views, large strings and dictionaries are written as what they hold.
func TestForms(t *testing.T) {
	views := array.NewStringViewBuilder(memory.DefaultAllocator)
	views.Append("a view")
	write(t, types.String, views.NewArray(), `"a view"`)
	dict := array.NewDictionaryBuilder(memory.DefaultAllocator,
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	if err := dict.AppendString("a code"); err != nil {
		t.Fatal(err)
	}
	write(t, types.String, dict.NewArray(), `"a code"`)
	if _, err := NewEncoder(types.Struct{Fields: []types.Field{{Name: "i", Type: types.Interval}}}, WriteOptions{}); err == nil {
		t.Error("an interval is written")
	}
}

func write(t *testing.T, typ types.Type, arr arrow.Array, want string) {
	t.Helper()
	enc, err := NewEncoder(typ, DefaultWriteOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(enc.AppendValue(nil, arr, 0)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
