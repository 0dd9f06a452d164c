package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/riffledata/riffle/exec/sink"
)

// three starts a cluster of three brokers.
func three(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	return broker(t, append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
}

// restless moves the leaders of all partitions, and the coordinators, again and
// again until the test calls the function that it returns, at the latest until its end.
func restless(t testing.TB, c *kfake.Cluster, every time.Duration) (rest func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var moving sync.WaitGroup
	moves := 0
	moving.Go(func() {
		for ; ctx.Err() == nil; moves++ {
			c.ShufflePartitionLeaders()
			if moves%3 == 0 {
				c.RehashCoordinators()
			}
			sleep(ctx, every)
		}
	})
	rest = sync.OnceFunc(func() {
		cancel()
		moving.Wait()
		t.Logf("the leaders moved %d times", moves)
	})
	t.Cleanup(rest)
	return rest
}

// gone takes a broker away: nobody gets a connection to it, and those there are end.
// Others lead its partitions.
func gone(t testing.TB, c *kfake.Cluster, node int32) {
	t.Helper()
	if err := c.RemoveNode(node); err != nil {
		t.Fatal(err)
	}
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if c.CurrentNode() == node {
			return nil, errors.New("gone"), true
		}
		return nil, nil, false
	})
}

// A stream reads each record once while leaders move under its fetches.
func TestFetchWhileLeadersMove(t *testing.T) {
	c := three(t, kfake.SeedTopics(4, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.MetadataMinAge(10*time.Millisecond))
	restless(t, c, 15*time.Millisecond)
	s := stream1(t, bootstrap(c), "subscribe=t", "startingOffsets=earliest", "kafka.retry.backoff.ms=5")
	at := s.initial()
	var got, want []string
	for i := range 20 {
		for p := range int32(4) {
			produce(t, cl, "t", p, fmt.Sprint(i))
			want = append(want, fmt.Sprintf("t-%d@%d=%d", p, i, i))
		}
		if err := s.Wait(ctxOf(t), at); err != nil {
			t.Fatal(err)
		}
		to := s.next(at)
		got = append(got, s.read(at, to)...)
		at = to
	}
	if to := s.next(at); string(to) != string(at) {
		got = append(got, s.read(at, to)...)
	}
	equal(t, got, want)
	equal(t, batch1(t, bootstrap(c), "subscribe=t", "kafka.retry.backoff.ms=5").read(off(`{"t":{"0":0,"1":0,"2":0,"3":0}}`), off(`{"t":{"0":20,"1":20,"2":20,"3":20}}`)), want)
}

// A broker is gone while a stream has a fetch out at it, and another that leads what is
// read next: what is missing is read from those that lead now.
func TestFetchWithoutABroker(t *testing.T) {
	c := three(t, kfake.SeedTopics(6, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.MetadataMinAge(10*time.Millisecond))
	s := stream1(t, bootstrap(c), "subscribe=t", "startingOffsets=earliest", "kafka.retry.backoff.ms=5")
	var got, want []string
	at := s.initial()
	step := func(i int) {
		t.Helper()
		for p := range int32(6) {
			produce(t, cl, "t", p, fmt.Sprint(i))
			want = append(want, fmt.Sprintf("t-%d@%d=%d", p, i, i))
		}
		to := s.next(at)
		got = append(got, s.read(at, to)...)
		at = to
	}
	step(0)
	gone(t, c, c.LeaderFor("t", 0))
	for i := 1; i < 4; i++ {
		step(i)
	}
	for to := s.next(at); string(to) != string(at); to = s.next(at) {
		got = append(got, s.read(at, to)...)
		at = to
	}
	equal(t, got, want)
}

// Rows are written once while leaders and coordinators move under the transactions,
// by sinks that share them, and by the one that writes without.
func TestSinksWhileLeadersMove(t *testing.T) {
	c := three(t, kfake.SeedTopics(3, "out"), kfake.SeedTopics(2, "quarantine"), kfake.SeedTopics(3, "plain"))
	rest := restless(t, c, 15*time.Millisecond)
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	specs := func(epoch, committed int64) []sink.Spec {
		spec.Epoch, spec.Committed = epoch, committed
		return []sink.Spec{spec, asideOf(t, spec, bootstrap(c), "quarantine")}
	}
	var ids []int
	sinks := mustOpen(t, specs(1, -1)...)
	plain, err := NewSinkProvider().Open(ctxOf(t), sinkSpec(t, bootstrap(c), keyValue, "topic=plain", "delivery=at-least-once"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for id := range 16 {
		if id == 8 {
			sinks = mustOpen(t, specs(2, 7)...)
			mustWrite(t, sinks, 7)
		}
		mustWrite(t, sinks, int64(id))
		if err := writeBatch(ctxOf(t), plain, int64(id), tenRows(t, int64(id))); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	rest()
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(ids...))
	equal(t, values(committed(t, bootstrap(c), "quarantine")), asJSON(batchesOf(ids...)))
	equal(t, values(committed(t, bootstrap(c), "plain")), batchesOf(ids...))
}

// At each step of a transaction all leaders and the coordinator move, or the broker
// that coordinates it is gone.
func TestTransactionMoves(t *testing.T) {
	for what, move := range map[string]func(*testing.T, *kfake.Cluster){
		"moved": func(_ *testing.T, c *kfake.Cluster) { c.ShufflePartitionLeaders(); c.RehashCoordinators() },
		"gone":  func(t *testing.T, c *kfake.Cluster) { gone(t, c, c.CoordinatorFor("riffle.q.sink.1")) },
	} {
		for _, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
			t.Run(what+" "+point, func(t *testing.T) {
				t.Parallel()
				c := three(t, kfake.SeedTopics(3, "out"))
				spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
				once := sync.OnceFunc(func() { move(t, c) })
				ctx := sink.WithCrashPoints(ctxOf(t), func(p string) {
					if p == point {
						once()
					}
				})
				s, err := NewSinkProvider().Open(ctx, spec)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				for id := range int64(3) {
					if err := writeBatch(ctx, s, id, tenRows(t, id)); err != nil {
						t.Fatal(err)
					}
				}
				equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
			})
		}
	}
}

// A run ends at any step of a batch on a cluster whose leaders move; the next one
// shows each row once.
func TestExactSinkCrashesWhileLeadersMove(t *testing.T) {
	for _, point := range []string{sink.PointFenced, sink.PointProducing, sink.PointFlushed, sink.PointCommitting, sink.PointCommitted} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			c := three(t, kfake.SeedTopics(3, "out"))
			rest := restless(t, c, 15*time.Millisecond)
			spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
			if err := writeBatch(ctxOf(t), openSink(t, spec), 0, tenRows(t, 0)); err != nil {
				t.Fatal(err)
			}
			spec.Epoch, spec.Committed = 2, 0
			crash(t, spec, 1, point, 2)
			spec.Epoch = 3
			s := openSink(t, spec)
			for _, id := range []int64{1, 2} {
				if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
					t.Fatal(err)
				}
			}
			rest()
			equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0, 1, 2))
		})
	}
}

// One broker has not heard of a topic yet, as after its making: neither the progress of
// a sink nor its topic is taken for gone, and no sink begins anew.
func TestTopicThatOneBrokerDoesNotKnow(t *testing.T) {
	for _, topic := range []string{"out", progressTopic("q", "sink")} {
		c := three(t, kfake.SeedTopics(3, "out"))
		spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
		ignorant := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Nodes: []int32{0, 1}, Topic: topic, Err: kerr.UnknownTopicOrPartition, Count: 6})
		if err := writeBatch(ctxOf(t), openSink(t, spec), 0, tenRows(t, 0)); err != nil {
			t.Fatalf("%s: %v", topic, err)
		}
		ignorant.Remove()
		spec.Epoch, spec.Committed = 2, 0
		for range 4 {
			ignorant := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Nodes: []int32{1}, Topic: topic, Err: kerr.UnknownTopicOrPartition, Count: -1})
			s, err := NewSinkProvider().Open(ctxOf(t), spec)
			if err != nil {
				t.Fatalf("%s: %v", topic, err)
			}
			s.Close()
			ignorant.Remove()
			spec.Epoch++
		}
	}
}

// A broker answers with nothing, though the log goes on, while it waits for its remote
// tier: that is no hole, and what is there comes later.
func TestEmptyAnswersOfARemoteTier(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		c := broker(t, kfake.SeedTopics(1, "t"))
		produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b", "c")
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t", "startingOffsets=earliest", "kafka.retry.backoff.ms=5")
		id := s.id("t")
		fetches := 0
		c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			req := r.(*kmsg.FetchRequest)
			if fetches++; fetches > 6 || len(req.Topics) == 0 || req.Topics[0].Partitions[0].FetchOffset > 2 {
				return nil, nil, false
			}
			resp := req.ResponseKind().(*kmsg.FetchResponse)
			topic := kmsg.NewFetchResponseTopic()
			topic.Topic, topic.TopicID = "t", id
			topic.Partitions = append(topic.Partitions, *answer(func(p *kmsg.FetchResponseTopicPartition) { p.HighWatermark, p.LastStableOffset = 3, 3 }))
			resp.Topics = append(resp.Topics, topic)
			return resp, nil, true
		})
		c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			req := r.(*kmsg.ListOffsetsRequest)
			if req.Topics[0].Partitions[0].Timestamp != earliestLocal {
				return nil, nil, false
			}
			resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
			topic, part := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
			part.Offset, topic.Topic = 3, "t"
			topic.Partitions = append(topic.Partitions, part)
			resp.Topics = append(resp.Topics, topic)
			return resp, nil, true
		})
		equal(t, s.read(off(`{"t":{"0":0}}`), off(`{"t":{"0":3}}`)), []string{"t-0@0=a", "t-0@1=b", "t-0@2=c"})
		if streaming {
			continue
		}
		if fetches < 7 {
			t.Errorf("%d fetches", fetches)
		}
	}
}

// An end of a log that is told by who led it before is no end: the log has not gone
// back.
func TestEndOfAFormerLeader(t *testing.T) {
	c := three(t, kfake.SeedTopics(1, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.MetadataMinAge(10*time.Millisecond))
	if err := c.MoveTopicPartition("t", 0, (c.LeaderFor("t", 0)+1)%3); err != nil {
		t.Fatal(err)
	}
	produce(t, cl, "t", 0, "a", "b", "c")
	s := stream1(t, bootstrap(c), "subscribe=t", "startingOffsets=earliest", "kafka.retry.backoff.ms=5")
	at := s.next(s.initial())
	equal(t, s.read(s.initial(), at), []string{"t-0@0=a", "t-0@1=b", "t-0@2=c"})
	c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) {
		resp := r.ResponseKind().(*kmsg.ListOffsetsResponse)
		topic, part := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
		part.Offset, part.LeaderEpoch, topic.Topic = 1, s.cat.topics["t"].parts[0].epoch-1, "t"
		topic.Partitions = append(topic.Partitions, part)
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	if to := s.next(at); string(to) != string(at) {
		t.Errorf("it goes from %s to %s", at, to)
	}
	produce(t, cl, "t", 0, "d")
	equal(t, s.read(at, s.next(at)), []string{"t-0@3=d"})
}

// A partition without a leader stays with its last one, who is asked until there is
// another.
func TestNoLeader(t *testing.T) {
	k, id := tp{"t", 0}, [16]byte{1}
	p := &part{at: k, id: id, node: 1, epoch: 3, replica: -1}
	a := &ahead{parts: map[tp]*part{k: p}, lanes: map[int32]*lanes{1: {}, 2: {}}}
	for _, step := range []struct{ leader, want replica }{{replica{-1, 4}, replica{1, 4}}, {replica{2, 5}, replica{2, 5}}} {
		a.route(&catalog{topics: map[string]topic{"t": {id, map[int32]replica{0: step.leader}}}})
		if got := (replica{p.node, p.epoch}); got != step.want || p.trouble != nil {
			t.Errorf("led by %v it is fetched from %v, %v, want %v", step.leader, got, p.trouble, step.want)
		}
	}
}

// What a broker tells that has not heard of an election does not take a leader back;
// of another topic it does.
func TestCatalogNotBefore(t *testing.T) {
	of := func(id byte, r replica) *catalog {
		return &catalog{topics: map[string]topic{"t": {[16]byte{id}, map[int32]replica{0: r}}}}
	}
	for _, c := range []struct {
		old, now *catalog
		want     replica
	}{
		{of(1, replica{1, 5}), of(1, replica{2, 4}), replica{1, 5}},
		{of(1, replica{1, 5}), of(1, replica{2, 6}), replica{2, 6}},
		{of(1, replica{1, 5}), of(2, replica{2, 0}), replica{2, 0}},
		{of(0, replica{1, 5}), of(0, replica{2, 0}), replica{2, 0}},
		{&catalog{}, of(1, replica{2, 0}), replica{2, 0}},
	} {
		c.now.notBefore(c.old)
		if got, _, _ := c.now.leader(tp{"t", 0}); got != c.want {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}
