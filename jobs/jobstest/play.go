package jobstest

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/jobs"
)

// Play runs a pipeline with arguments to its end and returns the lines that it
// printed and what it said on standard error.
func Play(t *testing.T, p *jobs.Pipeline, args ...string) (lines []string, said string) {
	t.Helper()
	var out, err bytes.Buffer
	args = append([]string{"--available-now", "--format", "json", "--quiet", "--master", "local[2]"}, args...)
	if code := p.Call(t.Name(), args, nil, &out, &err); code != jobs.ExitDone {
		t.Fatalf("%v: exit code %d: %s", args, code, err.String())
	}
	return slices.Collect(strings.Lines(out.String())), err.String()
}

// Stream is what an input of a pipeline gets: its lines, and how many of them are
// there before the stop in the middle.
type Stream struct {
	Lines  []string
	Before int
}

// Halves cuts lines in the middle.
func Halves(lines []string) Stream { return Stream{lines, len(lines) / 2} }

// Files runs a pipeline on files with the lines of each input.
func Files(t *testing.T, p *jobs.Pipeline, in map[string]Stream, args ...string) []string {
	t.Helper()
	for name, s := range in {
		args = append(args, "--"+name, Write(t, s.Lines))
	}
	lines, said := Play(t, p, args...)
	whole(t, said)
	return lines
}

// whole checks that nothing was left out.
func whole(t *testing.T, said string) {
	t.Helper()
	if !strings.Contains(said, "bad records: 0, late rows: 0;") {
		t.Errorf("records were left out: %s", said)
	}
}

// Kafka runs a pipeline through an embedded broker, in batches of at most perBatch
// records of a topic: first on the lines before the stop, then, anew, on all of
// them from the same checkpoint. It returns what each of the two runs printed.
func Kafka(t *testing.T, pipeline func() *jobs.Pipeline, in map[string]Stream, perBatch int, args ...string) (first, second []string) {
	t.Helper()
	topics := map[string]int{}
	for name := range in {
		topics[name] = 2
	}
	b, err := broker.Embedded(t.Context(), broker.Options{Topics: topics})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	args = append([]string{"--brokers", b.Addr(), "--checkpoint", t.TempDir(), "--max-offsets", strconv.Itoa(perBatch)}, args...)
	var out [2][]string
	for run := range out {
		for name, s := range in {
			part := s.Lines[:s.Before]
			if run == 1 {
				part = s.Lines[s.Before:]
			}
			produce(t, b.Addr(), name, part)
		}
		lines, said := Play(t, pipeline(), args...)
		whole(t, said)
		out[run] = lines
		batches(t, said)
	}
	return out[0], out[1]
}

// batches checks that a run was cut into several.
func batches(t *testing.T, said string) {
	t.Helper()
	if strings.Contains(said, "batches: 1,") {
		t.Errorf("there was one batch alone, so that nothing was cut: %s", said)
	}
}

// produce sends lines to a topic and waits until they are there. A line of the
// form KEY:JSON has a key; others are spread over the partitions, one by one.
func produce(t *testing.T, addr, topic string, lines []string) {
	t.Helper()
	f, err := jobs.StartFeed(t.Context(), addr, topic, nil, func(ctx context.Context, send jobs.Send) error {
		for i, line := range lines {
			key, value := jobs.Keyed([]byte(line))
			if key == nil {
				key = strconv.AppendInt(nil, int64(i), 10)
			}
			if err := send(ctx, key, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Stop()
	if err := f.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}
