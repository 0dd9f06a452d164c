package exec

import (
	"testing"

	"github.com/riffledata/riffle/dataframe/engine"
)

// The runtime is left what a limit allows, without the binary and what databases
// hold.
func TestMemoryLimit(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	got := int64(-1)
	m := &memoryLimit{apply: func(bytes int64) { got = bytes }}
	for _, c := range []struct {
		do   func()
		want int64
	}{
		{func() { m.hold(100 << 20) }, -1},
		{func() { m.set(0) }, -1},
		{func() { m.set(512 << 20) }, (512 - 64 - 100) << 20},
		{func() { m.hold(50 << 20) }, (512 - 64 - 150) << 20},
		{func() { m.hold(-150 << 20) }, (512 - 64) << 20},
		{func() { m.set(100 << 20) }, 64 << 20},
	} {
		if c.do(); got != c.want {
			t.Errorf("the runtime has %d MiB, want %d", got>>20, c.want>>20)
		}
	}
	t.Setenv("GOMEMLIMIT", "1GiB")
	if m.set(300 << 20); got != 64<<20 {
		t.Errorf("the user's limit is overruled with %d", got)
	}
}

// A query with a limit makes the state go over to disk at a share of it.
func TestMemoryLimitSpills(t *testing.T) {
	for limit, want := range map[string]int64{"0": 2 << 30, "400000000": 100_000_000, "800000000000": 2 << 30} {
		conf, err := engine.Conf{}.Set("riffle.memory.limit", limit)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&starting{l: &local{}, conf: conf}).spillAbove(); got != want {
			t.Errorf("limit %s: above %d, want %d", limit, got, want)
		}
	}
	for _, bad := range []string{"512MiB", "-1", "all"} {
		if _, err := (engine.Conf{}).Set("riffle.memory.limit", bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
