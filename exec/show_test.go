package exec_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/console"
	"github.com/riffledata/riffle/exec/exectest"
)

const kinds = "bool BOOLEAN, tiny TINYINT, small SMALLINT, int INT, big BIGINT NOT NULL, f FLOAT, d DOUBLE, dec DECIMAL(10,2), s STRING, " +
	"bin BINARY, day DATE, ts TIMESTAMP, list ARRAY<INT>, st STRUCT<a: INT, `b.c`: ARRAY<STRUCT<d: STRING>>>, m MAP<STRING, DOUBLE>"

// tables makes the views that goldens query.
func tables(t testing.TB, b *bench) {
	t.Helper()
	view := func(name, ddl string, rows ...[]any) {
		must(t, b.frame(ddl, rows...).CreateOrReplaceTempView(name))
	}
	view("few", "id INT, name STRING", []any{1, "short"}, []any{2, nil}, []any{3, "just twenty letters."}, []any{4, "more than twenty letters"},
		[]any{5, "東京とÄ"}, []any{6, "a\tb\nc\\"}, []any{nil, ""})
	var many [][]any
	for i := range 25 {
		many = append(many, []any{i})
	}
	view("many", "a_name_of_more_than_twenty_letters INT", many...)
	view("none", "id INT, name STRING")
	inner := types.NewSchema(types.Field{Name: "d", Type: types.String, Nullable: true})
	st := schemaOf(t, "a INT, `b.c` ARRAY<STRUCT<d: STRING>>")
	view("kinds", kinds,
		[]any{true, 1, -2, 3, 4, float32(0.5), 1e20, types.Dec{Unscaled: decimal128.FromI64(-1250), Precision: 10, Scale: 2}, "text", []byte{0, 0xab, 'z'},
			types.Day(19000), time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.UTC), []any{1, nil},
			types.NewRow(st, []any{7, []any{types.NewRow(inner, []any{"x"})}}), map[any]any{"k": 1.5}},
		[]any{nil, nil, nil, nil, 0, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil})
	view("floats", "d DOUBLE", []any{0.1}, []any{100.0}, []any{1e7}, []any{123456789.0}, []any{1e-4}, []any{math.Copysign(0, -1)})
}

// What Show, PrintSchema and Explain print.
func TestPrinting(t *testing.T) {
	exectest.Golden(t, "testdata/print", func(t *testing.T) map[string]exectest.Command {
		b := open(t, exec.Cores(1))
		tables(t, b)
		printed := func(err error) (string, error) {
			text := b.out.String()
			b.out.Reset()
			// An empty line would end the answer.
			return strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n\n", "\n(empty line)\n"), err
		}
		return map[string]exectest.Command{
			"conf": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return "", b.Conf().Set(d.CmdArgs[0].Key, d.CmdArgs[0].Vals[0])
			},
			"show": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var opts []dataframe.ShowOption
				var n int
				if d.HasArg("rows") {
					d.ScanArgs(t, "rows", &n)
					opts = append(opts, dataframe.ShowRows(n))
				}
				if d.HasArg("truncate") {
					d.ScanArgs(t, "truncate", &n)
					opts = append(opts, dataframe.ShowTruncate(n))
				}
				if d.HasArg("vertical") {
					opts = append(opts, dataframe.ShowVertical())
				}
				return printed(b.SQL(d.Input).Show(t.Context(), opts...))
			},
			"schema": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return printed(b.SQL(d.Input).PrintSchema())
			},
			"explain": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return printed(b.SQL(d.Input).Explain(d.CmdArgs[0].Key))
			},
		}
	})
}

// The console sink prints each micro-batch in the same form.
func TestConsole(t *testing.T) {
	var out strings.Builder
	b := open(t, exec.WithSink(console.NewSinkProviderTo(&out)))
	must(t, b.Conf().Set("riffle.timeZone", "Europe/Vienna"))
	in, df := b.stream("in", "ts TIMESTAMP, s STRING, bin BINARY")
	q := start(t, df.WriteStream().Format("console").Option("numRows", 2))
	whole := start(t, df.Filter("s = '東京'").WriteStream().Format("console").Option("truncate", false))
	in.Append(record(t, "ts TIMESTAMP, s STRING, bin BINARY", []any{time.UnixMicro(0), strings.Repeat("long", 9), []byte("hi")}, []any{nil, nil, nil}, []any{nil, "third", nil}))
	settle(t, q)
	must(t, q.Stop())
	settle(t, whole)
	out.WriteString("--\n")
	in.Append(record(t, "ts TIMESTAMP, s STRING, bin BINARY", []any{nil, "東京", nil}))
	settle(t, whole)
	must(t, whole.Stop())
	text := out.String()
	_, wide, _ := strings.Cut(text, "--\n-----")
	first := `-------------------------------------------
Batch: 0
-------------------------------------------
+-------------------+--------------------+-------+
|                 ts|                   s|    bin|
+-------------------+--------------------+-------+
|1970-01-01 01:00:00|longlonglonglongl...|[68 69]|
|               NULL|                NULL|   NULL|
+-------------------+--------------------+-------+
only showing top 2 rows
`
	if !strings.Contains(text, first) {
		t.Errorf("printed:\n%s\nwant:\n%s", text, first)
	}
	if !strings.Contains(wide, "|NULL|東京|NULL|\n") {
		t.Errorf("printed:\n%s", wide)
	}
}
