package operator

import (
	"testing"
	"testing/synctest"
	"time"
)

// A stopwatch counts each moment once: work inside of other work is taken out of
// that, and waiting counts for nothing.
func TestStopwatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleep := func(ms int) { time.Sleep(time.Duration(ms) * time.Millisecond) }
		var w stopwatch
		sleep(1)
		_ = w.updates(func() error {
			sleep(2)
			_ = w.removals(func() error { sleep(30); return nil })
			was := w.turn(nil)
			sleep(400) // those who take the result
			w.turn(was)
			sleep(5000)
			return nil
		})
		sleep(60000)
		if want := (Work{5002 * time.Millisecond, 30 * time.Millisecond}); w.work != want {
			t.Errorf("measured %v, want %v", w.work, want)
		}
		_ = w.removals(func() error { sleep(7); return nil })
		if sum := w.work.Add(Work{1, 2}); sum != (Work{5002*time.Millisecond + 1, 37*time.Millisecond + 2}) {
			t.Errorf("the sum is %v", sum)
		}
		w.turn(&w.work.Updates)
		w.reset()
		sleep(8)
		w.turn(nil)
		if w.work != (Work{}) {
			t.Errorf("after reset %v", w.work)
		}
	})
}
