package kafka

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/sink"
)

func deleteTopic(t testing.TB, servers, topic string) {
	t.Helper()
	admin := kadm.NewClient(newTestClient(t, servers))
	if _, err := admin.DeleteTopics(ctxOf(t), topic); err != nil {
		t.Fatal(err)
	}
	for {
		all, err := admin.ListTopics(ctxOf(t), topic)
		if err != nil {
			t.Fatal(err)
		}
		if all[topic].Err != nil {
			return
		}
	}
}

// emptyTopic deletes all records of some partitions of a topic.
func emptyTopic(t testing.TB, servers, topic string, partitions ...int32) {
	t.Helper()
	admin := kadm.NewClient(newTestClient(t, servers))
	ends, err := admin.ListEndOffsets(ctxOf(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	cut := kadm.Offsets{}
	for _, p := range partitions {
		end, _ := ends.Lookup(topic, p)
		cut.Add(kadm.Offset{Topic: topic, Partition: p, At: end.Offset})
	}
	policy := "delete" // brokers delete no records of a compacted topic
	if _, err := admin.AlterTopicConfigs(ctxOf(t), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &policy}}, topic); err != nil {
		t.Fatal(err)
	}
	for ctx := ctxOf(t); ; time.Sleep(10 * time.Millisecond) {
		got, err := admin.DeleteRecords(ctx, cut)
		if err == nil {
			err = got.Error()
		}
		switch {
		case err == nil:
			return
		case !errors.Is(err, kerr.PolicyViolation) || ctx.Err() != nil: // the broker does not know of the new policy yet
			t.Fatal(err)
		}
	}
}

// withProgress are the specifications of a sink and its quarantine in a later run,
// with a value of progress.missing.
func withProgress(t testing.TB, servers, query string, epoch, committed int64, missing string, kv ...string) []sink.Spec {
	spec := sinkSpec(t, servers, keyValue, append([]string{"topic=out", "progress.missing=" + missing}, kv...)...)
	spec.QueryID, spec.Epoch, spec.Committed = query, epoch, committed
	return []sink.Spec{spec, asideOf(t, spec, servers, "quarantine")}
}

// The progress of a query whose batch was written in part is deleted, in all or in
// part: a start fails, and one that rebuilds it writes what is missing and no row
// twice.
func TestRebuildProgress(t *testing.T) {
	progress := progressTopic("q", "sink")
	for _, test := range []struct {
		what string
		lose func(t *testing.T, servers string)
	}{
		{"deleted", func(t *testing.T, servers string) { deleteTopic(t, servers, progress) }},
		{"emptied", func(t *testing.T, servers string) { emptyTopic(t, servers, progress, 0, 1, 2) }},
		{"first shard emptied", func(t *testing.T, servers string) { emptyTopic(t, servers, progress, 0) }},
		{"other shards emptied", func(t *testing.T, servers string) { emptyTopic(t, servers, progress, 1, 2) }},
	} {
		for nth := 1; nth <= 3; nth++ {
			t.Run(fmt.Sprint(test.what, nth), func(t *testing.T) {
				t.Parallel()
				c := broker(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"))
				servers := bootstrap(c)
				sinks := mustOpen(t, withProgress(t, servers, "q", 1, -1, "fail")...)
				for id := range int64(3) {
					if err := writeTogether(ctxOf(t), t, sinks, id); err != nil {
						t.Fatal(err)
					}
				}
				// Others write to the topic too.
				other := newTestClient(t, servers)
				produce(t, other, "out", 0, "foreign")
				crashTogether(t, withProgress(t, servers, "q", 2, 2, "fail"), 3, sink.PointCommitted, nth)
				produce(t, other, "out", 1, "foreign")
				test.lose(t, servers)
				failed, err := openTogether(ctxOf(t), t, withProgress(t, servers, "q", 3, 2, "fail")...)
				if err == nil { // shards beside the first are opened when they are needed
					err = writeTogether(ctxOf(t), t, failed, 3)
				}
				if err == nil || !strings.Contains(err.Error(), " gone") || !strings.Contains(err.Error(), "set the option progress.missing to rebuild") {
					t.Fatalf("a start without progress: %v", err)
				}
				again := mustOpen(t, withProgress(t, servers, "q", 4, 2, "rebuild")...)
				for _, id := range []int64{3, 4} {
					if err := writeTogether(ctxOf(t), t, again, id); err != nil {
						t.Fatal(err)
					}
				}
				equal(t, values(committed(t, servers, "out")), append(batchesOf(0, 1, 2, 3, 4), "foreign", "foreign"))
				equal(t, values(committed(t, servers, "quarantine")), asJSON(batchesOf(0, 1, 2, 3, 4)))
				last := mustOpen(t, withProgress(t, servers, "q", 5, 4, "fail")...)
				if n, err := last[0].(sink.Progressive).LastCommitted(ctxOf(t)); n != 4 || err != nil {
					t.Errorf("the last batch is %d, %v", n, err)
				}
			})
		}
	}
}

// A batch that was written whole, before its rows were staged for a second try, is
// not written again; its rows are counted over many reads of the ends.
func TestRebuildLongBatch(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"), kfake.SeedTopics(1, "quarantine"))
	header := types.NewSchema().Add("key", types.Binary).Add("value", types.Binary).Add("headers", headerType)
	spec := sinkSpec(t, bootstrap(c), header, "topic=out")
	var rows [][]any
	for i := range 3 * tailRows {
		rows = append(rows, []any{[][]byte{nil, {}, []byte(fmt.Sprint(i))}[i%3], [][]byte{[]byte(fmt.Sprint("v", i)), nil, {}}[i/3%3], []any{pair("h", []byte("x")), pair("g", nil)}})
	}
	big := record(t, header, rows...)
	for _, id := range []int64{0, 1} {
		if err := writeBatch(ctxOf(t), openSink(t, spec), id, big); err != nil {
			t.Fatal(err)
		}
	}
	deleteTopic(t, bootstrap(c), progressTopic("q", "sink"))
	rebuilt := sinkSpec(t, bootstrap(c), header, "topic=out", "progress.missing=rebuild")
	rebuilt.Epoch, rebuilt.Committed = 2, 0
	s := openSink(t, rebuilt)
	if n, err := s.LastCommitted(ctxOf(t)); n != 0 || err != nil {
		t.Errorf("of a batch whose shards are not known, %d is the last whole one: %v", n, err)
	}
	if err := writeBatch(ctxOf(t), s, 1, batch.Batch{Record: big.Record.NewSlice(1, big.Record.NumRows())}); !errors.Is(err, errChanged) || !strings.Contains(err.Error(), "when its progress was rebuilt") {
		t.Errorf("a batch with another row: %v", err)
	}
	if err := writeBatch(ctxOf(t), s, 1, big); err != nil {
		t.Fatal(err)
	}
	if n := len(committed(t, bootstrap(c), "out")); n != 2*len(rows) {
		t.Errorf("%d records, want %d", n, 2*len(rows))
	}
}

// Where the topics are not known, or are not what they were, it says so.
func TestRebuildRefuses(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"), kfake.SeedTopics(2, "quarantine"))
	servers := bootstrap(c)
	named := sinkSpec(t, servers, keyValue.Add("topic", types.String), "progress.missing=rebuild")
	named.Committed = 4
	if _, err := NewSinkProvider().Open(ctxOf(t), named); err == nil || !strings.Contains(err.Error(), "its rows name their topics themselves") {
		t.Errorf("rows that name topics: %v", err)
	}
	if err := writeTogether(ctxOf(t), t, mustOpen(t, withProgress(t, servers, "q2", 1, -1, "fail")...), 0); err != nil {
		t.Fatal(err)
	}
	crashTogether(t, withProgress(t, servers, "q2", 2, 0, "fail"), 1, sink.PointCommitted, 1)
	deleteTopic(t, servers, progressTopic("q2", "sink"))
	growTopic(t, servers, "out", 5)
	grown := mustOpen(t, withProgress(t, servers, "q2", 3, 0, "rebuild")...)
	if err := writeTogether(ctxOf(t), t, grown, 1); !errors.Is(err, errChanged) || !strings.Contains(err.Error(), "set the option shards") {
		t.Errorf("a topic that has grown: %v", err)
	}
}

// A run whose progress goes away under it does not take its rows for unwritten.
func TestProgressGoesAway(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	s := openSink(t, spec)
	if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	s.shards[0].drop() // as after any error
	emptyTopic(t, bootstrap(c), progressTopic("q", "sink"), 0)
	if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err == nil || !strings.Contains(err.Error(), "while the query ran") {
		t.Errorf("the progress is gone: %v", err)
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0))
}

func TestBatchInHeader(t *testing.T) {
	sinks := map[string]*sinkConfig{}
	for _, role := range []string{"sink", "quarantine", "late"} {
		sinks[role] = &sinkConfig{spec: sink.Spec{QueryID: "q", Role: role}}
	}
	for role, c := range sinks {
		for other, from := range sinks {
			if id, ours := c.batchIn(from.header(17)); ours != (role == other) || ours && id != 17 {
				t.Errorf("the %s finds batch %d, %t, in a header of the %s", role, id, ours, other)
			}
		}
		for _, h := range []kgo.RecordHeader{{}, {Key: "other", Value: []byte("q/17")}, {Key: batchHeader, Value: []byte("p/17")}, {Key: batchHeader, Value: []byte("q/-1/" + role)},
			{Key: batchHeader, Value: []byte("q/")}, {Key: batchHeader, Value: []byte("q/17/sink")}} {
			if id, ours := c.batchIn(h); ours {
				t.Errorf("the %s finds batch %d in %s=%s", role, id, h.Key, h.Value)
			}
		}
	}
}
