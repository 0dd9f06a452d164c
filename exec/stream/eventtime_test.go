package stream

import (
	"fmt"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/physical"
)

// Partitions become idle one after the other, in whatever moments somebody looks; the
// one that was heard last never does. What an earlier run has heard counts again
// from the beginning of this one, until there is nothing more to read.
func TestSilent(t *testing.T) {
	zero := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return zero.Add(time.Duration(seconds) * time.Second) }
	heard := func(parts ...string) map[string]map[string]int64 {
		seen := map[string]int64{}
		for _, p := range parts {
			seen[p] = 1
		}
		return map[string]map[string]int64{"watermark-0": seen}
	}
	times := newEventTimes(&physical.Plan{Root: nothing{}}, false, 10*time.Second, Resume{}, at(0))
	check := func(second int, ended bool, want, wakes string) {
		t.Helper()
		if got := fmt.Sprint(times.silent(at(second), ended)["watermark-0"]); got != want {
			t.Errorf("second %d: %s are idle, want %s", second, got, want)
		}
		wake, ok := times.wakes()
		if got := fmt.Sprint(wake.Sub(zero).Seconds()); ok != (wakes != "") || ok && got != wakes {
			t.Errorf("second %d: the next is idle at %s, want %s", second, got, wakes)
		}
	}
	check(0, false, "[]", "")
	times.add(heard("a", "b", "c"), at(1), at(1).UnixMicro())
	times.add(heard("b", "c"), at(3), at(3).UnixMicro())
	times.add(heard("c"), at(5), at(5).UnixMicro())
	check(6, false, "[]", "11")
	check(11, false, "[a]", "13")
	check(14, false, "[a b]", "15")
	check(40, false, "[a b]", "")
	last := &checkpoint.Commit{EventTimes: heard("a", "b", "c"), Heard: times.unheard(heard("c"))}
	times = newEventTimes(&physical.Plan{Root: nothing{}}, false, 10*time.Second, Resume{Last: last, Done: &checkpoint.Plan{Time: at(5).UnixMicro()}}, at(100))
	check(101, false, "[]", "110")
	check(112, false, "[]", "")
	check(101, true, "[a b]", "110")
	times.add(heard("a"), at(103), at(102).UnixMicro())
	check(104, true, "[b c]", "110")
	check(112, false, "[b c]", "113")
}

// nothing is a plan without operators.
type nothing struct{ physical.Op }

// Children are none.
func (nothing) Children() []physical.Op { return nil }
