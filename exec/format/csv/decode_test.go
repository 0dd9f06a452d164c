package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
)

func decoder(t testing.TB, ddl string, options map[string]string) *Decoder {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	set, err := option.Check("csv", options, OptionSpecs())
	if err != nil {
		t.Fatal(err)
	}
	opts, err := ParseOptions(set)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(schema, schema, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rowsOf(d *Decoder) []string {
	rec, _ := d.FinishRecord()
	var out []string
	schema, _ := types.SchemaFromArrow(rec.Schema())
	for _, r := range types.Rows(schema, rec) {
		out = append(out, fmt.Sprint(r))
	}
	return out
}

// Each record gives what Spark gives, or what the package comment tells of.
func TestRecords(t *testing.T) {
	for _, c := range []struct {
		ddl, rec string
		options  map[string]string
		out      json.Outcome
		want     string
	}{
		{"a STRING, b BIGINT", "x,1", nil, json.Good, "[x,1]"},
		{"a STRING, b BIGINT", "x,1\r\n", nil, json.Good, "[x,1]"},
		{"a STRING, b BIGINT", `"x,y",1`, nil, json.Good, "[x,y,1]"},
		{"a STRING, b STRING", `"a \"b\"","c""d"`, nil, json.Good, `[a "b",c"d]`},
		{"a STRING, b STRING", `"\\",a\b`, nil, json.Good, `[\,a\b]`},
		{"a STRING, b STRING", `a"b, c `, nil, json.Good, `[a"b, c ]`},
		{"a STRING, b STRING", `,""`, nil, json.Good, "[null,]"},
		{"a STRING, b STRING", `NA,"NA"`, map[string]string{"nullValue": "NA"}, json.Good, "[null,NA]"},
		{"a STRING, b STRING", ` a , "b" `, map[string]string{"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}, json.Good, "[a,b]"},
		{"a STRING, b STRING", "a||b", map[string]string{"sep": "||"}, json.Good, "[a,b]"},
		{"a STRING, b STRING", "a\tb", map[string]string{"sep": `\t`}, json.Good, "[a,b]"},
		{"a STRING, b INT", "x", nil, json.Partial, "[x,null]"},
		{"a STRING, b INT", "x,1,2", nil, json.Partial, "[x,1]"},
		{"a INT, b INT", "x,2", nil, json.Partial, "[null,2]"},
		{"a TINYINT, b INT", "200,2", nil, json.Partial, "[null,2]"},
		{"a INT, b INT", "x,2", map[string]string{"mode": "DROPMALFORMED"}, json.Dropped, ""},
		{"a INT, b INT", "x,2", map[string]string{"mode": "FAILFAST"}, json.Failed, ""},
		{"a INT, b INT", "1", map[string]string{"mode": "failfast"}, json.Failed, ""},
		{"a STRING, b INT", `"x,1`, nil, json.Malformed, ""},
		{"a STRING, b INT", `"x"y,1`, nil, json.Malformed, ""},
		{"a STRING, b INT, _corrupt_record STRING", `"x"y,1`, nil, json.Partial, `[null,null,"x"y,1]`},
		{"a STRING, _corrupt_record STRING, b INT", "x,y\n", nil, json.Partial, "[x,x,y,null]"},
		{"a STRING, b INT, _corrupt_record STRING", "x,1", nil, json.Good, "[x,1,null]"},
		{"a INT, b INT", "  ", nil, json.Blank, ""},
		{"a INT, b INT", "#1,2", map[string]string{"comment": "#"}, json.Blank, ""},
		{"a STRING", "\n", nil, json.Good, "[null]"},
		{"a BOOLEAN, b BOOLEAN", "TRUE,false", nil, json.Good, "[true,false]"},
		{"a DOUBLE, b FLOAT", "-1.25,1e3", nil, json.Good, "[-1.25,1000]"},
		{"a DOUBLE, b DOUBLE", "NaN,0x10", nil, json.Partial, "[NaN,null]"},
		{"a DECIMAL(5,2), b DATE", "12.345,2024-01-15", nil, json.Good, "[12.35,2024-01-15]"},
		{"a BIGINT, b BIGINT", "-9223372036854775808,9223372036854775808", nil, json.Partial, "[-9223372036854775808,null]"},
		{"a STRING, b STRING", "\xff,b", nil, json.Good, "[\uFFFD,b]"},
	} {
		d := decoder(t, c.ddl, c.options)
		out := d.Append([]byte(c.rec))
		bad := d.Err()
		got := strings.Join(rowsOf(d), " ")
		if out != c.out || got != c.want {
			t.Errorf("%q %v: outcome %d, row %s, %v; want %d, %s", c.rec, c.options, out, got, bad, c.out, c.want)
		}
		if (bad != nil) != (out != json.Good && out != json.Blank) {
			t.Errorf("%q: outcome %d with the error %v", c.rec, out, bad)
		}
	}
}

// Flaws are counted by column and reason, and a record that was dropped leaves
// nothing behind.
func TestCounts(t *testing.T) {
	d := decoder(t, "a INT, b STRING, c TINYINT", nil)
	for _, rec := range []string{"1,x,1", "x,y,300", "2", `3,"open`, "4,z,4"} {
		d.Append([]byte(rec))
	}
	rec, stats := d.FinishRecord()
	want := "[{a bad text 1} {b wrong number of fields 1} {c out of range 1}]"
	if got := fmt.Sprint(stats.Fields); got != want || stats.Records != 5 || stats.Malformed != 1 || stats.Partial != 2 {
		t.Errorf("%s of %+v, want %s", got, stats, want)
	}
	if rec.NumRows() != 4 || rec.Column(0).NullN() != 1 || rec.Column(1).NullN() != 1 || rec.Column(2).NullN() != 2 {
		t.Errorf("rows: %v", rec)
	}
}

// Rows of any values are read as they were written, whatever the dialect, also
// with line ends in quotes.
func TestRoundTrip(t *testing.T) {
	schema := types.NewSchema().Add("s", types.String).Add("n", types.Long).Add("f", types.Double).Add("b", types.Boolean).
		Add("d", types.Decimal{Precision: 10, Scale: 2}).Add("at", types.Timestamp).Add("day", types.Date).Add("x", types.Binary).Add("t", types.String)
	texts := rapid.OneOf(rapid.StringOf(rapid.SampledFrom([]rune("ab,;\"\\\n\r\t '|é#"))), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		dialect := map[string]string{"sep": rapid.SampledFrom([]string{",", ";", "\t", "||", "a"}).Draw(t, "sep"),
			"quote": rapid.SampledFrom([]string{`"`, "'"}).Draw(t, "quote"), "escape": rapid.SampledFrom([]string{`\`, `"`}).Draw(t, "escape"),
			"nullValue": rapid.SampledFrom([]string{"", "NA", "b"}).Draw(t, "null")}
		var rows [][]any
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := []any{texts.Draw(t, "s"), rapid.Int64().Draw(t, "n"), rapid.Float64().Draw(t, "f"), rapid.Bool().Draw(t, "b"), nil,
				time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "at")).UTC(), types.Day(rapid.Int32Range(-100000, 100000).Draw(t, "day")),
				rapid.SliceOf(rapid.Byte()).Draw(t, "x"), texts.Draw(t, "t")}
			for i := range row {
				if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
					row[i] = nil
				}
			}
			rows = append(rows, row)
		}
		if err := roundTrip(schema, rows, dialect); err != nil {
			t.Fatal(err)
		}
	})
}

func roundTrip(schema *types.Schema, rows [][]any, dialect map[string]string) error {
	set, err := option.Check("csv", dialect, WriteOptionSpecs())
	if err != nil {
		return err
	}
	w, err := ParseWriteOptions(set)
	if err != nil {
		return err
	}
	pattern, err := json.ParsePattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")
	if err != nil {
		return err
	}
	w.TimestampFormat = pattern
	e, err := NewEncoder(schema.Struct(), w)
	if err != nil {
		return err
	}
	rec, err := types.Record(schema, rows)
	if err != nil {
		return err
	}
	var all []byte
	for i := range rows {
		all = append(e.AppendRow(all, rec.Columns(), i), '\n')
	}
	o := Options{Options: json.DefaultOptions(), Sep: w.Sep, Quote: w.Quote, Escape: w.Escape, Null: w.Null, MultiLine: true}
	d, err := NewDecoder(schema, schema, o)
	if err != nil {
		return err
	}
	split := NewSplitter(o)
	for rest := all; len(rest) > 0; {
		n := split.Record(rest)
		if n < 0 {
			return fmt.Errorf("%q has an end that is no record's", rest)
		}
		if out := d.Append(rest[:n]); out != json.Good {
			return fmt.Errorf("%q: %w", rest[:n], d.Err())
		}
		rest = rest[n:]
	}
	got, _ := d.FinishRecord()
	a, b := fmt.Sprint(types.Rows(schema, rec)), fmt.Sprint(types.Rows(schema, got))
	if a != b {
		return fmt.Errorf("%q:\nread    %s\nwritten %s", all, b, a)
	}
	return nil
}

// FuzzRecords compares with another reader of CSV where both take a record, and
// looks that no bytes make a decoder fail.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b,c", `"a","b""c",d`, `"open`, `"a"x`, ",,", "\xff,\x00", `"\"",\",`, "1,2,3,4", "a\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		for _, escape := range []string{`\`, `"`} {
			d := decoder(t, "a STRING, b BIGINT, c TIMESTAMP, d DOUBLE, e DECIMAL(9,3), _corrupt_record STRING", map[string]string{"escape": escape})
			d.Append(rec)
			d.Append([]byte("x,1,2024-01-01,2.5,3"))
			rows := rowsOf(d)
			if len(rows) == 0 || rows[len(rows)-1] != "[x,1,2024-01-01 00:00:00 +0000 UTC,2.5,3.000,null]" {
				t.Fatalf("%q: after it %q", rec, rows)
			}
		}
		if bytes.ContainsAny(rec, "\n\r") || len(bytes.TrimSpace(rec)) != len(rec) || len(rec) == 0 {
			return
		}
		r := stdcsv.NewReader(bytes.NewReader(rec))
		other, err := r.Read()
		got, mine := Fields(rec, Options{Sep: ",", Quote: '"', Escape: '"'})
		if err == nil && (mine != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", other)) {
			t.Fatalf("%q: %q, %v, the other reader %q", rec, got, mine, other)
		}
	})
}

// TestFloats compares with the standard library.
func TestFloats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		for _, s := range []string{fmt.Sprint(v), fmt.Sprintf("%f", v), fmt.Sprintf("%.3f", v)} {
			got, ok := parseFloat([]byte(s))
			var want float64
			if _, err := fmt.Sscan(s, &want); err == nil && (!ok || got != want && got == got) {
				t.Fatalf("%s: %v, %v", s, got, ok)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	const ddl = "ts DOUBLE, uid STRING, orig STRING, orig_p INT, resp STRING, resp_p INT, proto STRING, query STRING, qclass BIGINT, rtt DOUBLE, rejected BOOLEAN"
	rec := []byte("1700000000.123456,CHhAvVGS1DHFjwGM9,10.1.2.3,53124,192.168.1.1,53,udp,www.example.com,1,0.014251,false\n")
	for _, c := range []struct{ name, wanted string }{{"all", ddl}, {"three", "orig STRING, query STRING, qclass BIGINT"}} {
		b.Run(c.name, func(b *testing.B) {
			declared, _ := types.ParseDDL(ddl)
			wanted, _ := types.ParseDDL(c.wanted)
			o := Options{Options: json.DefaultOptions(), Sep: ",", Quote: '"', Escape: '\\'}
			d, err := NewDecoder(declared, wanted, o)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(rec)))
			b.ReportAllocs()
			for b.Loop() {
				if d.Append(rec) != json.Good {
					b.Fatal(d.Err())
				}
				if d.Len() == 8192 {
					d.FinishRecord()
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
