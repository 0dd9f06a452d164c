package kafka

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/sink"
)

// On a real broker: crashes at each step and a run that wakes up late leave each
// row once, and the progress can be read from what compaction and markers leave.
func TestRealKafkaExactSink(t *testing.T) {
	servers := exectest.Kafka(t)
	topic := exectest.Topic(t, servers, 3)
	spec := sinkSpec(t, servers, keyValue, "topic="+topic)
	spec.QueryID = topic
	t.Cleanup(func() {
		_, _ = kadm.NewClient(exectest.Client(t, servers)).DeleteTopics(ctxOf(t), progressTopic(topic, "sink")) // best effort
	})
	old := openSink(t, spec)
	if err := writeBatch(ctxOf(t), old, 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	ids, begin := []int{0}, time.Now()
	for i, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
		id := int64(i + 1)
		spec.Epoch, spec.Committed = spec.Epoch+1, id-1
		crash(t, spec, id, point, 2)
		spec.Epoch++
		s := openSink(t, spec)
		if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, int(id))
		t.Logf("%s after %v", point, time.Since(begin))
	}
	if err := writeBatch(ctxOf(t), old, 1, tenRows(t, 1)); !errors.Is(err, sink.ErrDeposed) {
		t.Errorf("the oldest run goes on: %v", err)
	}
	decided(t, servers, topic)
	equal(t, values(committed(t, servers, topic)), batchesOf(ids...))
}
