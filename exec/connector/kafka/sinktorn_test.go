package kafka

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/riffledata/riffle/exec/sink"
)

// Brokers have forgotten a producer in the middle of a transaction, and retention has
// taken what it wrote before: the client library begins a new epoch by itself, by which
// the first half of the batch is aborted. The batch is written as a whole.
func TestProducerForgottenInATransaction(t *testing.T) {
	for _, cause := range []*kerr.Error{kerr.InvalidProducerEpoch, kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerIDMapping} {
		t.Run(cause.Message, func(t *testing.T) {
			c := broker(t, kfake.SeedTopics(1, "out"))
			spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
			forgotten := 0
			forget := sync.OnceFunc(func() {
				c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
					forgotten++
					resp := r.ResponseKind().(*kmsg.ProduceResponse)
					for _, rt := range r.(*kmsg.ProduceRequest).Topics {
						topic := kmsg.NewProduceResponseTopic()
						topic.Topic, topic.TopicID = rt.Topic, rt.TopicID
						for _, rp := range rt.Partitions {
							part := kmsg.NewProduceResponseTopicPartition()
							part.Partition, part.ErrorCode, part.BaseOffset, part.LogStartOffset = rp.Partition, cause.Code, -1, 1<<40
							topic.Partitions = append(topic.Partitions, part)
						}
						resp.Topics = append(resp.Topics, topic)
					}
					return resp, nil, true
				})
			})
			armed := false
			ctx := sink.WithCrashPoints(ctxOf(t), func(p string) {
				if armed && p == sink.PointProducing {
					forget()
				}
			})
			s, err := NewSinkProvider().Open(ctx, spec)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for id := range int64(3) {
				armed = id == 1
				if err := writeBatch(ctx, s, id, tenRows(t, id)); err != nil {
					t.Fatal(err)
				}
			}
			if forgotten == 0 {
				t.Error("the producer was not forgotten")
			}
			equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
		})
	}
}

// liesOfThePast lets a broker tell once of a topic that it begins at 0 and ends at an
// offset of the past. The function tells how many answers of that are left.
func liesOfThePast(c *kfake.Cluster, topic string, past int64) (left func() int) {
	var lies atomic.Int64
	lies.Store(3) // of the two ends, and of the beginning
	c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req := r.(*kmsg.ListOffsetsRequest)
		if lies.Load() == 0 || len(req.Topics) != 1 || req.Topics[0].Topic != topic {
			c.KeepControl()
			return nil, nil, false
		}
		if lies.Add(-1) > 0 {
			c.KeepControl()
		}
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		rt, rp := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
		rt.Topic, rp.LeaderEpoch, rp.Offset = topic, 0, 0
		if req.Topics[0].Partitions[0].Timestamp == latest {
			rp.Offset = past
		}
		rt.Partitions = append(rt.Partitions, rp)
		resp.Topics = append(resp.Topics, rt)
		return resp, nil, true
	})
	return func() int { return int(lies.Load()) }
}

// A broker that led the progress before, and has not heard that it does no more, tells
// where the log ended then: a batch that stands behind that is not written again.
func TestProgressOfAFormerLeader(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	first := openSink(t, spec)
	var past int64
	for id := range int64(2) {
		if err := writeBatch(ctxOf(t), first, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
		if id == 0 {
			past = c.PartitionInfo(progressTopic("q", "sink"), 0).HighWatermark
		}
	}
	left := liesOfThePast(c, progressTopic("q", "sink"), past)
	spec.Epoch, spec.Committed = 2, 0
	s := openSink(t, spec)
	if n := left(); n != 0 {
		t.Fatalf("%d lies are left", n)
	}
	if s.shards[0].last.Batch != 0 {
		t.Fatalf("it knows batch %d", s.shards[0].last.Batch)
	}
	for _, id := range []int64{1, 2} {
		if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
}

// A run that is told of the past by such a broker asks again.
func TestProgressOfAFormerLeaderInARun(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "out"))
	s := openSink(t, sinkSpec(t, bootstrap(c), keyValue, "topic=out"))
	var past int64
	for id := range int64(2) {
		if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
		if id == 0 {
			past = c.PartitionInfo(progressTopic("q", "sink"), 0).HighWatermark
		}
	}
	s.shards[0].drop() // as after any error
	left := liesOfThePast(c, progressTopic("q", "sink"), past)
	if err := writeBatch(ctxOf(t), s, 2, tenRows(t, 2)); err != nil || left() != 0 {
		t.Fatalf("%d lies are left: %v", left(), err)
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
}
