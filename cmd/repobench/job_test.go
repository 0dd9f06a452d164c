package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	streams "github.com/riffledata/riffle/exec/connector/memory"
)

// serveEnv names the file of events that a process serves instead of testing.
const serveEnv = "RIFFLE_TEST_SERVE_EVENTS"

func TestMain(m *testing.M) {
	if path := os.Getenv(serveEnv); path != "" {
		if err := serve(context.Background(), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const jobRows = 200_000

// BenchmarkJob is the whole job by the engine, from values in memory and from a
// broker in another process; both are parsed by from_json.
func BenchmarkJob(b *testing.B) {
	path, err := eventFile(b.TempDir(), jobRows)
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, once func() (result, error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(info.Size())
			b.ReportAllocs()
			spent := cpuTime()
			for b.Loop() {
				if r, err := once(); err != nil || r.Rows != jobRows {
					b.Fatalf("%d rows, %v", r.Rows, err)
				}
			}
			spent = cpuTime() - spent
			total := float64(jobRows) * float64(b.N)
			b.ReportMetric(total/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(spent)/total, "cpu-ns/row")
		})
	}
	values, err := valueStream(path)
	if err != nil {
		b.Fatal(err)
	}
	for cores := 1; cores <= 2; cores++ {
		run(fmt.Sprintf("from=memory/cores=%d", cores), func() (result, error) { return jobFromMemory(values, cores) })
	}
	process := brokerProcess{path: path, env: serveEnv}
	addr, err := process.start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := process.close(); err != nil {
			b.Error(err)
		}
	}()
	for _, codec := range []string{"none", "lz4"} {
		for cores := 1; cores <= 2; cores++ {
			job, err := engineKafka(codec, cores)(addr)
			if err != nil {
				b.Fatal(err)
			}
			run(fmt.Sprintf("from=broker/codec=%s/cores=%d", codec, cores), job)
		}
	}
}

var valueSchema = types.NewSchema().Add("value", types.Binary)

// valueStream is the events of a file as a memory stream of binary values.
func valueStream(path string) (*streams.Streams, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := streams.NewStreams()
	to := all.Add("events", valueSchema)
	lines := bufio.NewReader(f)
	for {
		rows := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
		for rows.Len() < maxRows {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			rows.Append(bytes.TrimSuffix(line, []byte("\n")))
		}
		if rows.Len() == 0 {
			return all, nil
		}
		values := rows.NewArray()
		to.Append(array.NewRecordBatch(valueSchema.Arrow(), []arrow.Array{values}, int64(values.Len())))
	}
}

func jobFromMemory(values *streams.Streams, cores int) (result, error) {
	ctx := context.Background()
	s := dataframe.Open(ctx, exec.Local(exec.Cores(cores), exec.Streams(values)))
	defer s.Close()
	return countEvents(ctx, s, parsed(s.ReadStream().Format("memory").Option("name", "events").Load()), variants[0])
}

// The job finds the same in memory as the limit does in the file.
func TestJobFromMemory(t *testing.T) {
	path, err := eventFile(t.TempDir(), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	values, err := valueStream(path)
	if err != nil {
		t.Fatal(err)
	}
	work, err := limitFile(1)(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := work()
	if err != nil {
		t.Fatal(err)
	}
	for cores := 1; cores <= 2; cores++ {
		if got, err := jobFromMemory(values, cores); err != nil || got != want {
			t.Errorf("%d cores: %+v, %v; want %+v", cores, got, err, want)
		}
	}
}
