package kernel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

var jsonTexts = []string{
	`{"query":"example.com","rtt":0.25}`, ``, `{"query":7,"rtt":"slow"}`, `{"query":`, `{"query":"a name that is too long to lie within a view","rtt":null}`, `{"rtt":1e400}`,
}

// textColumns are the same texts in every form that a column may have; the
// second row is null.
func textColumns() map[string]arrow.Array {
	mem := memory.DefaultAllocator
	plain, texts := array.NewStringBuilder(mem), array.NewStringViewBuilder(mem)
	bin := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	view := array.NewBinaryViewBuilder(mem)
	for i, s := range jsonTexts {
		if i == 1 {
			plain.AppendNull()
			texts.AppendNull()
			bin.AppendNull()
			view.AppendNull()
			continue
		}
		plain.Append(s)
		texts.Append(s)
		bin.Append([]byte(s))
		view.Append([]byte(s))
	}
	return map[string]arrow.Array{"string": plain.NewArray(), "string_view": texts.NewArray(), "binary": bin.NewArray(), "binary_view": view.NewArray()}
}

// TestFromJSONColumns decodes texts, bytes and views of both alike, and counts
// what could not be read.
func TestFromJSONColumns(t *testing.T) {
	for name, column := range textColumns() {
		t.Run(name, func(t *testing.T) {
			typ := types.Type(types.String)
			if strings.HasPrefix(name, "binary") {
				typ = types.Binary
			}
			ev := compileJSON(t, typ, "from_json(value, 'query STRING, rtt DOUBLE')")
			rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "value", Type: column.DataType(), Nullable: true}}, nil), []arrow.Array{column}, int64(column.Len()))
			env := testEnv()
			env.Bad = &BadFields{}
			v, err := ev.Eval(env, rec, Rows{N: column.Len()})
			if err != nil {
				t.Fatal(err)
			}
			want := `{[example.com (null) 7 (null) a name that is too long to lie within a view (null)]`
			if got := strings.ReplaceAll(v.Array.String(), `"`, ""); !strings.HasPrefix(got, want) {
				t.Errorf("got %s", got)
			}
			if !v.Array.IsNull(1) || v.Array.IsNull(3) {
				t.Errorf("null text is null, malformed text is not: %s", v.Array)
			}
			if got := fmt.Sprint(env.Bad.Counts()); got != "[{{ malformed record} 1} {{rtt bad text} 1}]" {
				t.Errorf("counted %s", got)
			}
			env.Bad = &BadFields{}
			if _, err := ev.Eval(env, rec, Rows{N: column.Len(), Sel: []int32{0, 4}}); err != nil || len(env.Bad.Counts()) != 0 {
				t.Errorf("rows that are not selected were read: %v, %v", env.Bad.Counts(), err)
			}
		})
	}
}

func TestFromJSONFailFast(t *testing.T) {
	ev := compileJSON(t, types.String, "from_json(value, 'query STRING, rtt DOUBLE', map('mode', 'FAILFAST'))")
	column := textColumns()["string"]
	rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "value", Type: column.DataType(), Nullable: true}}, nil), []arrow.Array{column}, int64(column.Len()))
	for range 2 { // an error leaves nothing behind
		_, err := ev.Eval(testEnv(), rec, Rows{N: column.Len()})
		var row *RowError
		if !errors.As(err, &row) || row.Row != 2 || !strings.Contains(err.Error(), "rtt") {
			t.Fatalf("want the third row, not %v", err)
		}
	}
	v, err := ev.Eval(testEnv(), rec, Rows{N: column.Len(), Sel: []int32{0, 1}})
	if err != nil || v.Array.Len() != column.Len() || v.Array.IsNull(0) {
		t.Errorf("%v, %v", v.Array, err)
	}
}

func compileJSON(t *testing.T, typ types.Type, text string) *Evaluator {
	t.Helper()
	e, err := sql.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err = (&expr.Scope{Schema: types.NewSchema().Add("value", typ)}).Bind(e)
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, e)
}
