package exec_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

// hit is a row of the stream hits.
type hit struct {
	N *int64 `riffle:"n"`
}

// tally is what a running count says of a row.
type tally struct {
	Host  *string `riffle:"host"`
	Nth   int64   `riffle:"nth"`
	Last  []int64 `riffle:"last"`
	Often int64   `riffle:"often"`
}

// tallying counts a host's rows, keeps their numbers, and counts equal ones.
type tallying struct {
	count *dataframe.ValueState[int64]
	all   *dataframe.ListState[int64]
	often *dataframe.MapState[int64, int64]
}

func (p *tallying) Init(h *dataframe.Handle) error {
	p.count = dataframe.NewValue[int64](h, "count")
	p.all = dataframe.NewList[int64](h, "all")
	p.often = dataframe.NewMap[int64, int64](h, "often")
	return nil
}

func (p *tallying) Process(_ context.Context, _ *dataframe.Handle, host *string, rows iter.Seq[hit], emit func(tally)) error {
	for r := range rows {
		if r.N == nil {
			continue
		}
		nth, _ := p.count.Get()
		often, _ := p.often.Get(*r.N)
		p.count.Set(nth + 1)
		p.all.Append(*r.N)
		p.often.Set(*r.N, often+1)
		t := tally{Host: host, Nth: nth + 1, Often: often + 1}
		for n := range p.all.All() {
			t.Last = append(t.Last, n)
		}
		emit(t)
	}
	return nil
}

var tallies = fn.Processor("test/tallies@v1", func() dataframe.Processor[*string, hit, tally] { return &tallying{} })

// A processor gives the same for a batch query and for a stream, and its state goes
// from batch to batch.
func TestProcess(t *testing.T) {
	for _, cores := range []int{1, 3} {
		b := open(t, exec.Cores(cores))
		rows := [][]any{{"a", 1}, {"b", 5}, {"a", 2}, {nil, 7}, {"a", 1}, {"b", nil}, {nil, 7}}
		const all = "[[a,1,[1],1] [a,2,[1 2],1] [a,3,[1 2 1],2] [b,1,[5],1] [null,1,[7],1] [null,2,[7 7],2]]"
		want(t, "batch", sorted(t, dataframe.Transform(b.frame(hits, rows...).GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Append)), all)

		in, df := b.stream("hits", hits)
		counted := dataframe.Transform(df.GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Append)
		q := start(t, counted.WriteStream().Format("memory").QueryName("tallies"))
		last := start(t, dataframe.Transform(df.GroupBy(fn.Col("host")), tallies, dataframe.NoTimers, dataframe.Update).
			WriteStream().Format("memory").QueryName("latest").OutputMode(dataframe.Update))
		for _, r := range rows {
			in.Append(record(t, hits, r))
			settle(t, q)
			settle(t, last)
		}
		want(t, "stream", sorted(t, b.Table("tallies")), all)
		want(t, "update", sorted(t, b.Table("latest")), "[[a,3,[1 2 1],2] [b,1,[5],1] [null,2,[7 7],2]]")
		p := q.LastProgress()
		if len(p.StateOperators) != 1 || p.StateOperators[0].OperatorName != "transformWithStateExec" || p.StateOperators[0].NumRowsUpdated != 3 {
			t.Errorf("progress of the state is %+v", p.StateOperators)
		}
	}
}

// visit has event time.
type visit struct {
	At   time.Time `riffle:"at"`
	Page string    `riffle:"page"`
}

type session struct {
	User  string    `riffle:"user"`
	Begin time.Time `riffle:"begin"`
	End   time.Time `riffle:"end"`
	Pages []string  `riffle:"pages"`
}

// sessions end half a minute after the last page of a user.
type sessions struct {
	open *dataframe.ValueState[session]
}

func (p *sessions) Init(h *dataframe.Handle) error {
	p.open = dataframe.NewValue[session](h, "open")
	return nil
}

func (p *sessions) Process(_ context.Context, h *dataframe.Handle, user string, rows iter.Seq[visit], _ func(session)) error {
	s, ok := p.open.Get()
	for v := range rows {
		if !ok {
			s, ok = session{User: user, Begin: v.At, End: v.At}, true
		}
		s.Pages = append(s.Pages, v.Page)
		if v.At.After(s.End) {
			s.End = v.At
		}
	}
	for _, at := range h.Timers() {
		h.DeleteTimer(at)
	}
	h.SetTimer(s.End.Add(30 * time.Second))
	p.open.Set(s)
	return nil
}

func (p *sessions) OnTimer(_ context.Context, h *dataframe.Handle, user string, at time.Time, emit func(session)) error {
	s, ok := p.open.Get()
	if !ok || s.User != user || !at.Equal(s.End.Add(30*time.Second)) {
		return fmt.Errorf("a timer of %s at %v for %v", user, at, s)
	}
	emit(s)
	p.open.Clear()
	return nil
}

var sessionsByTime = fn.Processor("test/sessions@v1", func() dataframe.Processor[string, visit, session] { return &sessions{} })

const visits = "at TIMESTAMP, user STRING, page STRING"

// Timers fire once the watermark has reached them, without data too, and rows that
// are late are left out. In a batch query all of them fire at the end.
func TestProcessEventTimers(t *testing.T) {
	b := open(t, exec.Cores(1)) // one task: it has all timers in one order
	at := func(s int) time.Time { return time.Date(2026, 5, 1, 12, 0, s, 0, time.UTC) }
	in, df := b.stream("visits", visits)
	found := func(df *dataframe.DataFrame) *dataframe.DataFrame {
		return dataframe.Transform(df.WithWatermark("at", "10 seconds").GroupBy(fn.Col("user")), sessionsByTime, dataframe.ByEventTime, dataframe.Append)
	}
	q := start(t, found(df).WriteStream().Format("memory").QueryName("sessions"))
	feed := func(rows ...[]any) {
		t.Helper()
		in.Append(record(t, visits, rows...))
		settle(t, q)
	}
	feed([]any{at(0), "ann", "/"}, []any{at(20), "bob", "/b"}, []any{at(5), "ann", "/a"})
	want(t, "open", rowsOf(t, b.Table("sessions")), "[]")
	feed([]any{at(45), "cid", "/c"}) // the watermark is 35: that of ann ends
	const ann = "[ann,2026-05-01 12:00:00 +0000 UTC,2026-05-01 12:00:05 +0000 UTC,[/ /a]]"
	want(t, "the first has ended", rowsOf(t, b.Table("sessions")), "["+ann+"]")
	feed([]any{at(34), "bob", "/late"}, []any{at(36), "bob", "/b2"})
	if late := q.LastProgress().StateOperators[0].NumRowsDroppedByWatermark; late != 1 {
		t.Errorf("%d late rows, want 1", late)
	}
	feed([]any{at(200), "ann", "/again"})
	want(t, "three have ended, the first to end first", rowsOf(t, b.Table("sessions").Select(fn.Col("user"), fn.Col("pages"))), "[[ann,[/ /a]] [bob,[/b /b2]] [cid,[/c]]]")

	timers := map[string]int64{}
	for _, p := range q.RecentProgress() {
		for _, m := range []string{engine.RegisteredTimers, engine.DeletedTimers, engine.ExpiredTimers} {
			timers[m] += p.StateOperators[0].CustomMetrics[m]
		}
	}
	want(t, "timers", fmt.Sprint(timers), "map[numDeletedTimers:1 numExpiredTimers:3 numRegisteredTimers:5]")

	whole := b.frame(visits, []any{at(0), "ann", "/"}, []any{at(20), "bob", "/b"}, []any{at(5), "ann", "/a"})
	want(t, "batch", sorted(t, found(whole).Select(fn.Col("user"), fn.Col("pages"))), "[[ann,[/ /a]] [bob,[/b]]]")
}

type ping struct {
	N int64 `riffle:"n"`
}

type pong struct {
	Host  string `riffle:"host"`
	N     int64  `riffle:"n"`
	Fired bool   `riffle:"fired"`
}

// echo gives a host's rows back a moment later, by the clock.
type echo struct{ waiting *dataframe.ListState[int64] }

func (p *echo) Init(h *dataframe.Handle) error {
	p.waiting = dataframe.NewList[int64](h, "waiting", dataframe.TTL(time.Hour))
	return nil
}

func (p *echo) Process(_ context.Context, h *dataframe.Handle, host string, rows iter.Seq[ping], emit func(pong)) error {
	for r := range rows {
		switch r.N {
		case -1:
			return errors.New("minus one")
		case -2:
			panic("minus two")
		}
		p.waiting.Append(r.N)
		emit(pong{Host: host, N: r.N})
	}
	h.SetTimer(h.Time().Add(30 * time.Millisecond))
	return nil
}

func (p *echo) OnTimer(_ context.Context, _ *dataframe.Handle, host string, _ time.Time, emit func(pong)) error {
	for n := range p.waiting.All() {
		emit(pong{host, n, true})
	}
	p.waiting.Clear()
	return nil
}

var echoes = fn.Processor("test/echo@v1", func() dataframe.Processor[string, ping, pong] { return &echo{} })

// impatient is an echo without state that expires.
type impatient struct{ echo }

func (p *impatient) Init(h *dataframe.Handle) error {
	p.waiting = dataframe.NewList[int64](h, "waiting")
	return nil
}

var untimed = fn.Processor("test/untimed@v1", func() dataframe.Processor[string, ping, pong] { return &impatient{} })

// An idle query wakes for timers by processing time.
func TestProcessClockTimers(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	q := start(t, dataframe.Transform(df.GroupBy(fn.Col("host")), echoes, dataframe.ByProcessingTime, dataframe.Append).
		WriteStream().Format("memory").QueryName("echoes"))
	in.Append(record(t, hits, []any{"a", 1}, []any{"a", 2}))
	settle(t, q)
	for deadline := time.Now().Add(10 * time.Second); len(rowsOf(t, b.Table("echoes"))) < 4; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no timer fired: %v", rowsOf(t, b.Table("echoes")))
		}
	}
	want(t, "rows, then timers", rowsOf(t, b.Table("echoes")), "[[a,1,false] [a,2,false] [a,1,true] [a,2,true]]")
}

// What goes wrong in a processor fails the query, which says where.
func TestProcessFails(t *testing.T) {
	for n, expected := range map[int]string{
		-1: "the processor test/echo@v1 failed at the key a: minus one",
		-2: "the processor test/echo@v1 panicked at the key a: minus two",
	} {
		b := open(t)
		in, df := b.stream("hits", hits)
		q := start(t, dataframe.Transform(df.GroupBy(fn.Col("host")), echoes, dataframe.ByProcessingTime, dataframe.Append).WriteStream().Format("memory").QueryName("echoes"))
		in.Append(record(t, hits, []any{"a", 1}, []any{"a", n}))
		if err := failure(t, q); !strings.Contains(err.Error(), expected) {
			t.Errorf("failed with %v, want %q", err, expected)
		}
	}
	b := open(t)
	_, err := dataframe.Transform(b.frame(hits, []any{"a", 1}).GroupBy(fn.Col("host")), untimed, dataframe.NoTimers, dataframe.Append).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the processor test/untimed@v1 failed at the key a: a timer is set, and the time mode is none") {
		t.Errorf("a timer without a clock: %v", err)
	}
	_, err = dataframe.Transform(b.frame(hits, []any{"a", nil}).GroupBy(fn.Col("host")), echoes, dataframe.ByProcessingTime, dataframe.Append).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "column n is null, which int64 cannot be: use a pointer to it") {
		t.Errorf("a null: %v", err)
	}
	err = dataframe.Transform(b.frame("host STRING", []any{"a"}).GroupBy(fn.Col("host")), echoes, dataframe.ByProcessingTime, dataframe.Append).Err()
	if err == nil || !strings.Contains(err.Error(), "process_test.go:") || !strings.Contains(err.Error(), "Transform: no column n in (host)") {
		t.Errorf("a missing column: %v", err)
	}
}
