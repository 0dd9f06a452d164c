package console

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

var schema = types.NewSchema(
	types.Field{Name: "s", Type: types.String, Nullable: true},
	types.Field{Name: "at", Type: types.Timestamp, Nullable: true},
)

// spec is that of a sink with some options.
func spec(t *testing.T, options map[string]string) sink.Spec {
	t.Helper()
	set, err := option.Check("the console sink", options, NewSinkProvider().Options())
	if err != nil {
		t.Fatal(err)
	}
	return sink.Spec{Options: set, Schema: schema, Mode: sink.Append}
}

// begin opens a sink and begins a micro-batch of rows, each Write of one.
func begin(t *testing.T, p *SinkProvider, s sink.Spec, id int64, rows ...[]any) sink.Writer {
	t.Helper()
	opened, err := p.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	w, err := opened.Begin(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		rec, err := types.Record(schema, [][]any{row})
		if err == nil {
			err = w.Write(t.Context(), batch.Batch{Record: rec})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

const rule = "-------------------------------------------\n"

func TestPrinted(t *testing.T) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	long := strings.Repeat("ä", 21)
	for _, c := range []struct {
		what    string
		options map[string]string
		zone    *time.Location
		rows    [][]any
		want    string
	}{
		{"no rows", nil, nil, nil, "+---+---+\n|  s| at|\n+---+---+\n+---+---+\n"},
		{"rows of several writes", nil, nil, [][]any{{"a", noon}, {nil, nil}},
			"+----+-------------------+\n|   s|                 at|\n+----+-------------------+\n|   a|2026-07-01 12:00:00|\n|NULL|               NULL|\n+----+-------------------+\n"},
		{"another zone", nil, time.FixedZone("", 7200), [][]any{{"a", noon}},
			"+---+-------------------+\n|  s|                 at|\n+---+-------------------+\n|  a|2026-07-01 14:00:00|\n+---+-------------------+\n"},
		{"a long value cut", nil, nil, [][]any{{long, nil}},
			"+--------------------+----+\n|                   s|  at|\n+--------------------+----+\n|" + strings.Repeat("ä", 17) + "...|NULL|\n+--------------------+----+\n"},
		{"a long value whole", map[string]string{"truncate": "false"}, nil, [][]any{{long, nil}},
			"+---------------------+----+\n|s                    |at  |\n+---------------------+----+\n|" + long + "|NULL|\n+---------------------+----+\n"},
		{"as many rows as allowed", map[string]string{"numRows": "2"}, nil, [][]any{{"a", nil}, {"b", nil}},
			"+---+----+\n|  s|  at|\n+---+----+\n|  a|NULL|\n|  b|NULL|\n+---+----+\n"},
		{"a row more", map[string]string{"numRows": "1"}, nil, [][]any{{"a", nil}, {"b", nil}},
			"+---+----+\n|  s|  at|\n+---+----+\n|  a|NULL|\n+---+----+\nonly showing top 1 row\n"},
	} {
		var out strings.Builder
		s := spec(t, c.options)
		s.Zone = c.zone
		w := begin(t, NewSinkProviderTo(&out), s, 7, c.rows...)
		if out.Len() > 0 {
			t.Errorf("%s: printed before the commit:\n%s", c.what, out.String())
		}
		if err := w.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rule+"Batch: 7\n"+rule+c.want+"\n", out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// A micro-batch that is aborted is not seen.
func TestAbort(t *testing.T) {
	var out strings.Builder
	w := begin(t, NewSinkProviderTo(&out), spec(t, nil), 0, []any{"a", nil})
	if err := w.Abort(); err != nil || out.Len() > 0 {
		t.Errorf("%v, printed %q", err, out.String())
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// What cannot be printed is no committed batch.
func TestOutputFails(t *testing.T) {
	if err := begin(t, NewSinkProviderTo(full{}), spec(t, nil), 0).Commit(t.Context()); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	for key, value := range map[string]string{"numRows": "-1", "NUMROWS": "many", "truncate": "20"} {
		s := spec(t, map[string]string{key: value})
		p := NewSinkProvider()
		_, opened := p.Open(t.Context(), s)
		for _, err := range []error{p.Check(s), opened} {
			var e *option.Error
			if !errors.As(err, &e) || !strings.EqualFold(e.Key, key) {
				t.Errorf("%s = %s: got %v, want a refusal of the option", key, value, err)
			}
		}
	}
}
