package crash

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Config says what is run, and what happens to it.
type Config struct {
	// Command starts a program that calls Child: its path and arguments.
	Command []string
	// Workload is one of Workloads.
	Workload string
	// Control is "", or the negative control to run.
	Control string
	// Brokers are the bootstrap servers. Folder is where checkpoints go: on a disk,
	// since only there a flush means something. Name tells runs apart.
	Brokers, Folder, Name string

	// Kills is how often a process is killed at each of the points, Random how often
	// at any moment, Pauses how often one is paused, for MaxPause at most, while
	// another one takes over; of those, too, half are paused at a point. Each that
	// takes over is then killed at any moment, and counts as one more of Random.
	Kills, Random, Pauses int
	MaxPause              time.Duration
	// Restart kills the brokers and starts them again, Restarts times.
	Restart  func(ctx context.Context) error
	Restarts int

	// Rate is the number of records a second, Limit the most of a batch from each
	// topic, Partitions that of each topic. One of BadOf records, about, cannot be
	// used, where the workload has a quarantine.
	Rate, Limit, Partitions, BadOf int
	// Seed makes the same schedule again; when what happens is up to the machine.
	Seed uint64
	// Patience bounds each step: a start to its point, a pause's aftermath.
	Patience time.Duration
	// Log hears of each step; nil for nobody.
	Log func(format string, args ...any)
}

func (c *Config) defaults() {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	set(&c.Rate, 1500)
	set(&c.Limit, 400)
	set(&c.Partitions, 4)
	set(&c.BadOf, 15)
	if c.MaxPause == 0 {
		c.MaxPause = 3 * time.Second
	}
	if c.Patience == 0 {
		c.Patience = 3 * time.Minute
	}
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
}

func (c *Config) prefix() string { return fmt.Sprintf("%s-%s%s", c.Name, c.Workload, c.Control) }

func (c *Config) checkpoint() string { return filepath.Join(c.Folder, c.prefix()) }

// points are those that the query comes to.
func (c *Config) points() []string {
	switch {
	case c.Control == AtLeastOnce:
		return plainPoints()
	case c.Workload == Staged:
		return slices.DeleteFunc(Points(), func(p string) bool { return p == Shown }) // its rows come after the commit
	}
	return Points()
}

// Result is what has happened.
type Result struct {
	// Kills are those at points, by point.
	Kills map[string]int
	// Random are the kills at any moment, Pauses the pauses, Restarts those of the
	// brokers, Records those that were read. They include those of Quarantined.
	Random, Pauses, Restarts, Records, Quarantined int
	// Zombies are the ends of paused processes, after they went on.
	Zombies map[string]int
	// Batches are those that were committed.
	Batches int
	// Recovery are the times from the start of a process to its first commit.
	Recovery []time.Duration
	// Took is how long it was.
	Took time.Duration
	Verdict
}
