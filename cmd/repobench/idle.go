package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
)

// mostIdle is the share of a core that a query may use that has nothing to do.
const mostIdle = 0.001

// idleMain measures what a query costs that waits for data from a broker, which
// is in a process of its own.
func idleMain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("repobench idle", flag.ContinueOnError)
	length := flags.Duration("length", 30*time.Second, "how long the query waits")
	gate := flags.Bool("gate", false, "fail where it uses more than is to be accepted")
	if err := flags.Parse(args); err != nil {
		return err
	}
	empty, err := os.CreateTemp("", "repobench-")
	if err != nil {
		return err
	}
	defer os.Remove(empty.Name())
	if err := empty.Close(); err != nil {
		return err
	}
	b := &brokerProcess{path: empty.Name()}
	addr, err := b.start(ctx)
	if err != nil {
		return err
	}
	share, err := idleShare(ctx, addr, *length)
	if err = errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Printf("a query that waits for %s uses %.4f %% of a core\n", *length, 100*share)
	if share > mostIdle && *gate {
		return fmt.Errorf("that is more than %g %%", 100*mostIdle)
	}
	return nil
}

// idleShare runs a query over one record, and then waits.
func idleShare(ctx context.Context, addr string, length time.Duration) (float64, error) {
	p, err := newPacer(ctx, addr, partitions)
	if err != nil {
		return 0, err
	}
	s := dataframe.Open(ctx, exec.Local())
	defer s.Close()
	q, err := startLatency(ctx, s, addr, p.topic, "")
	if err != nil {
		return 0, errors.Join(err, p.close(ctx))
	}
	err = errors.Join(p.run(ctx, 1000, 10*time.Millisecond), q.ProcessAllAvailable(ctx))
	p.client.Close() // what it does in the background is not the query's
	if err != nil {
		return 0, err
	}
	before := cpuTime()
	select {
	case <-time.After(length):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return (cpuTime() - before).Seconds() / length.Seconds(), nil
}
