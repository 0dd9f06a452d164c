package exec_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// heard writes down what a listener is told.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) add(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
}
func (h *heard) OnQueryStarted(e dataframe.Event) { h.add("%s started", e.Name) }
func (h *heard) OnQueryProgress(e dataframe.Event) {
	h.add("%s batch %d: %d rows", e.Name, e.Progress.BatchID, e.Progress.NumInputRows)
}
func (h *heard) OnQueryIdle(e dataframe.Event) { h.add("%s idle", e.Name) }
func (h *heard) OnQueryTerminated(e dataframe.Event) {
	h.add("%s ended, failed: %v", e.Name, e.Err != nil)
}

// A listener hears of all that happens, in order; the manager knows the queries.
func TestListenersAndManager(t *testing.T) {
	streams := memory.NewStreams()
	s := dataframe.Open(t.Context(), exec.Local(exec.Streams(streams)))
	in := streams.Add("hits", schemaOf(t, hits))
	var h, gone heard
	s.Streams().AddListener(&h)
	s.Streams().AddListener(&h) // once is enough
	s.Streams().AddListener(&gone)
	s.Streams().RemoveListener(&gone)
	df := s.ReadStream().Format("memory").Option("name", "hits").Load()
	q := start(t, df.Select(fn.Expr("1 / n AS x")).GroupBy().Agg(fn.Sum(fn.Col("x"))).WriteStream().Format("memory").QueryName("q").OutputMode(dataframe.Complete))
	settle(t, q)
	if got := s.Streams().Get("q"); got == nil || got.ID() != q.ID() || s.Streams().Get(q.ID()) == nil || s.Streams().Get("p") != nil {
		t.Error("the manager does not know the query by name and id")
	}
	in.Append(record(t, hits, []any{"a", 1}))
	settle(t, q)
	s.Streams().ResetTerminated()
	ended := make(chan error, 1)
	go func() { ended <- s.Streams().AwaitAnyTermination(t.Context()) }()
	select {
	case err := <-ended:
		t.Fatalf("it waited for nothing: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	must(t, q.Stop())
	if err := <-ended; err != nil {
		t.Errorf("a query that was stopped ended with %v", err)
	}
	must(t, s.Close())
	want(t, "heard", strings.Join(h.lines, ", "), "q started, q idle, q batch 0: 1 rows, q idle, q ended, failed: false")
	want(t, "heard after it was removed", len(gone.lines), 0)
}

// The trigger once reads all there is in one batch, whatever the source's limit.
func TestOnce(t *testing.T) {
	b := open(t)
	in, _ := b.stream("hits", hits)
	for i := range 5 {
		in.Append(record(t, hits, []any{"a", i}))
	}
	df := b.ReadStream().Format("memory").Option("name", "hits").Option("maxBatchesPerTrigger", 2).Load()
	q := start(t, df.WriteStream().Format("memory").QueryName("once").Trigger(dataframe.Once()))
	must(t, q.AwaitTermination(t.Context()))
	want(t, "rows", len(rowsOf(t, b.Table("once"))), 5)
	want(t, "batches", q.Totals().Batches, 1)
}

// Rows that come after the watermark are left out, counted, and kept where the
// query says; windows close without data once the watermark has moved.
func TestLateData(t *testing.T) {
	const events = "at TIMESTAMP, host STRING"
	at := func(minute, second int) time.Time { return time.Date(2026, 1, 2, 3, minute, second, 0, time.UTC) }
	b := open(t)
	in, df := b.stream("events", events)
	counts := df.WithWatermark("at", "1 minute").GroupBy(fn.Window(fn.Col("at"), "5 minutes"), fn.Col("host")).Count()
	q := start(t, counts.Select(fn.Expr("date_format(window.start, 'HH:mm') AS start"), fn.Col("host"), fn.Col("count")).
		WriteStream().Format("memory").QueryName("windows").LateData("memory", "late", nil))
	in.Append(record(t, events, []any{at(1, 0), "a"}, []any{at(4, 59), "a"}, []any{at(5, 0), "b"}))
	settle(t, q)
	want(t, "nothing is final", len(rowsOf(t, b.Table("windows"))), 0)
	in.Append(record(t, events, []any{at(6, 1), "b"}))
	settle(t, q) // and a batch without data
	want(t, "the first window", rowsOf(t, b.Table("windows")), "[[03:00,a,2]]")
	in.Append(record(t, events, []any{at(2, 0), "late"}, []any{at(7, 0), "b"}))
	settle(t, q)
	want(t, "the first window stays", rowsOf(t, b.Table("windows")), "[[03:00,a,2]]")
	want(t, "late rows", rowsOf(t, b.SQL("SELECT operator, get_json_object(row, '$.host') FROM late")), "[[aggregate-0,late]]")
	late := int64(0)
	for _, p := range q.RecentProgress() {
		late += p.Late.Rows
	}
	want(t, "late rows counted", late, 1)
	last := q.LastProgress()
	want(t, "watermark", last.EventTime["watermark"], "2026-01-02T03:05:01.000Z")
	must(t, q.Stop())
}

// What may not change between runs is refused before anything is read, and what
// may is not.
func TestChangedQuery(t *testing.T) {
	for _, c := range []struct {
		what    string
		query   func(df *dataframe.DataFrame) *dataframe.DataFrame
		mode    func(w *dataframe.StreamWriter) *dataframe.StreamWriter
		refused string
	}{
		{"another filter", func(df *dataframe.DataFrame) *dataframe.DataFrame {
			return df.Filter("n < 100").GroupBy(fn.Col("host")).Count()
		}, nil, ""},
		{"another key", func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.GroupBy(fn.Col("n")).Count() }, nil, "aggregate-0"},
		{"another aggregate", func(df *dataframe.DataFrame) *dataframe.DataFrame {
			return df.GroupBy(fn.Col("host")).Agg(fn.Max(fn.Col("n")))
		}, nil, "aggregate-0"},
		{"no state", func(df *dataframe.DataFrame) *dataframe.DataFrame { return df }, nil, "aggregate-0"},
		{"another mode", func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.GroupBy(fn.Col("host")).Count() },
			func(w *dataframe.StreamWriter) *dataframe.StreamWriter { return w.OutputMode(dataframe.Complete) }, "output mode"},
	} {
		t.Run(c.what, func(t *testing.T) {
			streams, out, dir := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
			in := streams.Add("hits", schemaOf(t, hits))
			in.Append(record(t, hits, []any{"a", 1}))
			b := again(t, streams, out)
			df := b.ReadStream().Format("memory").Option("name", "hits").Load()
			q := start(t, df.GroupBy(fn.Col("host")).Count().WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Update))
			settle(t, q)
			must(t, q.Stop())
			w := c.query(df).WriteStream().Format("collect").Checkpoint(dir).OutputMode(dataframe.Update)
			if c.mode != nil {
				w = c.mode(w)
			}
			q, err := w.Start(t.Context())
			switch {
			case err == nil:
				must(t, q.Stop())
				if c.refused != "" {
					t.Errorf("it started")
				}
			case c.refused == "" || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), "new checkpoint"):
				t.Errorf("refused with %v, want %q and the way out", err, c.refused)
			}
			must(t, b.Close())
		})
	}
}

// Two runs of one query from one checkpoint: the earlier one ends, and says why.
func TestDeposed(t *testing.T) {
	streams, out, dir := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
	in := streams.Add("hits", schemaOf(t, hits))
	first, second := again(t, streams, out), again(t, streams, out)
	run := func(b *bench) *dataframe.StreamingQuery {
		return start(t, b.ReadStream().Format("memory").Option("name", "hits").Load().WriteStream().Format("collect").Checkpoint(dir))
	}
	old := run(first)
	in.Append(record(t, hits, []any{"a", 1}))
	settle(t, old)
	now := run(second)
	in.Append(record(t, hits, []any{"b", 2}))
	settle(t, now)
	select {
	case <-old.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the first run goes on")
	}
	if err := old.Exception(); err == nil || !strings.Contains(err.Error(), "taken over") {
		t.Errorf("the first run ended with %v", err)
	}
	rows, err := out.Table()
	must(t, err)
	want(t, "rows", strings.Join(rows, " "), "[a,1] [b,2]")
	must(t, errors.Join(first.Close(), second.Close()))
}
