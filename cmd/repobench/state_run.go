package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/riffledata/riffle/dataframe"
	engines "github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec"
)

// started is about when the process was, and what all processes had used by then.
var started, startedAt = time.Now(), machineTime()

// stateChild does one run, and prints its outcome.
func stateChild(ctx context.Context, text, profile string) error {
	var run stateRun
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile + ".cpu")
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	o, err := run.do(ctx, profile)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(o)
}

func (run stateRun) do(ctx context.Context, profile string) (o stateOutcome, err error) {
	check := &countSink{run: run}
	local := exec.Local(exec.Cores(run.Tasks), exec.WithSource(keyProvider{run}), exec.WithSink(check), exec.Listener(func(e engines.Event) {
		if e.Kind != engines.QueryProgress {
			return
		}
		if o.First == 0 {
			o.First, o.FirstCPU = e.Time.Sub(started), cpuTime()
			o.Others = max(0, (machineTime()-startedAt-o.FirstCPU).Seconds()/o.First.Seconds())
		}
		o.Rows, o.Batches = o.Rows+e.Progress.NumInputRows, o.Batches+1
	}))
	s := dataframe.Open(ctx, local)
	for key, value := range map[string]string{"riffle.state.backend": "disk", "riffle.state.dir": filepath.Join(run.Dir, "state"),
		"riffle.memory.limit": strconv.FormatInt(run.Memory, 10)} {
		if err := s.Conf().Set(key, value); err != nil {
			return o, errors.Join(err, s.Close())
		}
	}
	q, err := s.ReadStream().Format("keys").Load().GroupBy(col("key")).Count().
		WriteStream().Format("counts").QueryName("keys").OutputMode(dataframe.Update).
		Option("checkpointLocation", filepath.Join(run.Dir, "checkpoint")).Trigger(dataframe.AvailableNow()).Start(ctx)
	if err != nil {
		return o, errors.Join(err, s.Close())
	}
	err = q.AwaitTermination(ctx)
	if profile != "" {
		err = errors.Join(err, heapProfile(profile+".heap"))
	}
	if err := errors.Join(err, s.Close()); err != nil {
		return o, err
	}
	o.Wall, o.CPU, o.Peak = time.Since(started), cpuTime(), peakBytes()
	return o, nil
}

func heapProfile(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
