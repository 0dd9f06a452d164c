package jobs

import (
	"bytes"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
)

// Every format gives all rows, in order, with nulls to be told from empty texts
// where the format can.
func TestWrite(t *testing.T) {
	s, err := open(t.Context(), &config{master: "local"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	schema := types.NewSchema().Add("id.orig_h", types.String).Add("n", types.Long)
	d := s.CreateDataFrame(schema, [][]any{{"b", int64(2)}, {nil, int64(1)}, {`x "y", z`, nil}, {"", int64(0)}})
	for format, want := range map[string]string{
		JSON:  "{\"id.orig_h\":\"b\",\"n\":2}\n{\"id.orig_h\":null,\"n\":1}\n{\"id.orig_h\":\"x \\\"y\\\", z\",\"n\":null}\n{\"id.orig_h\":\"\",\"n\":0}\n",
		CSV:   "id.orig_h,n\nb,2\n,1\n\"x \"\"y\"\", z\",\n,0\n",
		Table: "+---------+----+\n|id.orig_h|n   |\n+---------+----+\n|b        |2   |\n|NULL     |1   |\n|x \"y\", z |NULL|\n|         |0   |\n+---------+----+\n",
	} {
		var out strings.Builder
		if err := Write(t.Context(), &out, format, d); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s:\n%s\nwant\n%s", format, out.String(), want)
		}
	}
	if err := Write(t.Context(), &bytes.Buffer{}, "xml", d); err == nil || !strings.Contains(err.Error(), "use table, json or csv") {
		t.Errorf("an unknown format: %v", err)
	}
	var twice strings.Builder
	if err := Write(t.Context(), &twice, CSV, s.SQL("SELECT 1 AS a, 2 AS a")); err != nil || twice.String() != "a,a\n1,2\n" {
		t.Errorf("two columns of one name: %q, %v", twice.String(), err)
	}
	for _, format := range []string{JSON, CSV, Table} {
		var out strings.Builder
		if err := Write(t.Context(), &out, format, d.Select(dataframe.Lit(1).Alias("a")).Limit(0)); err != nil {
			t.Errorf("%s without rows: %v", format, err)
		}
		if err := Write(t.Context(), &out, format, s.Table("nowhere")); err == nil {
			t.Errorf("%s of a mistake: no error", format)
		}
	}
}
