package foreach

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// A batch is held until it is complete, within its limit, and given once; its
// changes are shown in mode update alone. The end of the sink forgets the function.
func TestSink(t *testing.T) {
	schema := types.NewSchema().Add("n", types.Long)
	rec, err := types.Record(schema, [][]any{{1}, {2}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode    sink.Mode
		changes []int8
		limit   string
		want    string
	}{
		{sink.Append, nil, "1000000", "[1][2]"},
		{sink.Update, []int8{-1, 1}, "1000000", "[1,-1][2,1]"},
		{sink.Update, nil, "1000000", "[1,1][2,1]"},
		{sink.Append, []int8{-1, 1}, "1000000", "is taken back"},
		{sink.Append, nil, "3", "raise the option maxBytes"},
	} {
		functions := NewFunctions()
		got := ""
		name, _ := functions.Hold(func(_ context.Context, rows []arrow.RecordBatch, id int64) error {
			for _, r := range rows {
				s, err := types.SchemaFromArrow(r.Schema())
				if err != nil || id != 7 {
					t.Errorf("batch %d, %v", id, err)
				}
				for _, row := range types.Rows(s, r) {
					got += row.String()
				}
			}
			return nil
		})
		p := NewSinkProvider(functions)
		set, err := option.Check("the sink", map[string]string{"function": name, "maxBytes": c.limit}, p.Options())
		if err != nil {
			t.Fatal(err)
		}
		spec := sink.Spec{Options: set, Schema: schema, Mode: c.mode}
		s, err := p.Open(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.Begin(t.Context(), 7)
		if err == nil {
			err = w.Write(t.Context(), batch.Batch{Record: rec, Changes: c.changes})
		}
		for range 2 {
			if err == nil {
				err = w.Commit(t.Context())
			}
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want && !strings.Contains(got, c.want) {
			t.Errorf("%v %v: %s, want %s", c.mode, c.changes, got, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := p.Open(t.Context(), spec); err == nil {
			t.Error("the function is there after the end")
		}
	}
}
