package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store/dir"
)

// limits runs queries over the stream hits one after the other on one checkpoint.
type limits struct {
	streams *memory.Streams
	in      *memory.Stream
	out     *exectest.Collect
	place   string
	fed     int
}

func newLimits(t *testing.T) *limits {
	l := &limits{streams: memory.NewStreams(), out: exectest.NewCollect(), place: t.TempDir()}
	l.in = l.streams.Add("hits", schemaOf(t, hits))
	return l
}

// run feeds some batches of two rows with growing numbers, and stops the query. It
// returns its last progress.
func (l *limits) run(t *testing.T, batches, cores int, mode plan.OutputMode, query func(*dataframe.DataFrame) *dataframe.DataFrame) (p engine.Progress, err error) {
	t.Helper()
	b := again(t, l.streams, l.out, exec.Cores(cores))
	defer func() { must(t, b.Close()) }()
	q, err := query(b.ReadStream().Format("memory").Option("name", "hits").Load()).
		WriteStream().Format("collect").Checkpoint(l.place).OutputMode(mode).Start(t.Context())
	if err != nil {
		return p, err
	}
	for range batches {
		l.in.Append(record(t, hits, []any{"a", l.fed}, []any{"b", l.fed + 1}))
		l.fed += 2
		settle(t, q)
	}
	p = *q.LastProgress()
	return p, q.Stop()
}

// A limit goes on counting where it was, whatever it and its offset are now: rows that
// came while it was reached are gone.
func TestChangingLimits(t *testing.T) {
	l := newLimits(t)
	for i, c := range []struct {
		offset, limit int
		read, total   int64
		want          string
	}{
		{1, 3, 2, 1, "[[a,2] [b,1] [b,3]]"},
		{1, 3, 0, 1, "[[a,2] [b,1] [b,3]]"},                             // 6 to 9 pass by
		{1, 5, 0, 1, "[[a,10] [a,2] [b,11] [b,1] [b,3]]"},               // and 12 and 13
		{3, 7, 0, 1, "[[a,10] [a,16] [a,2] [b,11] [b,17] [b,1] [b,3]]"}, // two more are left out
		{0, 2, 0, 1, "[[a,10] [a,16] [a,2] [b,11] [b,17] [b,1] [b,3]]"},
	} {
		p, err := l.run(t, 2+i%2, 1+i%3, dataframe.Append, func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.Offset(c.offset).Limit(c.limit) })
		must(t, err)
		rows, err := l.out.Table()
		must(t, err)
		what := fmt.Sprintf("run %d", i)
		want(t, what, fmt.Sprint(rows), c.want)
		if s := p.StateOperators[0]; s.OperatorName != "globalLimit" || s.NumRowsTotal != c.total || p.NumInputRows != c.read {
			t.Errorf("%s: %+v, %d rows read in the last batch, want %d", what, s, p.NumInputRows, c.read)
		}
	}
	files, err := dir.Open(l.place)
	must(t, err)
	defer func() { must(t, files.Close()) }()
	v, err := stateread.Load(t.Context(), files, 11)
	must(t, err)
	must(t, v.Each(t.Context(), stateread.Choice{}, nil, func(e stateread.Entry) error {
		want(t, "state", fmt.Sprint(e.Operator, " ", e.State, " ", string(e.Value)), `limit-0 counted {"skipped":3,"given":7,"closed":false}`)
		return nil
	}))
}

// State below a limit that was reached does not follow its input, so that the limit
// cannot be raised any more.
func TestRaisingLimitAboveState(t *testing.T) {
	l := newLimits(t)
	distinct := func(limit int) func(*dataframe.DataFrame) *dataframe.DataFrame {
		return func(df *dataframe.DataFrame) *dataframe.DataFrame { return df.Distinct().Limit(limit) }
	}
	for _, limit := range []int{2, 3, 3, 2, 3} {
		p, err := l.run(t, 2, 1, dataframe.Append, distinct(limit))
		must(t, err)
		if kept := p.StateOperators[1].NumRowsTotal; limit == 2 && kept > 6 {
			t.Errorf("%d rows are kept below a limit that was reached", kept)
		}
		if l.fed == 4 {
			break
		}
	}
	_, err := l.run(t, 1, 1, dataframe.Append, distinct(3))
	if err == nil || !strings.Contains(err.Error(), "the limit has passed on 2 rows and was reached, and the state below it has not followed its input since; set it back to at most 2") {
		t.Errorf("raising a limit above state: %v", err)
	}
	_, err = l.run(t, 1, 2, dataframe.Append, distinct(1))
	must(t, err)
	rows, err := l.out.Table()
	must(t, err)
	want(t, "rows", fmt.Sprint(rows), "[[a,0] [b,1]]")
}

// Explain prints a limit with state, and rows out of state without an order are
// refused.
func TestExplainLimit(t *testing.T) {
	b := open(t)
	_, df := b.stream("hits", hits)
	must(t, df.Offset(2).Limit(5).Explain("extended"))
	if !strings.Contains(b.out.String(), "StateLimit 5, Offset 2") {
		t.Errorf("explain:\n%s", b.out)
	}
	maps := df.DropDuplicates("host").Select(fn.Col("host"), fn.Expr("map(host, n) AS m")).Limit(3)
	_, err := maps.WriteStream().Format("memory").QueryName("maps").Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "column m (map<string,bigint>) has no order; leave the column out") {
		t.Errorf("a limit of maps out of state: %v", err)
	}
}
