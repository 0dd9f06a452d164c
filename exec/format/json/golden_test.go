package json

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

func TestRecords(t *testing.T) {
	datadriven.RunTest(t, "testdata/records.txt", func(t *testing.T, td *datadriven.TestData) string {
		given := map[string]string{}
		lines := strings.Split(td.Input, "\n")
		var root types.Type
		for _, arg := range td.CmdArgs {
			text := strings.Join(arg.Vals, ",")
			if arg.Key == "type" {
				root = mustType(t, text)
			} else {
				given[arg.Key] = strings.ReplaceAll(text, "_", " ")
			}
		}
		if root == nil {
			schema, err := types.ParseDDL(lines[0])
			if err != nil {
				t.Fatal(err)
			}
			root, lines = schema.Struct(), lines[1:]
		}
		set, err := option.Check("json", given, OptionSpecs())
		if err != nil {
			t.Fatal(err)
		}
		opts, err := ParseOptions(set)
		if err == nil {
			_, err = NewValueDecoder(root, opts)
		}
		if td.Cmd == "error" || err != nil {
			return fmt.Sprintln(err)
		}
		var out strings.Builder
		for _, line := range lines {
			if line != "" {
				out.WriteString(outcome(t, root, opts, record(t, line)) + "\n")
			}
		}
		return out.String()
	})
}

func mustType(t *testing.T, text string) types.Type {
	t.Helper()
	typ, err := types.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// record unquotes a line that is in Go quotes.
func record(t *testing.T, line string) []byte {
	if line[0] != '"' {
		return []byte(line)
	}
	s, err := strconv.Unquote(line)
	if err != nil {
		t.Fatal(line, err)
	}
	return []byte(s)
}

// outcome decodes one record in all modes and both ways, checks that these fit
// together, and describes what came of it.
func outcome(t *testing.T, root types.Type, opts Options, rec []byte) string {
	opts.Mode = Permissive
	d := decoder(t, root, opts)
	out := d.Append(rec)
	text, err := strings.ToLower(out.String()), d.Err()
	row, stats := finish(t, d)
	switch out {
	case Good:
		text += " " + row
	case Partial:
		text += " " + row + ": " + err.Error()
	case Malformed:
		text += ": " + err.Error()
	}
	for _, f := range stats.Fields {
		if f.Reason == InvalidUTF8 || f.Count > 1 || len(stats.Fields) > 1 {
			text += fmt.Sprintf("; %s %s %d", f.Column, f.Reason, f.Count)
		}
	}
	opts.Mode = DropMalformed
	d = decoder(t, root, opts)
	dropped := d.Append(rec)
	if want := map[Outcome]Outcome{Partial: Dropped}[out]; want != dropped && out == Partial && d.errCode == errNone {
		t.Errorf("%s: DROPMALFORMED gives %v", rec, dropped)
	}
	if n := d.Len(); dropped != Good && n != 0 {
		t.Errorf("%s: DROPMALFORMED leaves %d rows", rec, n)
	}
	if row, _ := finish(t, d); dropped != Good && row != "" {
		t.Errorf("%s: DROPMALFORMED leaves %s", rec, row)
	}
	opts.Mode = FailFast
	d = decoder(t, root, opts)
	if failed := d.Append(rec); (failed == Failed) != (out == Partial || out == Malformed) || (failed == Failed) != (d.Len() == 0 && out != Blank) {
		t.Errorf("%s: FAILFAST gives %v, %d rows", rec, failed, d.Len())
	}
	opts.Mode = Permissive
	d = decoder(t, root, opts)
	if err := d.AppendValue(rec); err != nil || d.Len() != 1 {
		t.Errorf("%s: from_json fails: %v, %d rows", rec, err, d.Len())
	}
	value, _ := finish(t, d)
	if out == Good || out == Partial {
		if value != row {
			t.Errorf("%s: from_json gives %s, a reader %s", rec, value, row)
		}
		return text
	}
	return text + " -> " + value
}

func (o Outcome) String() string {
	return [...]string{"good", "partial", "malformed", "dropped", "failed", "blank", "full"}[o]
}

func decoder(t tester, root types.Type, opts Options) *Decoder {
	t.Helper()
	d, err := NewValueDecoder(root, opts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// finish returns the rows as JSON, one a line.
func finish(t tester, d *Decoder) (string, Stats) {
	t.Helper()
	n := d.Len()
	arr, stats := d.Finish()
	if arr.Len() != n {
		t.Fatalf("%d rows, an array of %d", n, arr.Len())
	}
	check(t, arr)
	enc, err := NewEncoder(d.Type(), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for i := range n {
		rows = append(rows, string(enc.AppendValue(nil, arr, i)))
	}
	return strings.Join(rows, "\n"), stats
}

// check tells whether an array is what Arrow asks of it, and holds valid UTF-8.
func check(t tester, arr arrow.Array) {
	t.Helper()
	nulls := 0
	for i := range arr.Len() {
		if arr.IsNull(i) && arr.DataType().ID() != arrow.NULL {
			nulls++
		}
	}
	if arr.DataType().ID() != arrow.NULL && nulls != arr.NullN() {
		t.Fatalf("%s: %d nulls, NullN %d", arr.DataType(), nulls, arr.NullN())
	}
	if v, ok := arr.(interface{ ValidateFull() error }); ok {
		if err := v.ValidateFull(); err != nil {
			t.Fatal(err)
		}
	}
	switch a := arr.(type) {
	case *array.String:
		checkOffsets(t, a.ValueOffsets(), len(a.Data().Buffers()[2].Bytes()))
		for i := range a.Len() {
			if !validText(a.Value(i)) {
				t.Fatalf("row %d is %q", i, a.Value(i))
			}
		}
	case *array.List:
		checkOffsets(t, a.Offsets(), a.ListValues().Len())
		check(t, a.ListValues())
	case *array.Map:
		checkOffsets(t, a.Offsets(), a.Keys().Len())
		check(t, a.Keys())
		check(t, a.Items())
	case *array.Struct:
		for i := range a.NumField() {
			if a.Field(i).Len() != a.Len() {
				t.Fatalf("field %d has %d of %d rows", i, a.Field(i).Len(), a.Len())
			}
			check(t, a.Field(i))
		}
	}
}

func checkOffsets(t tester, offs []int32, end int) {
	t.Helper()
	for i := 1; i < len(offs); i++ {
		if offs[i] < offs[i-1] {
			t.Fatalf("offsets fall: %v", offs)
		}
	}
	if len(offs) > 0 && (offs[0] != 0 || int(offs[len(offs)-1]) != end) {
		t.Fatalf("offsets %v over %d", offs, end)
	}
}

func validText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// tester is what testing.T and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
