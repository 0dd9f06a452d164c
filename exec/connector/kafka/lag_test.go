package kafka

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
)

// What a stream has committed shows as the offsets of its consumer group, and a
// stream without one publishes nothing.
func TestLag(t *testing.T) {
	c := three(t, kfake.SeedTopics(2, "in"))
	produce(t, newTestClient(t, bootstrap(c)), "in", 1, "a", "b", "c")
	s := stream1(t, bootstrap(c), "subscribe=in", "groupId=watchers", "startingOffsets=earliest")
	to := s.next(s.initial())
	for range 3 {
		if err := s.Committed(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		c.RehashCoordinators() // that of the group moves too
	}
	admin := kadm.NewClient(newTestClient(t, bootstrap(c)))
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		got, err := admin.FetchOffsets(ctxOf(t), "watchers")
		if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // before the first commit
			t.Fatal(err)
		}
		if o, ok := got.Lookup("in", 1); ok && o.At == 3 {
			break
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("the group has the offsets %v", got)
		}
	}
	silent := stream1(t, bootstrap(c), "subscribe=in")
	if err := silent.Committed(t.Context(), to); err != nil || silent.lag != nil {
		t.Errorf("without a group: %v", err)
	}
}
