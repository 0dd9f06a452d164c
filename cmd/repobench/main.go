package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
)

// seed is that of the events.
const seed = 1

// others are the benchmarks beside the main job, by the first argument.
var others = map[string]func(context.Context, []string) error{"latency": latencyMain, "idle": idleMain}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "repobench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && others[args[0]] != nil {
		return others[args[0]](ctx, args[1:])
	}
	flags := flag.NewFlagSet("repobench", flag.ContinueOnError)
	rows := flags.Int("rows", 1_000_000, "number of events")
	rounds := flags.Int("rounds", 9, "runs of each contestant, of which the best counts")
	dir := flags.String("dir", "", "folder of the events (default: riffle-bench in the user's cache folder)")
	gate := flags.Bool("gate", false, "fail where a value misses 0.8 of what is to be accepted")
	once := flags.String("run", "", "run this contestant once over the file that follows, and print its outcome as JSON")
	events := flags.String("broker", "", "serve this file of events by a Kafka broker, in topics named after their compression, until the input ends")
	profile := flags.String("cpuprofile", "", "with --run: write a profile of the run's CPU time to this file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *once != "" {
		return runOnce(*once, flags.Arg(0), *profile)
	}
	if *events != "" {
		return serve(context.Background(), *events)
	}
	if *rows < 1 || *rounds < 1 {
		return errors.New("--rows and --rounds must be at least 1")
	}
	racers, err := pick(contestants(), flags.Args())
	if err != nil {
		return err
	}
	path, err := eventFile(*dir, *rows)
	if err != nil {
		return err
	}
	best, err := race(ctx, racers, path, *rounds)
	if err != nil {
		return err
	}
	printOutcomes(racers, best)
	if missed := printGates(best); missed > 0 && *gate {
		return fmt.Errorf("%d values miss 0.8 of what is to be accepted", missed)
	}
	return nil
}

// runOnce is what a process does that was started for one run.
func runOnce(name, path, profile string) error {
	for _, c := range contestants() {
		if c.name != name {
			continue
		}
		out, err := measure(c, path, profile)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return fmt.Errorf("no contestant is called %q", name)
}

func printOutcomes(racers []contestant, best map[string]outcome) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "contestant\tcores\tcpu ns/row\twall ns/row\tM rows/s\tgroups\tpeak MB\tGC %\t")
	for _, c := range racers {
		o, ok := best[c.name]
		if !ok {
			continue
		}
		rows := float64(o.Rows)
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.2f\t%d\t%.0f\t%.1f\t\n", c.name, c.cores, float64(o.CPU)/rows,
			float64(o.Wall)/rows, rows/float64(o.Wall)*1e3, o.Groups, float64(o.Peak)/1e6, 100*o.GC)
	}
	_ = t.Flush()
}
