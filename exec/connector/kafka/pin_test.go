package kafka

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// quick are options by which a stream hears of changes soon.
var quick = []string{"startingOffsets=earliest", "kafka.metadata.max.age.ms=20", "kafka.retry.backoff.ms=5"}

func streamOf(t testing.TB, c *kfake.Cluster, lost *[]string, kv ...string) opened {
	t.Helper()
	p := NewProvider(OnDataLoss(func(l Loss) { *lost = append(*lost, fmt.Sprintf("%d-%d", l.From, l.To)) }))
	return openSpec(t, bootstrap(c), true, nil, p, append(append([]string{"subscribe=dns"}, quick...), kv...)...)
}

// anew deletes the topic dns and makes it again, with other records.
func anew(t testing.TB, c *kfake.Cluster, values ...string) {
	t.Helper()
	if err := c.DeleteTopic("dns"); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateTopic("dns", 1, nil); err != nil {
		t.Fatal(err)
	}
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, values...)
}

// moves the leader of dns-0, so that its epoch grows by one each time.
func moveLeader(t testing.TB, c *kfake.Cluster, times int) {
	t.Helper()
	for i := range times {
		if err := c.MoveTopicPartition("dns", 0, int32(i%2)); err != nil {
			t.Fatal(err)
		}
	}
}

// cutAt makes the brokers tell that earlier epochs end at an offset. It returns how
// often they were asked.
func cutAt(c *kfake.Cluster, end int64, code int16) *atomic.Int64 {
	asked := new(atomic.Int64)
	c.ControlKey(23, func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked.Add(1)
		resp := r.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		for _, rt := range r.(*kmsg.OffsetForLeaderEpochRequest).Topics {
			top := kmsg.NewOffsetForLeaderEpochResponseTopic()
			top.Topic = rt.Topic
			for _, rp := range rt.Partitions {
				p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
				p.Partition, p.LeaderEpoch, p.EndOffset, p.ErrorCode = rp.Partition, rp.LeaderEpoch, end, code
				top.Partitions = append(top.Partitions, p)
			}
			resp.Topics = append(resp.Topics, top)
		}
		return resp, nil, true
	})
	return asked
}

// A topic that was made anew while the query was stopped is not taken for the old
// one, however many records it has.
func TestRecallOfAnotherTopic(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "dns"))
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, "a", "b")
	var lost []string
	first := streamOf(t, c, &lost)
	was := topicID(first.id("dns"))
	from := first.initial()
	to := first.next(from)
	pinned := first.Pin(to)
	if err := first.Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatal(err)
	}
	anew(t, c, "A", "B", "C", "D")
	strict := streamOf(t, c, &lost)
	is := topicID(strict.id("dns"))
	err := strict.Recall(ctxOf(t), to, pinned)
	if !errors.Is(err, ErrDataLoss) {
		t.Fatalf("error %v", err)
	}
	want := fmt.Sprintf(`dns-0: the offsets from 2 on are lost: the topic was deleted and made anew (its id is %s, and was %s): its offsets mean other records; `+
		`set failOnDataLoss=false to go on with what is there, move the query by "riffle checkpoint set-offsets", or start it with a new checkpoint`, is, was)
	if err.Error() != want {
		t.Errorf("the error is\n%s\nwant\n%s", err, want)
	}
	loose := streamOf(t, c, &lost, "failOnDataLoss=false")
	if err := loose.Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatal(err)
	}
	// A batch that was begun gives nothing of the new topic.
	equal(t, loose.read(from, to), nil)
	back := loose.next(to)
	if string(back) != `{"dns":{"0":0}}` || fmt.Sprint(lost) != "[0-2 2--1]" {
		t.Fatalf("goes back to %s, lost %v", back, lost)
	}
	equal(t, loose.read(to, back), nil)
	if string(loose.Pin(back)) == string(pinned) || !strings.Contains(string(loose.Pin(back)), is) {
		t.Errorf("pinned to %s", loose.Pin(back))
	}
	end := loose.next(back)
	equal(t, loose.read(back, end), []string{"dns-0@0=A", "dns-0@1=B", "dns-0@2=C", "dns-0@3=D"})
	// Once the new topic has come as far as the old one was read, nothing goes back again.
	at := off(`{"dns":{"0":2}}`)
	if to := loose.next(at); string(to) != `{"dns":{"0":4}}` {
		t.Errorf("from %s to %s", at, to)
	}
}

// A leader that was elected without the end of the log is noticed when a query
// goes on, and while it runs.
func TestRecallOfACutLog(t *testing.T) {
	c := broker(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "dns"))
	cl := newTestClient(t, bootstrap(c))
	produce(t, cl, "dns", 0, "a", "b", "c")
	var lost []string
	first := streamOf(t, c, &lost)
	to := first.next(first.initial())
	pinned := first.Pin(to)
	epoch := first.epochs[tp{"dns", 0}]
	moveLeader(t, c, 2)
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, "d", "e")
	time.Sleep(30 * time.Millisecond)
	again := streamOf(t, c, &lost)
	if err := again.Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatalf("the log is whole: %v", err)
	}
	asked := cutAt(c, 1, 0)
	says := fmt.Sprintf("dns-0: offsets 1 to 3 are lost: leader epoch %d, in which the log reached 3, ends at 1 now: a broker was elected leader without them", epoch)
	strict := streamOf(t, c, &lost)
	if err := strict.Recall(ctxOf(t), to, pinned); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), says) {
		t.Fatalf("error %v", err)
	}
	if _, err := first.Next(ctxOf(t), to); !errors.Is(err, ErrDataLoss) || !strings.Contains(err.Error(), says) {
		t.Fatalf("while it runs: %v", err)
	}
	loose := streamOf(t, c, &lost, "failOnDataLoss=false")
	if err := loose.Recall(ctxOf(t), to, pinned); err != nil {
		t.Fatal(err)
	}
	equal(t, loose.read(off(`{"dns":{"0":0}}`), to), []string{"dns-0@0=a"})
	equal(t, loose.read(off(`{"dns":{"0":2}}`), to), nil)
	back := loose.next(to)
	if string(back) != `{"dns":{"0":1}}` || fmt.Sprint(lost) != "[1-3]" {
		t.Fatalf("goes back to %s, lost %v", back, lost)
	}
	equal(t, loose.read(to, back), nil)
	equal(t, loose.read(back, loose.next(back)), []string{"dns-0@1=b", "dns-0@2=c", "dns-0@3=d", "dns-0@4=e"})
	if asked.Load() == 0 {
		t.Error("nobody was asked")
	}
}

// Brokers that know nothing of epochs, or of that question, are taken at their word.
func TestRecallWithoutEpochs(t *testing.T) {
	c := broker(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "dns"))
	produce(t, newTestClient(t, bootstrap(c)), "dns", 0, "a", "b", "c")
	var lost []string
	first := streamOf(t, c, &lost)
	to := first.next(first.initial())
	pinned := first.Pin(to)
	moveLeader(t, c, 2)
	for name, answer := range map[string]struct {
		end  int64
		code int16
	}{"unknown": {-1, 0}, "unsupported": {-1, kerr.UnsupportedVersion.Code}, "forbidden": {-1, kerr.TopicAuthorizationFailed.Code}} {
		cutAt(c, answer.end, answer.code)
		s := streamOf(t, c, &lost)
		for _, p := range []source.Offset{pinned, off(`{}`), off(`{"dns":{}}`), off(`{"conn":{"epochs":{"7":1}}}`)} {
			if err := s.Recall(ctxOf(t), to, p); err != nil {
				t.Errorf("%s: %s: %v", name, p, err)
			}
		}
		equal(t, s.read(off(`{"dns":{"0":0}}`), to), []string{"dns-0@0=a", "dns-0@1=b", "dns-0@2=c"})
	}
}

// As long as leaders stay, pins cost no request.
func TestPinsAskNobody(t *testing.T) {
	c := broker(t, kfake.NumBrokers(2), kfake.SeedTopics(3, "dns"))
	cl := newTestClient(t, bootstrap(c))
	s := stream1(t, bootstrap(c), "subscribe=dns", "startingOffsets=earliest")
	at := s.initial()
	asked := cutAt(c, 0, 0)
	for i := range 20 {
		produce(t, cl, "dns", int32(i%3), fmt.Sprint(i))
		if err := s.Wait(ctxOf(t), at); err != nil {
			t.Fatal(err)
		}
		to := s.next(at)
		if text := string(s.Pin(to)); !strings.Contains(text, `"epochs":{"0":`) || strings.Count(text, ":") != 3+strings.Count(string(to), ":")-1 {
			t.Fatalf("%s is pinned to %s", to, text)
		}
		s.read(at, to)
		at = to
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func FuzzRecall(f *testing.F) {
	for _, text := range []string{`{"dns":{"id":"AAECAwQFBgcICQoLDA0ODw","epochs":{"0":7}}}`, `{"dns":{"id":"x"}}`, `{"dns":{"epochs":{"a":1}}}`, `[]`, `null`, ``} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &kafkaSource{conf: &config{}, ids: map[string][16]byte{}, epochs: offsets{}}
		at := offsets{tp{"dns", 0}: 1}
		if err := s.adopt(at, []byte(text)); err != nil {
			return
		}
		again := &kafkaSource{conf: &config{}, ids: map[string][16]byte{}, epochs: offsets{}}
		if p := s.Pin(at.json()); p != nil {
			if err := again.adopt(at, p); err != nil || again.ids["dns"] != s.ids["dns"] || again.epochs[tp{"dns", 0}] != s.epochs[tp{"dns", 0}] {
				t.Errorf("%s comes back as %s, %v", text, p, err)
			}
		}
	})
}
