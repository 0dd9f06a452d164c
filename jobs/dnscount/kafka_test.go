package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/zeek/gen"
)

// Events are counted while they are still being written to a topic of 8
// partitions. Two SQL queries look on all the time: what they see only grows,
// and is always a whole number of batches. In the end every event was counted
// once.
func TestWhileProducing(t *testing.T) {
	brokers := map[string]func(*testing.T) string{"embedded": embedded, "real": func(t *testing.T) string { return exectest.Kafka(t) }}
	for kind, addr := range brokers {
		t.Run(kind+"/made-up", func(t *testing.T) { whileProducing(t, addr(t), madeUpFile(t, 20_000, false)) })
		t.Run(kind+"/none filtered", func(t *testing.T) { whileProducing(t, addr(t), madeUpFile(t, 20_000, true)) })
	}
	for name, ref := range references {
		t.Run(name, func(t *testing.T) {
			addr := exectest.Kafka(t)
			got := whileProducing(t, addr, ref.paths(t)...)
			if diff := differences(ref.load(t), got); len(diff) > 0 {
				t.Errorf("%d groups differ from the reference:\n%s", len(diff), strings.Join(diff[:min(20, len(diff))], "\n"))
			}
		})
	}
}

// embedded starts an embedded broker.
func embedded(t *testing.T) string {
	b, err := broker.Embedded(t.Context(), broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b.Addr()
}

// madeUpFile holds made-up events: all, or only those that pass the filter.
func madeUpFile(t *testing.T, rows int, passing bool) string {
	path := filepath.Join(t.TempDir(), "dns.log")
	var text []byte
	g := gen.New(1)
	for range rows {
		line := g.Append(nil)
		asks := bytes.Contains(line, []byte(`"query":"`)) && !bytes.Contains(line, []byte(`"query":""`)) && !bytes.Contains(line, []byte(`.local","qclass"`))
		if asks || !passing {
			text = append(append(text, line...), '\n')
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// whileProducing returns the groups in the end, which equal those that the file
// source finds in the same files.
func whileProducing(t *testing.T, addr string, paths ...string) map[group]int64 {
	files := defaults()
	files.inputs, files.available = paths, true
	want := play(t, 2, files).groups

	c := defaults()
	c.brokers, c.topic = addr, exectest.Topic(t, addr, 8)
	s := session(t.Context(), t)
	q, err := start(t.Context(), counts(events(c.records(s)), c.domain()), c.trigger())
	if err != nil {
		t.Fatal(err)
	}
	looks := onlook(t, s, q)
	f, err := jobs.StartFeed(t.Context(), addr, c.topic, nil, looks.inSteps(paths))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	if err := f.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := q.ProcessAllAvailable(t.Context()); err != nil {
		t.Fatal(err)
	}
	looks.check(t, sumOf(want) != q.Totals().Rows)
	if err := q.Stop(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := jobs.Write(t.Context(), &out, jobs.JSON, top(s, -1)); err != nil {
		t.Fatal(err)
	}
	got := groupsOf(t, out.String())
	if diff := differences(want, got); len(diff) > 0 {
		t.Errorf("%d groups are lost or doubled:\n%s", len(diff), strings.Join(diff[:min(20, len(diff))], "\n"))
	}
	return got
}

func sumOf(groups map[group]int64) int64 {
	sum := int64(0)
	for _, n := range groups {
		sum += n
	}
	return sum
}

// looks is what two queries saw of the table, one after the other.
type looks struct {
	end, done chan struct{}
	seen      atomic.Int64 // how often they looked
	totals    []int64      // sums of the counts
	groups    []int64
	err       error

	batches map[int64]dataframe.Progress
	q       *dataframe.StreamingQuery
}

// onlook queries the table until check.
func onlook(t *testing.T, s *dataframe.Session, q *dataframe.StreamingQuery) *looks {
	l := &looks{end: make(chan struct{}), done: make(chan struct{}), q: q, batches: map[int64]dataframe.Progress{}}
	total := s.SQL("SELECT sum(count) FROM dns_counts")
	groups := s.SQL("SELECT count(*) FROM dns_counts WHERE count > 0")
	go func() {
		defer close(l.done)
		for {
			if l.totals, l.err = look(t.Context(), total, l.totals); l.err != nil {
				return
			}
			if l.groups, l.err = look(t.Context(), groups, l.groups); l.err != nil {
				return
			}
			l.remember()
			l.seen.Add(1)
			select {
			case <-l.end:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return l
}

// inSteps writes files as fast as they are taken, but waits now and then until
// another batch was there to be seen.
func (l *looks) inSteps(paths []string) func(context.Context, jobs.Send) error {
	return func(ctx context.Context, send jobs.Send) error {
		const steps = 4
		total, sent := 0, 0
		count := func(context.Context, []byte, []byte) error { total++; return nil }
		if err := jobs.Files(paths)(ctx, count); err != nil {
			return err
		}
		return jobs.Files(paths)(ctx, func(ctx context.Context, key, value []byte) error {
			before, batches := sent*steps/total, l.q.Totals().Batches
			if sent++; sent*steps/total == before || sent == total {
				return send(ctx, key, value)
			}
			if err := send(ctx, key, value); err != nil {
				return err
			}
			return l.another(ctx, batches)
		})
	}
}

// another waits until there are more batches than so many, and the table was
// looked at since.
func (l *looks) another(ctx context.Context, batches int64) error {
	for seen := int64(-1); ctx.Err() == nil; time.Sleep(time.Millisecond) {
		select {
		case <-l.q.Done():
			return errors.New("the query ended")
		case <-l.done:
			return l.err
		default:
		}
		now := l.seen.Load()
		switch {
		case seen < 0 && l.q.Totals().Batches > batches:
			seen = now
		case seen >= 0 && now > seen+1:
			return nil
		}
	}
	return ctx.Err()
}

func look(ctx context.Context, query *dataframe.DataFrame, seen []int64) ([]int64, error) {
	row, _, err := query.First(ctx)
	if err != nil {
		return seen, err
	}
	n, _ := row.At(0).(int64) // null before the first batch
	return append(seen, n), nil
}

// remember keeps the progress of batches, of which the query itself keeps the
// last alone.
func (l *looks) remember() {
	for _, p := range l.q.RecentProgress() {
		l.batches[p.BatchID] = p
	}
}

// check compares what was seen with what the batches left behind: as many groups
// as one of them gave, and where nothing is filtered as many events as all up to
// one of them have read.
func (l *looks) check(t *testing.T, filtered bool) {
	t.Helper()
	close(l.end)
	<-l.done
	if l.err != nil {
		t.Fatal(l.err)
	}
	l.remember()
	read, groups, sum := map[int64]bool{0: true}, map[int64]bool{0: true}, int64(0)
	for id := range int64(len(l.batches)) {
		sum += l.batches[id].NumInputRows
		read[sum], groups[l.batches[id].Sink.NumOutputRows] = true, true
	}
	different := map[int64]bool{}
	for i, n := range l.totals {
		different[n] = true
		if i > 0 && n < l.totals[i-1] || n > sum || !filtered && !read[n] {
			t.Errorf("the sum is %d after %d; the batches read up to %v", n, l.totals[max(0, i-1)], read)
		}
	}
	for i, n := range l.groups {
		if i > 0 && n < l.groups[i-1] || !groups[n] {
			t.Errorf("there are %d groups after %d; the batches gave %v", n, l.groups[max(0, i-1)], groups)
		}
	}
	if sum > 10_000 && len(different) < 3 { // smaller sets need not change the table in each step
		t.Errorf("the queries saw the table in %d states alone, in %d batches", len(different), len(l.batches))
	}
}
