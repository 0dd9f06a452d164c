package main

import (
	"fmt"
	"math"
	"os"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"time"
)

// result is what a job has found. All that count rows must agree on Passed.
type result struct {
	Rows   int   // records or values read
	Passed int64 // rows that were counted, 0 where none are
	Groups int
}

// outcome is the best of what the runs of a contestant have cost, each figure
// by itself, and what they have found.
type outcome struct {
	result
	CPU  time.Duration // of the process, during the job
	Wall time.Duration
	Peak int64   // most bytes that the process has held in memory
	GC   float64 // share of CPU that the collector took; 0 where unknown
}

// job is what is measured.
type job func() (result, error)

// contestant is one way to do the work.
type contestant struct {
	name  string
	cores int
	// kafka says that the input is not the file but a broker's address.
	kafka bool
	// seldom is for what takes long, or does not vary: every third round.
	seldom bool
	// prepare opens the input and does all that is not measured.
	prepare func(input string) (job, error)
	// command starts a run in another program, which prints an outcome; nil for
	// a run in this one.
	command func(path string) ([]string, error)
}

// contestants lists all, in the order of their turns.
func contestants() []contestant {
	all := append(limits(), pieces()...)
	all = append(all, contestant{name: "duckdb/1", cores: 1, command: duckdb(1)}, contestant{name: "duckdb/2", cores: 2, command: duckdb(2)})
	return append(append(all, engineContestants(engine())...), kafkas()...)
}

// limits are the job by hand.
func limits() []contestant {
	return []contestant{
		{name: "limit/file/1", cores: 1, prepare: limitFile(1)},
		{name: "limit/file/2", cores: 2, prepare: limitFile(2)},
		{name: "limit/memory/1", cores: 1, prepare: limitMemory(1)},
		{name: "limit/memory/2", cores: 2, prepare: limitMemory(2)},
	}
}

// pieces are parts of the job.
func pieces() []contestant {
	return []contestant{
		{name: "json24/ours", cores: 1, prepare: decoders(200_000, ownDecoder)},
		{name: "json24/arrow", cores: 1, seldom: true, prepare: decoders(20_000, arrowDecoder)},
		{name: "json24/fastjson", cores: 1, seldom: true, prepare: decoders(100_000, fastjsonDecoder)},
		{name: "filter/1", cores: 1, prepare: filters},
		{name: "domain/1", cores: 1, prepare: domains},
		{name: "groupby/1e5", cores: 1, prepare: groupings(100_000)},
	}
}

// kafkas read from a broker in another process: all that is there, and the job.
func kafkas() (all []contestant) {
	for _, topic := range []string{"none", "lz4"} {
		all = append(all,
			contestant{name: "kafka/" + topic + "/poll", cores: 2, kafka: true, seldom: true, prepare: poll(topic)},
			contestant{name: "kafka/" + topic + "/job", cores: 2, kafka: true, seldom: true, prepare: engineKafka(topic, 2)})
	}
	return all
}

// pick keeps the contestants whose names begin with one of the given texts, or all.
func pick(all []contestant, starts []string) ([]contestant, error) {
	if len(starts) == 0 {
		return all, nil
	}
	var out []contestant
	for _, c := range all {
		for _, start := range starts {
			if strings.HasPrefix(c.name, start) {
				out = append(out, c)
				break
			}
		}
	}
	if len(out) == 0 {
		names := make([]string, len(all))
		for i, c := range all {
			names[i] = c.name
		}
		return nil, fmt.Errorf("no contestant's name begins with %s; there are %s", strings.Join(starts, " or "), strings.Join(names, ", "))
	}
	return out, nil
}

// measure runs a contestant's job once in this process, and writes a profile of
// it to a file if that has a name.
func measure(c contestant, path, profile string) (outcome, error) {
	work, err := c.prepare(path)
	if err != nil {
		return outcome{}, err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return outcome{}, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return outcome{}, err
		}
		defer pprof.StopCPUProfile()
	}
	gc, cpu, wall := gcSeconds(), cpuTime(), time.Now()
	res, err := work()
	if err != nil {
		return outcome{}, err
	}
	out := outcome{result: res, Wall: time.Since(wall), CPU: cpuTime() - cpu, Peak: peakBytes()}
	out.GC = (gcSeconds() - gc) / out.CPU.Seconds()
	return out, nil
}

func gcSeconds() float64 {
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64() - sample[1].Value.Float64()
}

func limitFile(cores int) func(string) (job, error) {
	return func(path string) (job, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return func() (result, error) {
			defer f.Close()
			w, err := runLimit(f, info.Size(), cores)
			if err != nil {
				return result{}, err
			}
			return w.result(), nil
		}, nil
	}
}

func limitMemory(cores int) func(string) (job, error) {
	return func(path string) (job, error) {
		data, err := readPadded(path)
		if err != nil {
			return nil, err
		}
		return func() (result, error) { return runMemory(data, cores).result(), nil }, nil
	}
}

// readPadded returns a file's bytes with room for reads past its end.
func readPadded(path string) ([]byte, error) { return readFirst(path, math.MaxInt64) }

// readFirst is readPadded for no more than so many bytes.
func readFirst(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := min(info.Size(), most)
	data := make([]byte, size+pad)
	n, err := f.ReadAt(data[:size], 0)
	return data[:n], err
}

// result says what a worker has found.
func (w *worker) result() result {
	r := result{Rows: w.read, Groups: w.counts.used}
	for _, e := range w.counts.entries {
		r.Passed += e.n
	}
	return r
}
