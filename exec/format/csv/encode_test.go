package csv

import (
	"encoding/csv"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

func encoder(t testing.TB, schema *types.Schema, options map[string]string) (*Encoder, error) {
	t.Helper()
	set, err := option.Check("csv", options, WriteOptionSpecs())
	if err != nil {
		return nil, err
	}
	opts, err := ParseWriteOptions(set)
	if err != nil {
		return nil, err
	}
	return NewEncoder(schema.Struct(), opts)
}

func line(t testing.TB, schema *types.Schema, options map[string]string, row ...any) string {
	t.Helper()
	e, err := encoder(t, schema, options)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := types.Record(schema, [][]any{row})
	if err != nil {
		t.Fatal(err)
	}
	return string(e.AppendRow(nil, rec.Columns(), 0))
}

// Each type has the form that Spark's writer gives it, or the one that the
// package comment tells of.
func TestValues(t *testing.T) {
	at := time.Date(2024, 1, 15, 10, 30, 0, 250000000, time.UTC)
	for _, c := range []struct {
		t    types.Type
		v    any
		want string
	}{
		{types.Boolean, true, "true"}, {types.Byte, -5, "-5"}, {types.Short, 7, "7"}, {types.Int, 8, "8"}, {types.Long, int64(1 << 60), "1152921504606846976"},
		{types.Float, float32(1.5), "1.5"}, {types.Double, 1.0, "1.0"}, {types.Double, 1e10, "1.0E10"}, {types.Double, math.NaN(), "NaN"}, {types.Double, math.Inf(-1), "-Infinity"},
		{types.Decimal{Precision: 10, Scale: 2}, types.Dec{Unscaled: decimal128.FromI64(-1050), Precision: 10, Scale: 2}, "-10.50"},
		{types.Date, types.Day(19737), "2024-01-15"}, {types.Timestamp, at, "2024-01-15T10:30:00.250Z"}, {types.TimestampNTZ, at, "2024-01-15T10:30:00.250"},
		{types.Binary, []byte("\xff{"), "/3s="},
		{types.String, "plain", "plain"}, {types.String, " spaced ", " spaced "}, {types.String, "", `""`}, {types.String, "a,b", `"a,b"`},
		{types.String, `say "hi"`, `"say \"hi\""`}, {types.String, "two\nlines", "\"two\nlines\""}, {types.String, `back\slash`, `back\slash`}, {types.String, `"`, `"\""`},
		{types.String, `\`, `"\\"`}, {types.Long, nil, ""}, {types.String, nil, ""},
	} {
		schema := types.NewSchema(types.Field{Name: "v", Type: c.t, Nullable: true})
		if got := line(t, schema, nil, c.v); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.t.Name(), c.v, got, c.want)
		}
	}
}

// Options change the dialect; a dialect that cannot be read is refused.
func TestOptions(t *testing.T) {
	schema := types.NewSchema().Add("a b", types.String).Add("when", types.Timestamp)
	at := time.Date(2024, 1, 15, 23, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		options map[string]string
		want    string
	}{
		{map[string]string{"sep": "\t"}, "x\t2024-01-15T23:30:00.000Z"},
		{map[string]string{"sep": `\t`, "quoteAll": "true"}, "\"x\"\t\"2024-01-15T23:30:00.000Z\""},
		{map[string]string{"timeZone": "Europe/Paris", "timestampFormat": "yyyy/MM/dd HH"}, "x,2024/01/16 00"},
		{map[string]string{"nullValue": "x"}, `"x",2024-01-15T23:30:00.000Z`},
	} {
		if got := line(t, schema, c.options, "x", at); got != c.want {
			t.Errorf("%v: %s, want %s", c.options, got, c.want)
		}
	}
	e, err := encoder(t, schema, map[string]string{"sep": " "})
	if got := string(e.AppendHeader(nil)); err != nil || got != `"a b" when` {
		t.Errorf("the header is %s, %v", got, err)
	}
	for want, options := range map[string]map[string]string{
		"option sep: is empty":                      {"sep": ""},
		"cannot be told from a quote":               {"sep": `"`},
		`option quote: "ab" is not one ASCII`:       {"quote": "ab"},
		"did you mean sep?":                         {"seps": ";"},
		`option quoteAll: "yes" is not true or fal`: {"quoteAll": "yes"},
	} {
		if _, err := encoder(t, schema, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", options, err, want)
		}
	}
	for _, bad := range []types.Type{types.Array{Elem: types.Int}, types.Struct{}, types.Interval} {
		if _, err := encoder(t, types.NewSchema(types.Field{Name: "v", Type: bad}), nil); err == nil || !strings.Contains(err.Error(), "csv: the column v") {
			t.Errorf("%s: %v", bad.Name(), err)
		}
	}
}

// Any texts are read again by another reader of CSV, whose quotes are doubled.
func FuzzTexts(f *testing.F) {
	f.Add("a", "b,\"c\"")
	f.Add("", "x\ny")
	schema := types.NewSchema().Add("a", types.String).Add("b", types.String)
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Contains(a+b, "\r") || strings.ToValidUTF8(a+b, "") != a+b || strings.ContainsRune(a+b, 0xFEFF) {
			t.Skip("the other reader changes line ends")
		}
		text := line(t, schema, map[string]string{"escape": `"`, "quoteAll": "true"}, a, b)
		r := csv.NewReader(strings.NewReader(text + "\n"))
		got, err := r.Read()
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	})
}
