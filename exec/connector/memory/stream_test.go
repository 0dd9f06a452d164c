package memory

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

func openStream(t *testing.T, streams *Streams, options map[string]string, columns ...string) (source.Source, error) {
	t.Helper()
	set, err := option.Check("the source", options, streams.Options())
	if err != nil {
		t.Fatal(err)
	}
	return streams.Open(t.Context(), source.Spec{Options: set, Streaming: true, Columns: columns})
}

// A frozen reader has an end, which what comes later does not move, and nothing
// to wait for.
func TestFreeze(t *testing.T) {
	schema, streams := schemaOf(t, "a INT"), NewStreams()
	st := streams.Add("s", schema)
	st.Append(rowsOf(t, schema, []any{1}).Record)
	src, err := openStream(t, streams, map[string]string{"name": "S"})
	if err != nil {
		t.Fatal(err)
	}
	if err := src.(source.Freezer).Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	st.Append(rowsOf(t, schema, []any{2}).Record)
	next, err := src.Next(t.Context(), source.Offset("0"))
	from, to, bounds := src.Bounds(t.Context())
	if err := errors.Join(err, bounds); err != nil || string(next) != "1" || string(from) != "0" || string(to) != "1" {
		t.Errorf("frozen after 1 batch: next %s, bounds %s to %s, %v", next, from, to, err)
	}
	if got := string(src.(source.Latest).Latest()); got != "2" {
		t.Errorf("the latest offset is %s", got)
	}
	if again, err := src.Next(t.Context(), source.Offset("2")); err != nil || string(again) != "2" {
		t.Errorf("from beyond its end the reader goes back to %s, %v", again, err)
	}
}

// Ranges hold all batches from one offset to another, empty ones too, of which
// readers see nothing.
func TestRanges(t *testing.T) {
	schema, streams := schemaOf(t, "a INT, b STRING"), NewStreams()
	st := streams.Add("s", schema)
	for _, rows := range [][][]any{{{1, "x"}}, {}, {{2, "y"}, {3, "z"}}} {
		st.Append(rowsOf(t, schema, rows...).Record)
	}
	src, err := openStream(t, streams, map[string]string{"name": "s"}, "b", "a")
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := src.Plan(t.Context(), source.Offset("0"), source.Offset("3"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range ranges {
		in, err := src.Open(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := in.Next(t.Context())
			if err == io.EOF { //nolint:errorlint // as the contract has it
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.NumRows() {
				got = append(got, b.Record.Column(0).ValueStr(i)+b.Record.Column(1).ValueStr(i))
			}
		}
		if _, err := in.Next(t.Context()); err != io.EOF { //nolint:errorlint // as above
			t.Errorf("after the end comes %v", err)
		}
	}
	if want := []string{"x1", "y2", "z3"}; !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	if none, err := src.Plan(t.Context(), source.Offset("3"), source.Offset("3")); err != nil || len(none) != 0 {
		t.Errorf("ranges of nothing: %v, %v", none, err)
	}
	for _, split := range []string{`{"From":2,"To":4}`, `{"From":-1,"To":1}`, `{"From":2,"To":1}`, `[`} {
		if _, err := src.Open(t.Context(), source.Range{Split: []byte(split)}); err == nil {
			t.Errorf("the range %s can be opened", split)
		}
	}
	for _, at := range []string{"-1", "1.5", `"1"`} {
		_, next := src.Next(t.Context(), source.Offset(at))
		_, plan := src.Plan(t.Context(), source.Offset(at), source.Offset("3"))
		_, end := src.Plan(t.Context(), source.Offset("0"), source.Offset(at))
		if next == nil || plan == nil || end == nil || src.Wait(t.Context(), source.Offset(at)) == nil {
			t.Errorf("the offset %s is taken", at)
		}
	}
}

func TestSourceRefusals(t *testing.T) {
	streams := NewStreams()
	streams.Add("clicks", schemaOf(t, "a INT"))
	if _, err := openStream(t, streams, map[string]string{"name": "click"}); err == nil || !strings.Contains(err.Error(), "did you mean clicks?") {
		t.Errorf("a stream that is not there: %v", err)
	}
	if _, err := openStream(t, streams, map[string]string{"name": "clicks", "maxBatchesPerTrigger": "0"}); err == nil {
		t.Error("a limit of no batches is taken")
	}
	if _, err := openStream(t, streams, map[string]string{"name": "clicks"}, "b"); err == nil || !strings.Contains(err.Error(), "no column b") {
		t.Errorf("a column that is not there: %v", err)
	}
	set, err := option.Check("the source", map[string]string{"name": "clicks"}, streams.Options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := streams.Describe(t.Context(), source.Spec{Options: set, Schema: schemaOf(t, "a INT")}); err == nil {
		t.Error("a declared schema is ignored")
	}
}

// Waiting ends as soon as there is more, and at once where there is already.
func TestWait(t *testing.T) {
	schema, streams := schemaOf(t, "a INT"), NewStreams()
	st := streams.Add("s", schema)
	src, err := openStream(t, streams, map[string]string{"name": "s"})
	if err != nil {
		t.Fatal(err)
	}
	const waiters = 4
	ended := make(chan error, waiters)
	for range waiters {
		go func() { ended <- src.Wait(t.Context(), source.Offset("1")) }()
	}
	st.Append(rowsOf(t, schema, []any{1}).Record)
	select {
	case err := <-ended:
		t.Errorf("waiting for more than one batch ended with the first: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	st.Append(rowsOf(t, schema, []any{2}).Record)
	for range waiters {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := src.Wait(t.Context(), source.Offset("0")); err != nil {
		t.Error(err)
	}
}
