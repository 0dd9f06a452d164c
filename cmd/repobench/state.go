package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// What a query with many keys may take: resident memory, and time from the start
// of the process to the commit of the first batch.
const (
	mostResident = 512 << 20
	mostRestart  = 10 * time.Second
)

// busy is how many cores others may use before a time means nothing.
const busy = 0.5

// stateRun is one run of the query with many keys, in a process of its own.
type stateRun struct {
	Name     string
	Dir      string // of checkpoint and state
	Distinct int64  // keys
	To       int64  // rows, those of earlier runs included
	Batch    int64  // most rows of a batch
	Memory   int64  // riffle.memory.limit
	Cores    int
	Tasks    int
}

// stateOutcome is what it has measured.
type stateOutcome struct {
	Rows, Batches int64
	First         time.Duration // from the start of the process to the first commit
	FirstCPU      time.Duration // of this process until then, on all cores
	Others        float64       // cores that other processes used until then
	Wall, CPU     time.Duration
	Peak          int64
}

// stateMain measures a query that counts by many keys with its state on disk. Each
// count that leaves the query is compared with what it must be.
func stateMain(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("repobench state", flag.ContinueOnError)
	keys := flags.Int64("keys", 10_000_000, "number of different keys, of 16 bytes")
	batch := flags.Int64("batch", 200_000, "most rows of a batch")
	memory := flags.Int64("memory", mostResident, "riffle.memory.limit, in bytes; 0: none")
	dir := flags.String("dir", "", "folder of checkpoint and state, on a disk (default: riffle-bench in the user's cache folder)")
	gate := flags.Bool("gate", false, "fail where a run takes more than is to be accepted")
	one := flags.String("run", "", "do this run, in JSON, and print its outcome as JSON")
	profile := flags.String("profile", "", "write profiles of CPU time and memory to files of this name and the run's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *one != "" {
		return stateChild(ctx, *one, *profile)
	}
	if *batch < 1 || *keys%*batch != 0 {
		return fmt.Errorf("--keys must be a multiple of --batch, which is %d", *batch)
	}
	if *dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		*dir = filepath.Join(cache, "riffle-bench")
	}
	if err := os.MkdirAll(*dir, 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp(*dir, "state-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := onDisk(work); err != nil {
		return err
	}
	run := stateRun{Dir: work, Distinct: *keys, To: *keys, Batch: *batch, Memory: *memory, Cores: 2, Tasks: 2}
	return stateRuns(ctx, run, *profile, *gate)
}

// stateRuns makes the state, restarts, restarts with another number of tasks, and
// restarts on a machine that has the checkpoint alone.
func stateRuns(ctx context.Context, run stateRun, profile string, gate bool) error {
	missed := 0
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "run\ttasks\trows\tbatches\tfirst batch\tits cpu\tothers' cpu %\twall\tcpu\tcpu us/row\tpeak MiB\t")
	for _, name := range []string{"fill", "restart", "three tasks", "state lost"} {
		run.Name = name
		switch name {
		case "three tasks":
			run.Tasks = 3
		case "state lost":
			if err := os.RemoveAll(filepath.Join(run.Dir, "state")); err != nil {
				return err
			}
		}
		o, err := stateProcess(ctx, run, profile)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%.2f s\t%.2f s\t%.0f\t%.1f s\t%.1f s\t%.2f\t%.0f\t\n", name, run.Tasks, o.Rows, o.Batches, o.First.Seconds(), o.FirstCPU.Seconds(), 100*o.Others, o.Wall.Seconds(),
			o.CPU.Seconds(), float64(o.CPU.Microseconds())/float64(o.Rows), float64(o.Peak)/(1<<20))
		late := o.First > mostRestart && name != "fill"
		if late && o.Others > busy {
			late = false
			fmt.Printf("%s: the time to the first batch is void: the machine is busy\n", name)
		}
		if o.Peak > mostResident || late {
			missed++
		}
		run.To += 2 * run.Batch // keys of the beginning again
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Printf("every count was right; to be accepted: %d MiB, and %s to the first batch after a restart\n", mostResident>>20, mostRestart)
	if missed > 0 {
		fmt.Printf("BELOW: %d runs take more\n", missed)
	}
	if missed > 0 && gate {
		return errors.New("some runs take more than is to be accepted")
	}
	return nil
}

// stateProcess does a run in a process of its own.
func stateProcess(ctx context.Context, run stateRun, profile string) (stateOutcome, error) {
	var o stateOutcome
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	text, err := json.Marshal(run)
	if err != nil {
		return o, err
	}
	if profile != "" {
		profile += "." + strings.ReplaceAll(run.Name, " ", "-")
	}
	cmd := exec.CommandContext(ctx, self, "state", "--profile", profile, "--run", string(text))
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(run.Cores))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return o, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return o, json.Unmarshal(out, &o)
}
