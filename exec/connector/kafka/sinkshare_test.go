package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/riffledata/riffle/exec/sink"
)

// asideOf returns a specification like another one, of a sink with another role
// and topic.
func asideOf(t testing.TB, spec sink.Spec, servers, role string, kv ...string) sink.Spec {
	t.Helper()
	out := sinkSpec(t, servers, keyValue, append([]string{"topic=" + role, "value.columns=rest", "value.format=json"}, kv...)...)
	out.QueryID, out.Epoch, out.Committed, out.Role = spec.QueryID, spec.Epoch, spec.Committed, role
	return out
}

// openTogether opens sinks as a query does; they are closed with the test.
func openTogether(ctx context.Context, t testing.TB, specs ...sink.Spec) ([]sink.Sink, error) {
	t.Helper()
	out, err := NewSinkProvider().OpenShared(ctx, specs)
	for _, s := range out {
		t.Cleanup(func() { s.Close() })
	}
	return out, err
}

func mustOpen(t testing.TB, specs ...sink.Spec) []sink.Sink {
	t.Helper()
	out, err := openTogether(ctxOf(t), t, specs...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// writeTogether writes the ten rows of a batch to each of some sinks, as a query does.
func writeTogether(ctx context.Context, t testing.TB, sinks []sink.Sink, id int64) error {
	t.Helper()
	var writers []sink.Writer
	for _, s := range sinks {
		w, err := s.Begin(ctx, id)
		if err != nil {
			return err
		}
		writers = append(writers, w)
	}
	for _, w := range writers {
		if err := w.Write(ctx, tenRows(t, id)); err != nil {
			return err
		}
	}
	for _, w := range slices.Backward(writers) {
		if err := w.Commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

// asJSON are the values of a side sink.
func asJSON(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, fmt.Sprintf(`{"value":%q}`, v))
	}
	return out
}

// Result, quarantine and late rows of one query are written in the same
// transactions, with one progress, and come once when the batch runs again.
func TestSharedSinks(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"), kfake.SeedTopics(5, "late"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	specs := func(epoch, committed int64) []sink.Spec {
		spec.Epoch, spec.Committed = epoch, committed
		return []sink.Spec{spec, asideOf(t, spec, bootstrap(c), "quarantine"), asideOf(t, spec, bootstrap(c), "late", "buffer.bytes=65536")}
	}
	first := mustOpen(t, specs(1, -1)...)
	for _, id := range []int64{0, 1, 1} {
		if err := writeTogether(ctxOf(t), t, first, id); err != nil {
			t.Fatal(err)
		}
	}
	later := mustOpen(t, specs(2, 0)...)
	for _, id := range []int64{1, 2} {
		if err := writeTogether(ctxOf(t), t, later, id); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
	for _, role := range []string{"quarantine", "late"} {
		got := committed(t, bootstrap(c), role)
		equal(t, values(got), asJSON(batchesOf(0, 1, 2)))
		for _, r := range got {
			if h := string(r.Headers[0].Value); !strings.HasPrefix(h, "q/") || !strings.HasSuffix(h, "/"+role) {
				t.Errorf("%s has the header %s", r.Value, h)
			}
		}
		if n, err := later[0].(*exactSink).cluster.partitions(ctxOf(t), progressTopic("q", role)); n > 0 || err != nil {
			t.Errorf("the %s has a progress of its own: %v", role, err)
		}
	}
	if g, why := later[1].Guarantee(); g != sink.ExactlyOnce || !strings.HasPrefix(why, "in the transactions of the sink: ") {
		t.Errorf("the quarantine is %s (%s)", g, why)
	}
	for i, s := range later {
		if last, err := s.(sink.Progressive).LastCommitted(ctxOf(t)); last != 2 || err != nil {
			t.Errorf("sink %d has committed %d, %v, want 2", i, last, err)
		}
	}
}

// A side sink shares the transactions of the result only if it can, and does not
// where a run has written it otherwise.
func TestSharedSinksApart(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"))
	for i, test := range []struct {
		what   string
		kv     []string // of the quarantine
		shared bool
		err    string
	}{
		{"the same", nil, true, ""},
		{"the number of shards that the sink has", []string{"shards=3"}, true, ""},
		{"a number of shards", []string{"shards=2"}, false, ""},
		{"another connection", []string{"kafka.linger.ms=1"}, false, ""},
		{"at least once", []string{"delivery=at-least-once"}, false, ""},
		{"old transactions", []string{"allow.tv1=true"}, false, ""},
		{"another answer to what is missing", []string{"progress.missing=accept"}, false, "quarantine: option progress.missing: is accept, but the rows are in the transactions of the sink, where it is fail"},
		{"a topic that is not there", []string{"topic=quarantin"}, false, "quarantine: topic quarantin: not found"},
	} {
		spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out", "shards=3")
		spec.QueryID = fmt.Sprint("q", i)
		sinks, err := openTogether(ctxOf(t), t, spec, asideOf(t, spec, bootstrap(c), "quarantine", test.kv...))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v, want %q", test.what, err, test.err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		if _, shared := sinks[1].(*sharedSink); shared != test.shared {
			t.Errorf("%s: shared %t", test.what, shared)
		}
		if err := writeTogether(ctxOf(t), t, sinks, 0); err != nil {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out", "shards=3") // as the query that had shards=2
	spec.QueryID, spec.Epoch, spec.Committed = "q2", 2, 0
	sinks := mustOpen(t, spec, asideOf(t, spec, bootstrap(c), "quarantine"))
	if _, shared := sinks[1].(*sharedSink); shared {
		t.Error("the quarantine of a query that had its own transactions shares others")
	}
	spec.QueryID = "q0" // as the first query
	_, err := openTogether(ctxOf(t), t, spec, asideOf(t, spec, bootstrap(c), "quarantine", "kafka.linger.ms=1"))
	if err == nil || !strings.Contains(err.Error(), "give both the same kafka.* options again") {
		t.Errorf("a quarantine that has left the transactions of the sink: %v", err)
	}
}

// The calls of a batch in an order that tears it are refused.
func TestSharedSinksOrder(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	sinks := mustOpen(t, spec, asideOf(t, spec, bootstrap(c), "quarantine"))
	ctx := ctxOf(t)
	if _, err := sinks[1].Begin(ctx, 0); err == nil {
		t.Error("the quarantine was begun alone")
	}
	result, err := sinks[0].Begin(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sinks[1].Begin(ctx, 1); err == nil {
		t.Error("the quarantine was begun with another batch")
	}
	side, err := sinks[1].Begin(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := side.Write(ctx, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	if err := result.Commit(ctx); err == nil || !strings.Contains(err.Error(), "committed before that of the quarantine") {
		t.Errorf("the result was committed first: %v", err)
	}
	for _, topic := range []string{"out", "quarantine"} {
		if got := committed(t, bootstrap(c), topic); len(got) > 0 {
			t.Errorf("%d rows in %s", len(got), topic)
		}
	}
}

// inShards are the values of one batch of a query that a reader of committed
// records sees, by shard.
func inShards(t testing.TB, servers, query string, id int64, shards int, topics ...string) [][]string {
	t.Helper()
	out := make([][]string, shards)
	for _, topic := range topics {
		for _, r := range committed(t, servers, topic) {
			mark := string(r.Headers[len(r.Headers)-1].Value) + "/"
			if strings.HasPrefix(mark, fmt.Sprintf("%s/%d/", query, id)) {
				s := int(r.Partition) % shards
				out[s] = append(out[s], topic+" "+string(r.Value))
			}
		}
	}
	for _, rows := range out {
		slices.Sort(rows)
	}
	return out
}

// atOnce is inShards where a commit is still on its way: topics are read one after the
// other, and it could come in between.
func atOnce(t testing.TB, servers, query string, id int64, shards int, topics ...string) [][]string {
	t.Helper()
	saw := inShards(t, servers, query, id, shards, topics...)
	for {
		again := inShards(t, servers, query, id, shards, topics...)
		if slices.EqualFunc(saw, again, slices.Equal) {
			return saw
		}
		saw = again
	}
}

// notTorn fails the test where a reader saw some rows of a shard, but not all.
func notTorn(t testing.TB, saw, whole [][]string) {
	t.Helper()
	for i := range whole {
		if n := len(saw[i]); n > 0 && !slices.Equal(saw[i], whole[i]) {
			t.Errorf("of the %d rows of shard %d a reader saw %d after the crash: %q", len(whole[i]), i, n, saw[i])
		}
	}
}

// crashTogether runs a batch of some sinks until a step is reached for the nth
// time; from then on nothing of the run moves until the test ends.
func crashTogether(t *testing.T, specs []sink.Spec, id int64, point string, nth int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ctx, reached, gone := stopsAt(ctx, point, nth)
	done := make(chan error, 1)
	var sinks []sink.Sink
	go func() {
		var err error
		if sinks, err = NewSinkProvider().OpenShared(ctx, specs); err == nil {
			err = writeTogether(ctx, t, sinks, id)
		}
		done <- err
	}()
	awaitStop(t, id, point, reached, done)
	t.Cleanup(func() {
		cancel()
		close(gone)
		<-done
		for _, s := range sinks {
			s.Close()
		}
	})
}

// A run that ends at any step leaves of each shard the rows of all topics or none,
// and the next run shows the rest.
func TestSharedSinksCrash(t *testing.T) {
	for _, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
		for nth := 1; nth <= 3; nth++ {
			t.Run(fmt.Sprint(point, nth), func(t *testing.T) {
				t.Parallel()
				c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"))
				spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
				specs := func(epoch, committed int64) []sink.Spec {
					spec.Epoch, spec.Committed = epoch, committed
					return []sink.Spec{spec, asideOf(t, spec, bootstrap(c), "quarantine")}
				}
				if err := writeTogether(ctxOf(t), t, mustOpen(t, specs(1, -1)...), 0); err != nil {
					t.Fatal(err)
				}
				crashTogether(t, specs(2, 0), 1, point, nth)
				sinks := mustOpen(t, specs(3, 0)...)
				torn := atOnce(t, bootstrap(c), "q", 1, 3, "out", "quarantine")
				for _, id := range []int64{1, 2} {
					if err := writeTogether(ctxOf(t), t, sinks, id); err != nil {
						t.Fatal(err)
					}
				}
				equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
				equal(t, values(committed(t, bootstrap(c), "quarantine")), asJSON(batchesOf(0, 1, 2)))
				notTorn(t, torn, inShards(t, bootstrap(c), "q", 1, 3, "out", "quarantine"))
			})
		}
	}
}

// Rows in one topic alone, and batches without any, leave the last whole batch
// known.
func TestSharedSinksLastCommitted(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	specs := []sink.Spec{spec, asideOf(t, spec, bootstrap(c), "quarantine")}
	sinks := mustOpen(t, specs...)
	if err := writeTogether(ctxOf(t), t, sinks, 0); err != nil {
		t.Fatal(err)
	}
	one, err := sinks[0].Begin(ctxOf(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	side, err := sinks[1].Begin(ctxOf(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := side.Write(ctxOf(t), tenRows(t, 1)); err != nil {
		t.Fatal(err)
	}
	for _, w := range []sink.Writer{side, one} {
		if err := w.Commit(ctxOf(t)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range specs {
		specs[i].Epoch, specs[i].Committed = 2, 0
	}
	last := func(want int64) {
		t.Helper()
		for i := range specs {
			specs[i].Epoch++
		}
		for i, s := range mustOpen(t, specs...) {
			if got, err := s.(sink.Progressive).LastCommitted(ctxOf(t)); got != want || err != nil {
				t.Errorf("sink %d shows batch %d, %v, want %d", i, got, err, want)
			}
		}
	}
	last(1)
	crashTogether(t, specs, 2, sink.PointFlushed, 3)
	last(1)
}
