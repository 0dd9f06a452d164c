package kafka

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

var keyValue = types.NewSchema().Add("key", types.String).Add("value", types.String)

// sinkSpec checks options, written "key=value", for a query called q in its first
// run.
func sinkSpec(t testing.TB, servers string, schema *types.Schema, kv ...string) sink.Spec {
	t.Helper()
	given := map[string]string{"kafka.bootstrap.servers": servers, "kafka.retry.backoff.ms": "5"}
	for _, s := range kv {
		k, v, _ := strings.Cut(s, "=")
		given[k] = v
	}
	set, err := option.Check("the kafka sink", given, NewSinkProvider().Options())
	if err != nil {
		t.Fatal(err)
	}
	return sink.Spec{Options: set, Schema: schema, QueryID: "q", Role: "sink", Epoch: 1, Committed: -1}
}

func openSink(t testing.TB, spec sink.Spec) *exactSink {
	t.Helper()
	s, err := NewSinkProvider().Open(ctxOf(t), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*exactSink)
}

func record(t testing.TB, schema *types.Schema, rows ...[]any) batch.Batch {
	t.Helper()
	rec, err := types.Record(schema, rows)
	if err != nil {
		t.Fatal(err)
	}
	return batch.Batch{Record: rec}
}

// tenRows are the rows of batch id: key i, value id/i.
func tenRows(t testing.TB, id int64) batch.Batch {
	var rows [][]any
	for i := range 10 {
		rows = append(rows, []any{fmt.Sprint("key", i), fmt.Sprintf("%d/%d", id, i)})
	}
	return record(t, keyValue, rows...)
}

func writeBatch(ctx context.Context, s sink.Sink, id int64, batches ...batch.Batch) error {
	w, err := s.Begin(ctx, id)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := w.Write(ctx, b); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	if err := w.Commit(ctx); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Abort()
}

// committed reads a topic as a consumer of committed records does: all there is
// below the last stable offset.
func committed(t testing.TB, servers, topic string) []*kgo.Record {
	t.Helper()
	conf, err := parseClient(map[string]string{"bootstrap.servers": servers})
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCluster(conf)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	all, err := c.metadata(ctxOf(t), []string{topic}, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ends, err := c.listOffsetsIn(ctxOf(t), all.partitions().all(latest), 1)
	if err != nil {
		t.Fatal(err)
	}
	start := map[string]map[int32]kgo.Offset{topic: {}}
	left := map[int32]int64{}
	for k, end := range ends {
		if end > 0 {
			start[topic][k.partition], left[k.partition] = kgo.NewOffset().At(0), end
		}
	}
	if len(left) == 0 {
		return nil
	}
	cl := newTestClient(t, servers, kgo.ConsumePartitions(start), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	defer cl.Close()
	var out []*kgo.Record
	for len(left) > 0 {
		fetches := cl.PollFetches(ctxOf(t))
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				out = append(out, r)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return out
}

func values(rs []*kgo.Record) []string {
	var out []string
	for _, r := range rs {
		out = append(out, string(r.Value))
	}
	sort.Strings(out)
	return out
}

// batchesOf are the values of whole batches, each once.
func batchesOf(ids ...int) []string {
	var out []string
	for _, id := range ids {
		for i := range 10 {
			out = append(out, fmt.Sprintf("%d/%d", id, i))
		}
	}
	return out
}

// Rows go to the partitions that other clients would choose, with the batch in a
// header, and a batch that comes again is not written again, by this run of the
// query or a later one.
func TestExactSink(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	s := openSink(t, spec)
	for _, id := range []int64{0, 1, 1} {
		if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeBatch(ctxOf(t), s, 2); err != nil {
		t.Fatal(err)
	}
	spec.Epoch, spec.Committed = 2, 2
	later := openSink(t, spec)
	if last, err := later.LastCommitted(ctxOf(t)); err != nil || last != 1 {
		t.Errorf("the last batch with rows is %d, %v, want 1", last, err)
	}
	for _, id := range []int64{1, 3} {
		if err := writeBatch(ctxOf(t), later, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	got := committed(t, bootstrap(c), "out")
	equal(t, values(got), batchesOf(0, 1, 3))
	java := kgo.StickyKeyPartitioner(nil).ForTopic("out")
	for _, r := range got {
		if want := java.Partition(&kgo.Record{Key: r.Key}, 3); int(r.Partition) != want {
			t.Errorf("%s is in partition %d, want %d", r.Key, r.Partition, want)
		}
		id, _, _ := strings.Cut(string(r.Value), "/")
		if h := r.Headers[len(r.Headers)-1]; h.Key != batchHeader || string(h.Value) != "q/"+id {
			t.Errorf("%s has the header %s: %s", r.Value, h.Key, h.Value)
		}
	}
	if g, _ := later.Guarantee(); g != sink.ExactlyOnce {
		t.Errorf("it guarantees %s", g)
	}
	if n := len(committed(t, bootstrap(c), progressTopic("q", "sink"))); n < 3 {
		t.Errorf("%d records of progress", n)
	}
}

// stopsAt returns a context in which a run does nothing any more once a step is
// reached for the nth time. That is told by reached; gone is to be closed at the end.
func stopsAt(ctx context.Context, point string, nth int) (_ context.Context, reached <-chan struct{}, gone chan struct{}) {
	stopped := make(chan struct{})
	gone = make(chan struct{})
	var mu sync.Mutex
	ending := false
	return sink.WithCrashPoints(ctx, func(p string) {
		mu.Lock()
		if p == point {
			nth--
		}
		if nth <= 0 && !ending {
			ending = true
			close(stopped)
		}
		stop := ending
		mu.Unlock()
		if stop {
			<-gone
		}
	}), stopped, gone
}

// awaitStop waits until a run has come to a step, and fails where it ends before.
func awaitStop(t *testing.T, id int64, point string, reached <-chan struct{}, done <-chan error) {
	t.Helper()
	select {
	case <-reached:
	case err := <-done:
		t.Fatalf("batch %d ended with %v before %s", id, err, point)
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not reached", point)
	}
}

// crash runs a batch until a step is reached for the nth time, at which the
// process is gone: it does nothing any more. It returns the sink that is left.
func crash(t *testing.T, spec sink.Spec, id int64, point string, nth int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx, reached, gone := stopsAt(ctx, point, nth)
	done := make(chan error, 1)
	var s sink.Sink
	go func() {
		var err error
		if s, err = NewSinkProvider().Open(ctx, spec); err == nil {
			err = writeBatch(ctx, s, id, tenRows(t, id))
		}
		done <- err
	}()
	awaitStop(t, id, point, reached, done)
	// What a later run does while this one hangs is the test; it is let go at the
	// end, as a process that was paused.
	t.Cleanup(func() {
		cancel()
		close(gone)
		<-done
		if s != nil {
			s.Close()
		}
	})
}

// A run ends, or hangs for ever, at any step of a batch: the next one shows each
// row once, and readers of committed records never see another.
func TestExactSinkCrashes(t *testing.T) {
	for _, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
		for nth := 1; nth <= 3; nth++ {
			t.Run(fmt.Sprint(point, nth), func(t *testing.T) {
				t.Parallel()
				c := broker(t, kfake.SeedTopics(3, "out"))
				spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
				if err := writeBatch(ctxOf(t), openSink(t, spec), 0, tenRows(t, 0)); err != nil {
					t.Fatal(err)
				}
				spec.Epoch, spec.Committed = 2, 0
				crash(t, spec, 1, point, nth)
				spec.Epoch = 3
				s := openSink(t, spec)
				for _, id := range []int64{1, 2} {
					if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
						t.Fatal(err)
					}
				}
				equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
			})
		}
	}
}

// Answers of brokers to the requests of a transaction fail, before or after they
// have acted: each row is written once.
func TestExactSinkFaults(t *testing.T) {
	for _, fault := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.UnknownServerError},
		{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.ProducerFenced},
		{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.TransactionAbortable},
		{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.NotCoordinator},
		{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.CoordinatorLoadInProgress, Count: 3},
		{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.ConcurrentTransactions, Count: 2},
		{Keys: []kmsg.Key{kmsg.InitProducerID}, Err: kerr.CoordinatorNotAvailable},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotLeaderForPartition},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Partitions: []int32{1}, Err: kerr.InvalidProducerEpoch},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.TransactionAbortable},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.OutOfOrderSequenceNumber},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotEnoughReplicasAfterAppend},
		{Keys: []kmsg.Key{kmsg.Produce}, Topic: "__riffle_progress_q", Err: kerr.InvalidTxnState},
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.LeaderNotAvailable},
	} {
		t.Run(fmt.Sprint(fault.Keys[0].Name(), fault.Err.Message), func(t *testing.T) {
			t.Parallel()
			c := broker(t, kfake.SeedTopics(3, "out"))
			spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
			s := openSink(t, spec)
			for id := range int64(3) {
				var h *kfake.FaultHandle
				if id == 1 {
					if fault.Keys[0] == kmsg.InitProducerID || fault.Keys[0] == kmsg.ListOffsets {
						s.Close()
						h = c.Fault(fault)
						s = openSink(t, spec)
					} else {
						h = c.Fault(fault)
					}
				}
				if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
					t.Fatal(err)
				}
				if h != nil && h.Hits() == 0 {
					t.Error("the fault did not come about")
				}
			}
			equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
		})
	}
}

// The connection breaks while a commit is on its way, before or after the broker
// has acted: only the progress tells.
func TestExactSinkUnknownOutcome(t *testing.T) {
	for _, acted := range []bool{false, true} {
		t.Run(fmt.Sprint("acted ", acted), func(t *testing.T) {
			t.Parallel()
			c := broker(t, kfake.SeedTopics(2, "out"))
			s := openSink(t, sinkSpec(t, bootstrap(c), keyValue, "topic=out", "kafka.default.api.timeout.ms=2000", "kafka.request.timeout.ms=500"))
			if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err != nil {
				t.Fatal(err)
			}
			fault := kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, Err: kerr.UnknownServerError}
			if acted {
				fault.Err = kerr.RequestTimedOut
			}
			c.Fault(fault)
			if err := writeBatch(ctxOf(t), s, 1, tenRows(t, 1)); err != nil {
				t.Fatal(err)
			}
			equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1))
		})
	}
}

// Two runs write the same batches at the same time: each row is there once, and
// the older run ends as soon as it sees that it is not the last.
func TestExactSinkZombie(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	old := openSink(t, spec)
	if err := writeBatch(ctxOf(t), old, 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	spec.Epoch, spec.Committed = 2, 0
	young := openSink(t, spec)
	if err := writeBatch(ctxOf(t), young, 1, tenRows(t, 1)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{1, 2} { // the older run has planned its own batch 2
		if err := writeBatch(ctxOf(t), old, id, tenRows(t, id)); !errors.Is(err, sink.ErrDeposed) {
			t.Errorf("the older run writes batch %d: %v", id, err)
		}
	}
	if err := writeBatch(ctxOf(t), young, 2, tenRows(t, 2)); err != nil { // it was fenced by the older one
		t.Fatal(err)
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
}

// A row that brokers refuse stops the batch; nothing of it is seen, and the next
// try writes the whole.
func TestExactSinkRefused(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"))
	s := openSink(t, sinkSpec(t, bootstrap(c), keyValue, "topic=out"))
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Partitions: []int32{1}, Err: kerr.MessageTooLarge})
	err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0))
	if !errors.Is(err, kerr.MessageTooLarge) || !strings.Contains(err.Error(), "kafka.max.request.size") {
		t.Errorf("a row too large: %v", err)
	}
	for _, r := range committed(t, bootstrap(c), "out") {
		if r.Partition == 1 {
			t.Errorf("%s of the refused transaction is visible", r.Value)
		}
	}
	if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0))
}

// A batch that was written in part is said to be so.
func TestLastCommitted(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	if err := writeBatch(ctxOf(t), openSink(t, spec), 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	crash(t, spec, 1, sink.PointFlushed, 3) // no shard is committed, or one or two are
	spec.Epoch = 2
	s := openSink(t, spec)
	if last, err := s.LastCommitted(ctxOf(t)); err != nil || last != 0 {
		t.Errorf("batch %d is the last whole one, %v, want 0", last, err)
	}
	if err := writeBatch(ctxOf(t), s, 1, tenRows(t, 1)); err != nil {
		t.Fatal(err)
	}
	if last, err := s.LastCommitted(ctxOf(t)); err != nil || last != 1 {
		t.Errorf("batch %d is the last whole one, %v, want 1", last, err)
	}
}

// The first transaction of a producer is committed, not aborted, however late the
// client's goroutines run: without settle one in some hundred is, where the race
// detector and other programs make them late.
func TestFirstTransactions(t *testing.T) {
	c := broker(t)
	for i := range 300 {
		topic := fmt.Sprint("out", i)
		if err := c.CreateTopic(topic, 3, nil); err != nil {
			t.Fatal(err)
		}
		spec := sinkSpec(t, bootstrap(c), keyValue, "topic="+topic)
		spec.QueryID = fmt.Sprint("q", i)
		s, err := NewSinkProvider().Open(ctxOf(t), spec)
		if err != nil {
			t.Errorf("%s: %v", spec.QueryID, err)
			continue
		}
		s.Close()
	}
}
