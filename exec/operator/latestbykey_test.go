package operator

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
)

// Rows are told apart by columns without equality too.
func TestLatestByKeyOfMaps(t *testing.T) {
	schema, err := types.ParseDDL("k INT, m MAP<STRING, BIGINT>")
	if err != nil {
		t.Fatal(err)
	}
	m := func(n int64) map[any]any { return map[any]any{"x": n} }
	rec, err := types.Record(schema, [][]any{{1, m(2)}, {1, m(1)}, {2, m(1)}, {2, m(1)}, {3, nil}, {3, m(3)}})
	if err != nil {
		t.Fatal(err)
	}
	in := exectest.NewStream(schema.Arrow(), batch.Batch{Record: rec, Changes: []int8{1, -1, 1, -1, -1, 1}})
	l, err := NewLatestByKey(in, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(exectest.Lines(t, l), "; "), `+ 1 | [{"key":"x","value":2}]; - 2 | [{"key":"x","value":1}]; + 3 | [{"key":"x","value":3}]`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
