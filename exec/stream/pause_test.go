package stream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
)

// The trigger processing time goes on at a multiple of the interval since the
// batch began: a batch that took longer misses ticks, and does not shift them.
func TestPause(t *testing.T) {
	const every = 10 * time.Second
	for _, c := range []struct {
		what    string
		trigger plan.Trigger
		took    time.Duration // by the batch
		after   time.Duration // since its beginning the next one may begin
	}{
		{"a quick batch", plan.Trigger{Kind: plan.ProcessingTime, Interval: every}, time.Second, every},
		{"a batch of no time", plan.Trigger{Kind: plan.ProcessingTime, Interval: every}, 0, every},
		{"almost the interval", plan.Trigger{Kind: plan.ProcessingTime, Interval: every}, every - 1, every},
		{"the interval", plan.Trigger{Kind: plan.ProcessingTime, Interval: every}, every, 2 * every},
		{"more than two", plan.Trigger{Kind: plan.ProcessingTime, Interval: every}, 25 * time.Second, 3 * every},
		{"no interval", plan.Trigger{Kind: plan.ProcessingTime}, 3 * time.Second, 3 * time.Second},
		{"as soon as possible", plan.Trigger{Kind: plan.AsSoonAsPossible}, 3 * time.Second, 3 * time.Second},
		{"available now", plan.Trigger{Kind: plan.AvailableNow}, 3 * time.Second, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := &Query{Config: Config{Trigger: c.trigger}}
			began := time.Now()
			time.Sleep(c.took)
			if err := q.pause(t.Context(), began); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			if got := time.Since(began); got != c.after {
				t.Errorf("%s: the next batch may begin after %v, want %v", c.what, got, c.after)
			}
		})
	}
}

// Stopping a query does not wait for its trigger.
func TestPauseStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := &Query{Config: Config{Trigger: plan.Trigger{Kind: plan.ProcessingTime, Interval: time.Hour}}}
		began := time.Now()
		time.AfterFunc(time.Minute, cancel)
		if err := q.pause(ctx, began); !errors.Is(err, context.Canceled) || time.Since(began) != time.Minute {
			t.Errorf("stopped after a minute, it ended after %v with %v", time.Since(began), err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := &Query{Config: Config{Trigger: plan.Trigger{Kind: plan.AsSoonAsPossible}}}
	if err := q.pause(ctx, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("a query that was stopped goes on: %v", err)
	}
}
