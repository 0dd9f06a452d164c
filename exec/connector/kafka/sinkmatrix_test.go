package kafka

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/sink"
)

// inTopics creates the topics of a query, and returns a function that makes the
// specifications of its result and quarantine in a run.
func inTopics(t *testing.T, servers, query string) func(epoch, committed int64, kv ...string) []sink.Spec {
	t.Helper()
	out, side := query+"-out", query+"-quarantine"
	p, err := NewProducer(servers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for topic, n := range map[string]int{out: 3, side: 2} {
		if err := p.CreateTopic(ctxOf(t), topic, n); err != nil {
			t.Fatal(err)
		}
	}
	return func(epoch, committed int64, kv ...string) []sink.Spec {
		kv = append([]string{"kafka.transaction.timeout.ms=1000"}, kv...)
		spec := sinkSpec(t, servers, keyValue, append([]string{"topic=" + out}, kv...)...)
		spec.QueryID, spec.Epoch, spec.Committed = query, epoch, committed
		return []sink.Spec{spec, asideOf(t, spec, servers, "quarantine", "topic="+side, "kafka.transaction.timeout.ms=1000")}
	}
}

// decided waits until a real broker is done with the transactions of a query that
// have ended: it answers a commit as soon as that is decided, and tells the
// partitions then, one by one.
func decided(t *testing.T, servers, query string) {
	t.Helper()
	admin := kadm.NewClient(newTestClient(t, servers))
	for ctx := ctxOf(t); ; time.Sleep(5 * time.Millisecond) {
		ending, err := admin.ListTransactions(ctx, nil, []string{"PrepareCommit", "PrepareAbort"})
		if err != nil {
			t.Fatal(err)
		}
		left := 0
		ending.Each(func(l kadm.ListedTransaction) {
			if strings.HasPrefix(l.TxnID, "riffle."+query+".") {
				left++
			}
		})
		if left == 0 {
			return
		}
	}
}

// holds fails the test where the topics of a query hold anything else than some
// batches, each once.
func holds(t *testing.T, servers, query string, batches ...int) {
	t.Helper()
	decided(t, servers, query)
	equal(t, values(committed(t, servers, query+"-out")), batchesOf(batches...))
	equal(t, values(committed(t, servers, query+"-quarantine")), asJSON(batchesOf(batches...)))
}

func mustWrite(t *testing.T, sinks []sink.Sink, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		if err := writeTogether(ctxOf(t), t, sinks, id); err != nil {
			t.Fatalf("batch %d: %v", id, err)
		}
	}
}

// What happens to a sink's topics and transactions beside the query, on a broker
// that forgets transactional ids as soon as they are idle for a second.
func TestRealKafkaSinkMatrix(t *testing.T) {
	servers := exectest.OwnKafka(t, map[string]string{
		"transactional.id.expiration.ms":                              "1000",
		"transaction.remove.expired.transaction.cleanup.interval.ms":  "200",
		"transaction.abort.timed.out.transaction.cleanup.interval.ms": "200",
		"producer.id.expiration.ms":                                   "1000",
		"producer.id.expiration.check.interval.ms":                    "200",
		"transaction.partition.verification.enable":                   "true",
		"log.retention.check.interval.ms":                             "500",
	})
	t.Run("crashed", func(t *testing.T) { t.Parallel(); crashedAnywhere(t, servers) })
	t.Run("expired", func(t *testing.T) { t.Parallel(); expired(t, servers) })
	t.Run("deleted", func(t *testing.T) { t.Parallel(); progressDeleted(t, servers) })
	t.Run("emptied", func(t *testing.T) { t.Parallel(); progressEmptied(t, servers) })
	t.Run("grown", func(t *testing.T) { t.Parallel(); topicsGrown(t, servers) })
}

// A reader never sees the rows of one topic of a shard without those of the others,
// wherever a run ends.
func crashedAnywhere(t *testing.T, servers string) {
	specs := inTopics(t, servers, "crashed")
	mustWrite(t, mustOpen(t, specs(1, -1)...), 0)
	ids := []int{0}
	for i, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
		id := int64(i + 1)
		crashTogether(t, specs(2*id, id-1), id, point, 2)
		sinks := mustOpen(t, specs(2*id+1, id-1)...)
		decided(t, servers, "crashed")
		saw := atOnce(t, servers, "crashed", id, 3, "crashed-out", "crashed-quarantine")
		mustWrite(t, sinks, id)
		decided(t, servers, "crashed")
		notTorn(t, saw, inShards(t, servers, "crashed", id, 3, "crashed-out", "crashed-quarantine"))
		ids = append(ids, int(id))
	}
	holds(t, servers, "crashed", ids...)
}

// forgotten waits until the broker knows no transactional id of a query.
func forgotten(t *testing.T, servers, query string) {
	t.Helper()
	admin := kadm.NewClient(newTestClient(t, servers))
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := admin.ListTransactions(ctxOf(t), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		all.Each(func(l kadm.ListedTransaction) {
			if strings.HasPrefix(l.TxnID, "riffle."+query+".") {
				known++
			}
		})
		if known == 0 {
			return
		}
	}
	t.Fatal("the broker still knows the transactional ids of the query")
}

// A query that was stopped, or idle, until the brokers have forgotten its
// transactional ids goes on: what is written stands in its progress.
func expired(t *testing.T, servers string) {
	specs := inTopics(t, servers, "expired")
	mustWrite(t, mustOpen(t, specs(1, -1)...), 0)
	crashTogether(t, specs(2, 0), 1, sink.PointCommitted, 1)
	forgotten(t, servers, "expired")
	sinks := mustOpen(t, specs(3, 0)...)
	mustWrite(t, sinks, 1, 2)
	holds(t, servers, "expired", 0, 1, 2)
	forgotten(t, servers, "expired")
	mustWrite(t, sinks, 2, 3) // by producers that the broker has forgotten
	holds(t, servers, "expired", 0, 1, 2, 3)
}

// The topic of the progress is deleted after a part of a batch was written.
func progressDeleted(t *testing.T, servers string) {
	specs := inTopics(t, servers, "deleted")
	mustWrite(t, mustOpen(t, specs(1, -1)...), 0, 1)
	crashTogether(t, specs(2, 1), 2, sink.PointCommitted, 2)
	deleteTopic(t, servers, progressTopic("deleted", "sink"))
	if _, err := openTogether(ctxOf(t), t, specs(3, 1)...); err == nil || !strings.Contains(err.Error(), "is gone, which tells what of batch 2 is written") {
		t.Errorf("without progress: %v", err)
	}
	mustWrite(t, mustOpen(t, specs(4, 1, "progress.missing=rebuild")...), 2, 3)
	mustWrite(t, mustOpen(t, specs(5, 3)...), 4)
	holds(t, servers, "deleted", 0, 1, 2, 3, 4)
}

// Some of its partitions are emptied.
func progressEmptied(t *testing.T, servers string) {
	specs := inTopics(t, servers, "emptied")
	mustWrite(t, mustOpen(t, specs(1, -1)...), 0, 1)
	crashTogether(t, specs(2, 1), 2, sink.PointCommitted, 2)
	emptyTopic(t, servers, progressTopic("emptied", "sink"), 1, 2)
	sinks, err := openTogether(ctxOf(t), t, specs(3, 1)...)
	if err == nil {
		err = writeTogether(ctxOf(t), t, sinks, 2)
	}
	if err == nil || !strings.Contains(err.Error(), "the progress of shard") || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("without the progress of two shards: %v", err)
	}
	mustWrite(t, mustOpen(t, specs(4, 1, "progress.missing=rebuild")...), 2, 3)
	holds(t, servers, "emptied", 0, 1, 2, 3)
}

// growTopic gives a topic more partitions, and waits until brokers show them.
func growTopic(t *testing.T, servers, topic string, n int) {
	t.Helper()
	admin := kadm.NewClient(newTestClient(t, servers))
	if _, err := admin.UpdatePartitions(ctxOf(t), n, topic); err != nil {
		t.Fatal(err)
	}
	for ctx := ctxOf(t); ; time.Sleep(10 * time.Millisecond) {
		all, err := admin.ListTopics(ctx, topic)
		if err != nil {
			t.Fatal(err)
		}
		if len(all[topic].Partitions) == n {
			return
		}
	}
}

// Topics get more partitions: rows stay where they were, and another number of
// shards is refused.
func topicsGrown(t *testing.T, servers string) {
	specs := inTopics(t, servers, "grown")
	mustWrite(t, mustOpen(t, specs(1, -1)...), 0)
	crashTogether(t, specs(2, 0), 1, sink.PointCommitted, 1)
	growTopic(t, servers, "grown-out", 5)
	growTopic(t, servers, "grown-quarantine", 4)
	mustWrite(t, mustOpen(t, specs(3, 0)...), 1, 2)
	holds(t, servers, "grown", 0, 1, 2)
	for _, r := range append(committed(t, servers, "grown-out"), committed(t, servers, "grown-quarantine")...) {
		if r.Partition >= 3 {
			t.Errorf("%s is in partition %d of %s, which the topic did not have", r.Value, r.Partition, r.Topic)
		}
	}
	if _, err := openTogether(ctxOf(t), t, specs(4, 2, "shards=5")...); err == nil || !strings.Contains(err.Error(), "began with 3 shards, which cannot be changed to 5") {
		t.Errorf("another number of shards: %v", err)
	}
	progress := progressTopic("grown", "sink")
	growTopic(t, servers, progress, 5)
	if _, err := openTogether(ctxOf(t), t, specs(5, 2)...); err == nil || !strings.Contains(err.Error(), "delete it, and set the options shards=3 and, once, progress.missing=rebuild") {
		t.Errorf("more partitions of the progress: %v", err)
	}
	deleteTopic(t, servers, progress)
	mustWrite(t, mustOpen(t, specs(6, 2, "shards=3", "progress.missing=rebuild")...), 3)
	holds(t, servers, "grown", 0, 1, 2, 3)
}
