package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/exectest/crash"
	"github.com/riffledata/riffle/exec/exectest/kafka"
)

// options are the flags.
type options struct {
	brokers, workloads, dir string
	kills, random, pauses   int
	outages, nodes          int
	maxPause                time.Duration
	rate                    int
	seed                    uint64
	controls, verbose       bool
}

func flags(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("repofault", flag.ContinueOnError)
	f.StringVar(&o.brokers, "brokers", os.Getenv("RIFFLE_TEST_KAFKA"), "bootstrap servers; empty: a broker in this process")
	f.StringVar(&o.workloads, "workloads", strings.Join(crash.Workloads(), ","), "the queries to run")
	f.StringVar(&o.dir, "dir", "", "the folder for checkpoints, on a disk; empty: a temporary one")
	f.IntVar(&o.kills, "kills", 3, "kills of each workload at each crash point")
	f.IntVar(&o.random, "random", 3, "kills of each workload at any moment, beside those that follow a pause")
	f.IntVar(&o.pauses, "pauses", 5, "pauses of each workload")
	f.IntVar(&o.outages, "outages", 0, "kills of a real Kafka broker of its own, of each workload")
	f.IntVar(&o.nodes, "nodes", 1, "brokers of that Kafka, of which one at a time is killed")
	f.DurationVar(&o.maxPause, "max-pause", 3*time.Second, "the longest pause")
	f.IntVar(&o.rate, "rate", 1500, "records a second")
	f.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the schedule")
	f.BoolVar(&o.controls, "controls", true, "run the negative controls too")
	f.BoolVar(&o.verbose, "v", false, "tell of each step")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown arguments %q; there are only flags, see -help", f.Args())
	}
	return o, nil
}

func main() {
	crash.Child()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "repofault:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	o, err := flags(args)
	if err != nil {
		return err
	}
	if !crash.Supported {
		return errors.New("this system cannot pause a process; run it on a Unix")
	}
	c, err := o.config()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.Folder)) }()
	if o.brokers == "" {
		b, err := broker.Embedded(ctx, broker.Options{})
		if err != nil {
			return err
		}
		defer b.Close()
		c.Brokers = b.Addr()
	}
	if o.kills+o.random+o.pauses > 0 {
		if err := o.faults(ctx, c); err != nil {
			return err
		}
	}
	if o.outages > 0 {
		if err := o.outage(ctx, c); err != nil {
			return err
		}
	}
	if o.controls {
		return o.control(ctx, c)
	}
	return nil
}

// config is what all runs have in common.
func (o options) config() (crash.Config, error) {
	self, err := os.Executable()
	if err != nil {
		return crash.Config{}, err
	}
	if o.dir != "" {
		if err := os.MkdirAll(o.dir, 0o755); err != nil {
			return crash.Config{}, err
		}
	}
	folder, err := os.MkdirTemp(o.dir, "repofault-")
	if err != nil {
		return crash.Config{}, err
	}
	c := crash.Config{Command: []string{self}, Brokers: o.brokers, Folder: folder, Name: fmt.Sprintf("repofault-%d", os.Getpid()),
		MaxPause: o.maxPause, Rate: o.rate, Seed: o.seed}
	if o.verbose {
		c.Log = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	}
	return c, nil
}

// each runs all workloads and sums up.
func (o options) each(ctx context.Context, c crash.Config) (*crash.Result, error) {
	var all []*crash.Result
	for _, c.Workload = range strings.Split(o.workloads, ",") {
		r, err := crash.Run(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%w (seed %d)", err, o.seed)
		}
		if o.verbose {
			fmt.Fprintf(os.Stderr, "%s: %s\n  %s; zombies: %v; %d batches, %d rows, %v\n", c.Workload, r, r.ByPoint(), r.Zombies, r.Batches, r.Rows, r.Took)
		}
		all = append(all, r)
	}
	sum := crash.Sum(all...)
	if !sum.OK() {
		return sum, fmt.Errorf("the results are wrong (seed %d): %s\n%s", o.seed, sum, strings.Join(sum.Examples, "\n"))
	}
	return sum, nil
}

// faults kills and pauses the queries.
func (o options) faults(ctx context.Context, c crash.Config) error {
	c.Kills, c.Random, c.Pauses = o.kills, o.random, o.pauses
	r, err := o.each(ctx, c)
	if err == nil {
		fmt.Println(r)
	}
	return err
}

// outage kills brokers while the queries work, one at a time.
func (o options) outage(ctx context.Context, c crash.Config) error {
	b, err := kafka.StartCluster(ctx, o.nodes, kafka.Options{Properties: map[string]string{ // it is missed, and let in again, sooner
		"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "300"}})
	if err != nil {
		return err
	}
	defer b.Close()
	c.Brokers, c.Name = b.Addr(), c.Name+"-outage"
	c.Restart, c.Restarts = b.Restart, o.outages
	r, err := o.each(ctx, c)
	if err == nil {
		fmt.Printf("%d kills of one of %d brokers, %d records, %d of them quarantined: %d lost, %d doubled, %d wrong counts\n", r.Restarts, o.nodes, r.Records, r.Quarantined, r.Lost, r.Doubled, r.Wrong+r.Disordered)
	}
	return err
}

// control runs the queries whose results must be wrong.
func (o options) control(ctx context.Context, c crash.Config) error {
	c.Workload, c.Kills = crash.Copy, 3
	for _, c.Control = range []string{crash.AtLeastOnce, crash.NoResume} {
		r, err := crash.Run(ctx, c)
		if err != nil {
			return err
		}
		found, what := r.Doubled, "doubled"
		if c.Control == crash.NoResume {
			found, what = r.Lost, "lost"
		}
		if found == 0 {
			return fmt.Errorf("the control %s went unnoticed (seed %d): %s", c.Control, o.seed, r)
		}
		fmt.Printf("control %s: %d %s (as it must)\n", c.Control, found, what)
	}
	return nil
}
