package exec_test

import (
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

// ended is what a closing says when a user is away.
type ended struct {
	User   string     `riffle:"user"`
	Closed *time.Time `riffle:"closed"`
	Pages  int64      `riffle:"pages"`
}

// closings count a user's pages, and tell them half a minute after the last, by
// the timer's time. The page /back is told at once, by the time of the first one,
// the page /none by none.
type closings struct {
	pages *dataframe.ValueState[int64]
	last  *dataframe.ValueState[time.Time]
	first *dataframe.ValueState[time.Time]
}

func (p *closings) Init(h *dataframe.Handle) error {
	p.pages = dataframe.NewValue[int64](h, "pages")
	p.last = dataframe.NewValue[time.Time](h, "last")
	p.first = dataframe.NewValue[time.Time](h, "first")
	return nil
}

func (p *closings) Process(_ context.Context, h *dataframe.Handle, user string, rows iter.Seq[visit], emit func(ended)) error {
	for v := range rows {
		n, _ := p.pages.Get()
		p.pages.Set(n + 1)
		first, ok := p.first.Get()
		if !ok {
			p.first.Set(v.At)
		}
		switch v.Page {
		case "/back":
			emit(ended{User: user, Closed: &first})
		case "/none":
			emit(ended{User: user})
		}
		if last, ok := p.last.Get(); ok {
			h.DeleteTimer(last.Add(30 * time.Second))
		}
		p.last.Set(v.At)
		h.SetTimer(v.At.Add(30 * time.Second))
	}
	return nil
}

func (p *closings) OnTimer(_ context.Context, _ *dataframe.Handle, user string, at time.Time, emit func(ended)) error {
	n, _ := p.pages.Get()
	emit(ended{user, &at, n})
	p.pages.Clear()
	p.last.Clear()
	return nil
}

var closingsOf = fn.Processor("test/closings@v1", func() dataframe.Processor[string, visit, ended] { return &closings{} })

func closed(df *dataframe.DataFrame) *dataframe.DataFrame {
	return dataframe.Transform(df.WithWatermark("at", "10 seconds").GroupBy(fn.Col("user")), closingsOf,
		dataframe.ByEventTime, dataframe.Append, dataframe.EventTimeColumn("closed"))
}

// behindProcessor are queries over what a processor gives, all in mode append.
var behindProcessor = map[string]func(visits, alerts *dataframe.DataFrame) *dataframe.DataFrame{
	"window": func(visits, _ *dataframe.DataFrame) *dataframe.DataFrame {
		return closed(visits).GroupBy(fn.Window(fn.Col("closed"), "1 minute")).Agg(fn.Count().Alias("n"), fn.Sum(fn.Col("pages")).Alias("pages")).
			Select(fn.Expr("minute(window.end) AS m"), fn.Col("n"), fn.Col("pages"))
	},
	"dedup": func(visits, _ *dataframe.DataFrame) *dataframe.DataFrame {
		return closed(visits).DropDuplicates("closed").Select(fn.Col("pages"))
	},
	"outer join": func(visits, alerts *dataframe.DataFrame) *dataframe.DataFrame {
		return closed(visits).Alias("c").Join(alerts.WithWatermark("raised", "10 seconds").Alias("a"),
			fn.Expr("c.user = a.who AND a.raised >= c.closed AND a.raised <= c.closed + INTERVAL 30 SECONDS"), dataframe.Left).
			Select(fn.Col("user"), fn.Expr("minute(raised) AS m"))
	},
}

// What follows a processor knows by the event time that it gives when its rows are
// final, and leaves none of them out.
func TestProcessEventTimeColumn(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 5, 1, 12, 0, s, 0, time.UTC) }
	rows := [][]any{{at(0), "ann", "/"}, {at(5), "ann", "/a"}, {at(20), "bob", "/b"}, {at(45), "cid", "/none"}, {at(70), "dee", "/"}, {at(70), "fay", "/"},
		{at(100), "bob", "/b2"}, {at(110), "bob", "/b3"}, {at(190), "ann", "/again"}, {at(600), "eve", "/"}}
	raised := [][]any{{at(40), "ann"}, {at(150), "bob"}, {at(600), "nobody"}}
	for name, expected := range map[string]string{
		"window":     "[[1,2,3] [2,3,3] [3,1,2] [4,1,1]]",
		"dedup":      "[[0] [1] [1] [1] [1] [2] [2]]",
		"outer join": "[[ann,0] [ann,null] [bob,2] [bob,null] [cid,null] [cid,null] [dee,null] [fay,null]]",
	} {
		for _, cores := range []int{1, 3} {
			b := open(t, exec.Cores(cores))
			in, df := b.stream("visits", visits)
			alerts, raisedDF := b.stream("alerts", "raised TIMESTAMP, who STRING")
			q := start(t, behindProcessor[name](df, raisedDF).WriteStream().Format("memory").QueryName("result"))
			for i, r := range rows {
				if i < len(raised) {
					alerts.Append(record(t, "raised TIMESTAMP, who STRING", raised[i]))
				}
				in.Append(record(t, visits, r))
				settle(t, q)
			}
			want(t, name, sorted(t, b.Table("result")), expected)
			ops := q.LastProgress().StateOperators
			if ops[0].OperatorName != "transformWithStateExec" && ops[0].NumRowsTotal > 1 {
				t.Errorf("%s: %d rows are kept that are final", name, ops[0].NumRowsTotal)
			}
		}
	}
}

// A row whose time those that follow count as final is refused, and says so.
func TestProcessEventTimeRefused(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2026, 5, 1, 12, 0, s, 0, time.UTC) }
	b := open(t)
	in, df := b.stream("visits", visits)
	q := start(t, closed(df).WriteStream().Format("memory").QueryName("closed"))
	for _, row := range [][]any{{at(10), "ann", "/"}, {at(19), "ann", "/back"}, {at(20), "ann", "/back"}} {
		in.Append(record(t, visits, row))
		settle(t, q)
	}
	in.Append(record(t, visits, []any{at(21), "ann", "/back"}))
	const expected = "the processor test/closings@v1 failed at the key ann: it emits a row whose event time, column closed, is 2026-05-01T12:00:10Z, and the watermark has passed 2026-05-01T12:00:10Z"
	if err := failure(t, q); !strings.Contains(err.Error(), expected) {
		t.Errorf("failed with %v", err)
	}
	whole := b.frame(visits, []any{at(10), "ann", "/"}, []any{at(30), "bob", "/"}, []any{at(50), "ann", "/back"})
	want(t, "a batch query has no watermark to pass", len(sorted(t, closed(whole))), 3)

	transform := func(time dataframe.TimeMode, column string) error {
		return dataframe.Transform(df.WithWatermark("at", "10 seconds").GroupBy(fn.Col("user")), closingsOf, time, dataframe.Append, dataframe.EventTimeColumn(column)).Err()
	}
	for column, expected := range map[string]string{
		"close": "no column close in (user, closed, pages); did you mean closed?",
		"pages": "event time must be a timestamp, but pages of the processor test/closings@v1 is bigint",
	} {
		if err := transform(dataframe.ByEventTime, column); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: %v", column, err)
		}
	}
	if err := transform(dataframe.ByProcessingTime, "closed"); err == nil || !strings.Contains(err.Error(), "and its time mode is processingTime; use the time mode eventTime") {
		t.Errorf("by the clock: %v", err)
	}
}
