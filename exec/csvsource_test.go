package exec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/exectest"
	storememory "github.com/riffledata/riffle/exec/store/memory"
)

// A result that was written as CSV is read again, in every dialect.
func TestCSVRoundTrip(t *testing.T) {
	b := open(t)
	schema := types.NewSchema().Add("host", types.String).Add("n", types.Long).Add("note", types.String)
	df := b.CreateDataFrame(schema, [][]any{{"a", 1, ""}, {nil, 2, "x,\"y\""}, {`b\`, nil, "two\r\nlines, and\na third"}})
	for name, options := range map[string]map[string]string{
		"default": {}, "header": {"header": "true"}, "tab": {"sep": `\t`, "nullValue": "NULL"}, "doubled": {"escape": `"`},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		w, r := df.Write().Format("csv"), b.Read().Format("csv").Schema("host STRING, n BIGINT, note STRING").Option("multiLine", "true")
		for k, v := range options {
			w, r = w.Option(k, v), r.Option(k, v)
		}
		must(t, w.Save(t.Context(), dir))
		want(t, name, sorted(t, r.Load(dir)), sorted(t, df))
	}
}

// Columns go by their place in the record, whichever are wanted; a header is
// passed over in each file, and checked where that is asked for.
func TestCSVColumns(t *testing.T) {
	b, dir := open(t), t.TempDir()
	for i := range 2 {
		text := "\xef\xbb\xbfhost,n\n" + strings.Repeat(fmt.Sprintf("h%d,%d\n", i, i), 3)
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".csv")), []byte(text), 0o644))
	}
	r := b.Read().Format("csv").Schema("host STRING, n INT").Option("header", "true")
	want(t, "the second column", sorted(t, r.Load(dir).Select(fn.Col("n")).Distinct()), "[[0] [1]]")
	want(t, "rows", sorted(t, r.Option("enforceSchema", "false").Load(dir).GroupBy().Count()), "[[6]]")
	_, err := b.Read().Format("csv").Schema("host STRING, m INT").Option("header", "true").Option("enforceSchema", "false").Load(dir).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the header names the columns (host, n)") || !strings.Contains(err.Error(), "0.csv") {
		t.Errorf("another header: %v", err)
	}
}

// Bad records of a stream are counted, and go to the quarantine, as for JSON.
func TestCSVStream(t *testing.T) {
	f, out := newFolder(t), exectest.NewCollect()
	must(t, os.WriteFile(filepath.Join(f.path, "a.csv"), []byte("a,1\n\"open,2\nb,x\nc\n"), 0o644))
	b := f.session(storememory.New(), out)
	defer func() { must(t, b.Close()) }()
	q, err := b.ReadStream().Format("csv").Schema(hits).Load(f.path).WriteStream().Format("collect").Checkpoint("here").
		Quarantine("memory", "bad", nil).OutputMode(dataframe.Append).Start(t.Context())
	must(t, err)
	settle(t, q)
	p := q.LastProgress()
	must(t, q.Stop())
	f.rows = []string{"[a,1]", "[b,null]", "[c,null]"}
	f.check("rows", out)
	want(t, "counts", fmt.Sprint(p.NumInputRows, p.Bad.Quarantined, p.Bad.Fields), "4 1 map[n: bad text:1 n: wrong number of fields:1]")
}
