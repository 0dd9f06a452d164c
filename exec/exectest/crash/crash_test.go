package crash

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

func TestMain(m *testing.M) {
	Child()
	if text := os.Getenv(brokerEnv); text != "" {
		brokerMain(text)
	}
	goleak.VerifyTestMain(m)
}

func needProcesses(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts and kills dozens of processes; leave out -short")
	}
	if !Supported {
		t.Skip("this system cannot pause a process; run it on a Unix")
	}
}

// embedded is a broker of this process, which survives the children.
func embedded(t *testing.T) string {
	t.Helper()
	needProcesses(t)
	b, err := broker.Embedded(t.Context(), broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b.Addr()
}

// small is a run that is quick enough for every day.
func small(t *testing.T, workload, brokers string) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Command: []string{self}, Workload: workload, Brokers: brokers, Folder: t.TempDir(), Name: "small", Seed: 1, Patience: 3 * time.Minute, Log: t.Logf}
}

func run(t *testing.T, c Config) *Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s; %d batches, zombies %v; %s; %v", r, r.Batches, r.Zombies, r.ByPoint(), r.Took)
	return r
}

// Whatever kills and pauses do, the result is that of a query that was left alone.
func TestKills(t *testing.T) {
	for _, workload := range Workloads() {
		t.Run(workload, func(t *testing.T) {
			t.Parallel()
			c := small(t, workload, embedded(t))
			c.Kills, c.Random, c.Pauses, c.MaxPause = 1, 1, 1, 500*time.Millisecond
			r := run(t, c)
			if !r.OK() {
				t.Errorf("%s\n%q", r, r.Examples)
			}
			if quarantines(workload) != (r.Quarantined > 20) {
				t.Errorf("%d records were quarantined", r.Quarantined)
			}
			if r.Rows < 300 || r.PointKills() != len(c.points()) {
				t.Errorf("%d rows and %d kills are too few to tell anything", r.Rows, r.PointKills())
			}
		})
	}
}

// The verifier finds what a query does wrong that writes at least once, and one
// that forgets what it had begun to write.
func TestControls(t *testing.T) {
	t.Parallel()
	c := small(t, Copy, embedded(t))
	c.Kills, c.Control = 1, AtLeastOnce
	if r := run(t, c); r.Doubled == 0 {
		t.Errorf("the control %s went unnoticed: %s", c.Control, r)
	}
	c.Control = NoResume
	if r := run(t, c); r.Lost == 0 {
		t.Errorf("the control %s went unnoticed: %s", c.Control, r)
	}
}
