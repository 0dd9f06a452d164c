package kafka

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/sink"
)

// elsewhere starts an empty broker in a process of its own.
func elsewhere(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// BenchmarkSink writes micro-batches of rows as JSON to a topic of four
// partitions of a broker in another process. With few rows the time of a batch is
// what the sink adds to the latency.
func BenchmarkSink(b *testing.B) {
	schema := types.NewSchema().Add("key", types.String).Add("host", types.String).Add("n", types.Long)
	for _, delivery := range []string{exactlyOnce, atLeastOnce} {
		for _, rows := range []int{10, 100_000} {
			b.Run(fmt.Sprintf("%s/rows=%d", delivery, rows), func(b *testing.B) {
				servers := elsewhere(b)
				spec := sinkSpec(b, servers, schema, "topic=none", "value.format=json", "delivery="+delivery)
				s, err := NewSinkProvider().Open(ctxOf(b), spec)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				benchSink(b, s, benchRowsOf(b, schema, rows))
			})
		}
	}
}

func benchRowsOf(b *testing.B, schema *types.Schema, n int) []batch.Batch {
	var out []batch.Batch
	var rows [][]any
	for i := range n {
		rows = append(rows, []any{fmt.Sprint("10.0.0.", i%250), fmt.Sprintf("host-%d.example.com", i%5000), int64(i)})
		if len(rows) == batch.MaxRows || i == n-1 {
			out = append(out, record(b, schema, rows...))
			rows = nil
		}
	}
	return out
}

func benchSink(b *testing.B, s sink.Sink, batches []batch.Batch) {
	var took []time.Duration
	rows := 0
	id := int64(0)
	for b.Loop() {
		begin := time.Now()
		if err := writeBatch(b.Context(), s, id, batches...); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
		id++
		for _, r := range batches {
			rows += r.NumRows()
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
