package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// latencyOptions are the flags of "repobench latency".
type latencyOptions struct {
	rates      []int
	length     time.Duration
	dir        string
	brokers    string
	partitions int
	gate       bool
	rounds     int
	profile    string
}

// The most that a batch may take at the median, from when the end of its data is
// asked for until it is committed.
const (
	mostPlain      = 10 * time.Millisecond
	mostCheckpoint = 25 * time.Millisecond
)

// latencyMain measures how long an event takes from the producer's call until
// the batch with it is committed, and how long batches take.
func latencyMain(ctx context.Context, args []string) error {
	o, err := latencyFlags(args)
	if err != nil {
		return err
	}
	at, stop, err := latencyBroker(ctx, o.brokers)
	if err != nil {
		return err
	}
	defer stop()
	if err := os.MkdirAll(o.dir, 0o777); err != nil {
		return err
	}
	sync, err := bareSync(o.dir)
	if err != nil {
		return err
	}
	fmt.Printf("one bare fsync of 4 KiB in %s: median %s of 50\n", o.dir, short(sync))
	var all []latencyOutcome
	for _, checkpoint := range []bool{false, true} {
		for _, rate := range o.rates {
			best, err := bestLatency(ctx, o, at, rate, checkpoint)
			if err != nil {
				return err
			}
			all = append(all, best)
		}
	}
	printLatency(all)
	return judgeLatency(all, o.gate)
}

func latencyFlags(args []string) (latencyOptions, error) {
	o := latencyOptions{}
	flags := flag.NewFlagSet("repobench latency", flag.ContinueOnError)
	rates := flags.String("rates", "1000,10000,100000", "events a second, several by commas")
	flags.DurationVar(&o.length, "length", 5*time.Second, "how long each run lasts, after a second to warm up")
	flags.StringVar(&o.dir, "dir", "", "folder of the checkpoints, on a disk (default: riffle-bench in the user's cache folder)")
	flags.StringVar(&o.brokers, "brokers", "", "bootstrap servers of a Kafka (default: an embedded broker)")
	flags.IntVar(&o.partitions, "partitions", partitions, "partitions of the topic")
	flags.IntVar(&o.rounds, "rounds", 1, "runs of each case, of which the one with the least median counts")
	flags.BoolVar(&o.gate, "gate", false, "fail where batches take longer than is to be accepted")
	flags.StringVar(&o.profile, "cpuprofile", "", "write a profile of the CPU time to this file")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for text := range strings.SplitSeq(*rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil || rate < 1 {
			return o, fmt.Errorf("--rates %s: %q is no number of events a second", *rates, text)
		}
		o.rates = append(o.rates, rate)
	}
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return o, fmt.Errorf("no folder for the checkpoints; name one with --dir: %w", err)
		}
		o.dir = filepath.Join(cache, "riffle-bench")
	}
	return o, nil
}

func latencyBroker(ctx context.Context, brokers string) (addr string, stop func(), err error) {
	if brokers != "" {
		fmt.Println("a broker at", brokers)
		return brokers, func() {}, nil
	}
	b, err := broker.Embedded(ctx, broker.Options{})
	if err != nil {
		return "", nil, err
	}
	fmt.Println("the embedded broker, in this process")
	return b.Addr(), func() { _ = b.Close() }, nil
}

// bestLatency runs a case several times: noise of the machine only makes it slower.
func bestLatency(ctx context.Context, o latencyOptions, addr string, rate int, checkpoint bool) (latencyOutcome, error) {
	var best latencyOutcome
	for round := range o.rounds {
		now, err := runLatency(ctx, o, addr, rate, checkpoint)
		if err != nil {
			return now, fmt.Errorf("%d events/s: %w", rate, err)
		}
		if round == 0 || now.batch[0] < best.batch[0] {
			best = now
		}
	}
	return best, nil
}

func printLatency(all []latencyOutcome) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "events/s\tcheckpoint\tevents\tevent p50\tp99\tmost\tbatches\tbatch p50\tp99\tfsyncs/batch\tcpu %\tothers' cpu %\t")
	for _, o := range all {
		kind := "none"
		if o.checkpoint {
			kind = "folder"
		}
		fmt.Fprintf(t, "%d\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t%.1f\t%.0f\t%s\t\n", o.rate, kind, o.events, short(o.event[0]), short(o.event[1]),
			short(o.event[2]), o.batches, short(o.batch[0]), short(o.batch[1]), o.syncs, 100*o.cpu, o.others)
	}
	_ = t.Flush()
}

// judgeLatency compares the medians of batches with what is to be accepted, at
// the lowest rate: there batches follow each other as fast as they can, and hold
// few events.
func judgeLatency(all []latencyOutcome, gate bool) error {
	missed := 0
	for _, o := range all {
		most := mostPlain
		if o.checkpoint {
			most = mostCheckpoint
		}
		if o.batch[0] > most {
			fmt.Printf("BELOW: %d events/s: a batch takes %s at the median, more than %s\n", o.rate, short(o.batch[0]), most)
			missed++
		}
	}
	if missed > 0 && gate {
		return fmt.Errorf("%d cases take longer than is to be accepted", missed)
	}
	return nil
}

func short(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 2, 64) + " ms"
}
