package zeek_test

import (
	"io"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/jobs/zeek"
)

// Each line is an event in a producer's dialect, or none of this log.
var dialects = []struct{ line, want string }{
	{`{"ts":1575413122.764317,"uid":"a","id.orig_h":"h","id.orig_p":1}`, "[2019-12-03 22:45:22.764317,h,1]"},
	{`{"ts":"2018-03-24T17:15:20.600725Z","_path":"conn","id.orig_h":"h","id.orig_p":2}`, "[2018-03-24 17:15:20.600725,h,2]"},
	{`{"@stream":"conn","ts":1588207244.9,"id_orig_h":"h","id_orig_p":3}`, "[2020-04-30 00:40:44.9,h,3]"},
	{`{"ts":"1588207244","id_orig_h":"h","id.orig_p":4}`, "[2020-04-30 00:40:44,h,4]"},
	{`{"ts":"soon","id.orig_h":"h","id.orig_p":5}`, "[null,h,5]"},
	{`{"@stream":"dns","ts":1.5,"id_orig_h":"h"}`, ""},
	{`{"_path":"dns","ts":1.5,"id.orig_h":"h"}`, ""},
}

func TestEvents(t *testing.T) {
	s := dataframe.Open(t.Context(), exec.Local(), dataframe.Output(io.Discard))
	defer s.Close()
	for _, d := range dialects {
		records := s.CreateDataFrame(types.NewSchema().Add("value", types.String), [][]any{{d.line}}).
			Select(fn.FromJSON(fn.Col("value"), zeek.Record(zeek.Conn)).Alias("r")).Select(fn.Col("r.*"))
		events := zeek.Events(records, "conn", zeek.Conn)
		if n := events.Schema(); n == nil || n.Len() != zeek.Conn.Len()+1 {
			t.Fatalf("columns %v: %v", events.Columns(), events.Err())
		}
		rows, err := events.Select(fn.Col("time").Cast("string"), fn.Col("`id.orig_h`"), fn.Col("`id.orig_p`")).Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.String())
		}
		if strings.Join(got, " ") != d.want {
			t.Errorf("%s: got %v, want %s", d.line, got, d.want)
		}
	}
}
