package exec_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
)

// opening is a row of what an account begins with.
type opening struct {
	Amount int64  `riffle:"amount"`
	Note   string `riffle:"note"`
}

type balance struct {
	Host  string   `riffle:"host"`
	Sum   int64    `riffle:"sum"`
	Notes []string `riffle:"notes"`
}

// refusedOnce fails an account while refusing is set.
const refusedOnce = 77

var refusing atomic.Bool

// accounts add up, from what they begin with.
type accounts struct {
	sum   *dataframe.ValueState[int64]
	notes *dataframe.ListState[string]
}

func (p *accounts) Init(h *dataframe.Handle) error {
	p.sum = dataframe.NewValue[int64](h, "sum")
	p.notes = dataframe.NewList[string](h, "notes")
	return nil
}

func (p *accounts) HandleInitialState(_ context.Context, h *dataframe.Handle, host string, o opening) error {
	if o.Amount < 0 {
		return errors.New("a debt")
	}
	n, _ := p.sum.Get()
	p.sum.Set(n + o.Amount)
	p.notes.Append(o.Note)
	if o.Note == "tell" {
		h.SetTimer(h.Time())
	}
	return nil
}

func (p *accounts) Process(_ context.Context, _ *dataframe.Handle, host string, rows iter.Seq[ping], emit func(balance)) error {
	n, _ := p.sum.Get()
	for r := range rows {
		if r.N == refusedOnce && refusing.Load() {
			return errors.New("refused")
		}
		n += r.N
	}
	p.sum.Set(n)
	p.tell(host, emit)
	return nil
}

func (p *accounts) OnTimer(_ context.Context, _ *dataframe.Handle, host string, _ time.Time, emit func(balance)) error {
	p.tell(host, emit)
	return nil
}

func (p *accounts) tell(host string, emit func(balance)) {
	b := balance{Host: host}
	b.Sum, _ = p.sum.Get()
	for note := range p.notes.All() {
		b.Notes = append(b.Notes, note)
	}
	emit(b)
}

var accountsOf = fn.ProcessorWithInitialState("test/accounts@v1", func() dataframe.ProcessorWithInitialState[string, ping, balance, opening] { return &accounts{} })

const openings = "note STRING, amount INT, host STRING"

func account(df, initial *dataframe.DataFrame) *dataframe.DataFrame {
	return dataframe.Transform(df.GroupBy(fn.Col("host")), accountsOf, dataframe.ByProcessingTime, dataframe.Append,
		dataframe.InitialState(initial.GroupBy(fn.Col("host"))))
}

// A processor's state begins with the rows of another dataframe, once: a run that
// goes on does not read them again.
func TestProcessInitialState(t *testing.T) {
	first := [][]any{{"cash", 10, "a"}, {"tell", 5, "b"}, {"gift", 1, "a"}, {"idle", 7, "c"}}
	for _, backend := range []string{"memory", "disk"} {
		for _, cores := range []int{1, 3} {
			streams, out, dir := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
			in := streams.Add("hits", schemaOf(t, hits))
			for round := range 3 {
				b := again(t, streams, out, exec.Cores(cores+round))
				must(t, b.Conf().Set("riffle.state.backend", backend))
				initial := b.frame(openings, first...)
				if round > 0 {
					initial = b.frame(openings, []any{"new", 1000, "a"})
				}
				run, err := account(b.ReadStream().Format("memory").Option("name", "hits").Load(), initial).
					WriteStream().Format("collect").Checkpoint(dir).Start(t.Context())
				must(t, err)
				for range 2 {
					in.Append(record(t, hits, []any{"a", 100}, []any{fmt.Sprint("c", round), 1}))
					settle(t, run)
				}
				must(t, run.Stop())
				must(t, b.Close())
			}
			got, err := out.Table()
			must(t, err)
			want(t, backend, got, "[[a,111,[cash gift]] [a,211,[cash gift]] [a,311,[cash gift]] [a,411,[cash gift]] [a,511,[cash gift]] [a,611,[cash gift]] "+
				"[b,5,[tell]] [c0,1,null] [c0,2,null] [c1,1,null] [c1,2,null] [c2,1,null] [c2,2,null]]")
		}
	}
	b := open(t, exec.Cores(3))
	want(t, "batch", sorted(t, account(b.frame(hits, []any{"a", 100}, []any{"d", 1}), b.frame(openings, first...))), "[[a,111,[cash gift]] [b,5,[tell]] [d,1,null]]")
	text, err := account(b.frame(hits), b.frame(openings, first...)).ExplainString("formatted")
	must(t, err)
	if !strings.Contains(text, "Process test/accounts@v1 [host], time=processingTime, mode=append, with initial state\n") {
		t.Errorf("explained as\n%s", text)
	}
}

// A first batch that failed begins with the initial state again, and once.
func TestProcessInitialStateFails(t *testing.T) {
	for _, backend := range []string{"memory", "disk"} {
		streams, out, dir := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
		in := streams.Add("hits", schemaOf(t, hits))
		in.Append(record(t, hits, []any{"a", 100}, []any{"b", refusedOnce}))
		refusing.Store(true)
		for round := range 2 {
			b := again(t, streams, out)
			must(t, b.Conf().Set("riffle.state.backend", backend))
			run, err := account(b.ReadStream().Format("memory").Option("name", "hits").Load(), b.frame(openings, []any{"cash", 10, "a"}, []any{"cash", 1, "b"})).
				WriteStream().Format("collect").Checkpoint(dir).Start(t.Context())
			must(t, err)
			if round == 0 {
				if err := failure(t, run); !strings.Contains(err.Error(), "at the key b: refused") {
					t.Errorf("failed with %v", err)
				}
			} else {
				settle(t, run)
				must(t, run.Stop())
			}
			must(t, b.Close())
			refusing.Store(false)
		}
		got, err := out.Table()
		must(t, err)
		want(t, backend, got, fmt.Sprintf("[[a,110,[cash]] [b,%d,[cash]]]", 1+refusedOnce))
	}
}

// What is wrong with an initial state is said when the query is built, or, where it
// fails, with the key.
func TestProcessInitialStateRefused(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	for what, c := range map[string]struct {
		df       *dataframe.DataFrame
		expected string
	}{
		"a stream":     {account(df, df.SelectExpr("host", "n AS amount", "'x' AS note")), "the initial state of the processor test/accounts@v1 is a stream"},
		"no column":    {account(df, b.frame("host STRING, amount INT")), "Transform: initial state: no column note in (host, amount)"},
		"a wrong type": {account(df, b.frame("host STRING, amount STRING, note STRING")), "takes amount as bigint, and it is string"},
		"not handled": {dataframe.Transform(df.GroupBy(fn.Col("host")), echoes, dataframe.ByProcessingTime, dataframe.Append,
			dataframe.InitialState(b.frame(openings).GroupBy(fn.Col("host")))), "the processor test/echo@v1 takes no initial state; give it a method HandleInitialState"},
		"another key": {dataframe.Transform(df.GroupBy(fn.Col("host")), accountsOf, dataframe.ByProcessingTime, dataframe.Append,
			dataframe.InitialState(b.frame(openings).GroupBy(fn.Col("host"), fn.Col("note")))), "has a key of 1 columns, and the rows are grouped by 2"},
		"another session": {account(df, open(t).frame(openings)), "the two dataframes are of different sessions"},
		"a broken frame":  {account(df, b.frame(openings).Filter("nosuch > 1")), "Filter: sql:1:1: no column nosuch"},
	} {
		if err := c.df.Err(); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: %v, want %q", what, err, c.expected)
		}
	}
	q := start(t, account(df, b.frame(openings, []any{"cash", 1, "a"}, []any{"loan", -1, "b"})).WriteStream().Format("memory").QueryName("accounts"))
	in.Append(record(t, hits, []any{"a", 1}))
	if err := failure(t, q); !strings.Contains(err.Error(), "initial state of the processor test/accounts@v1: the processor test/accounts@v1 failed at the key b: a debt") {
		t.Errorf("failed with %v", err)
	}
}
