package kafka

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	serveEnv    = "RIFFLE_TEST_SERVE_BROKER"
	benchRows   = 1_000_000
	benchBytes  = 440
	benchTopics = 4 // partitions
)

// serve is the other process of the benchmark: a broker, until its input ends.
func serve() {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(benchTopics, "none", "lz4"))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(strings.Join(c.ListenAddrs(), ","))
	io.Copy(io.Discard, os.Stdin)
	c.Close()
}

// otherProcess starts a broker in a process of its own and fills it.
func otherProcess(b *testing.B) string {
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
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	addr := strings.TrimSpace(line)
	for topic, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression()} {
		cl := newTestClient(b, addr, kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(1<<20), kgo.ProducerLinger(5*time.Millisecond))
		for i := range benchRows {
			v := fmt.Appendf(make([]byte, 0, benchBytes), `{"ts":%d.%06d,"uid":"C%016x","id.orig_h":"10.0.%d.%d","query":"host-%d.example.com",`, 1_700_000_000+i/1000, i%1000*1000, uint64(i)*0x9e3779b97f4a7c15, i%200, i%250, i%5000)
			for len(v) < benchBytes {
				v = fmt.Appendf(v, `"field%d":%d,`, len(v), i*len(v))
			}
			cl.Produce(context.Background(), &kgo.Record{Topic: topic, Partition: int32(i % benchTopics), Value: v[:benchBytes]}, nil)
		}
		if err := cl.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	return addr
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFetch reads a million records from a broker in another process, with
// the client library's own polling beside it as the measure. cpu-ns/row is this
// process's time for a record.
func BenchmarkFetch(b *testing.B) {
	addr := otherProcess(b)
	run := func(name string, read func(b *testing.B, topic string) int) {
		for _, topic := range []string{"none", "lz4"} {
			b.Run(name+"/codec="+topic, func(b *testing.B) {
				b.SetBytes(benchRows * benchBytes)
				b.ReportAllocs()
				begin, rows := cpu(), 0
				for b.Loop() {
					rows += read(b, topic)
				}
				used := cpu() - begin
				if rows != b.N*benchRows {
					b.Fatalf("%d rows", rows)
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(float64(used.Nanoseconds())/float64(rows), "cpu-ns/row")
			})
		}
	}
	run("poll", func(b *testing.B, topic string) int { return pollAll(b, addr, topic) })
	run("batch/value=views", func(b *testing.B, topic string) int { return readRanges(b, addr, topic, false, true, "value") })
	run("batch/value=copies", func(b *testing.B, topic string) int { return readRanges(b, addr, topic, false, false, "value") })
	run("batch/columns=all", func(b *testing.B, topic string) int { return readRanges(b, addr, topic, false, true) })
	run("stream/value=views", func(b *testing.B, topic string) int { return readRanges(b, addr, topic, true, true, "value") })
}

// pollAll is the least that reading with the client library costs.
func pollAll(b *testing.B, addr, topic string) int {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxPartitionBytes(8<<20), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DisableClientMetrics())
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	rows := 0
	for rows < benchRows {
		fs := cl.PollFetches(context.Background())
		fs.EachPartition(func(p kgo.FetchTopicPartition) { rows += len(p.Records) })
	}
	return rows
}

// readRanges reads the topic as a query would, all partitions at once.
func readRanges(b *testing.B, addr, topic string, streaming, views bool, cols ...string) int {
	change := func(s *source.Spec) { s.Views, s.Columns = views, cols }
	src, err := tryOpen(b, addr, streaming, change, NewProvider(), "subscribe="+topic, "startingOffsets=earliest")
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	ctx := context.Background()
	to, err := src.Next(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	ranges, err := src.Plan(ctx, nil, to)
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	counts := make([]int, len(ranges))
	for i, r := range ranges {
		wg.Go(func() {
			st, err := src.Open(ctx, r)
			if err != nil {
				b.Error(err)
				return
			}
			defer st.Close()
			for {
				got, err := st.Next(ctx)
				if batch.IsEnd(err) {
					return
				}
				if err != nil {
					b.Error(err)
					return
				}
				counts[i] += got.NumRows()
			}
		})
	}
	wg.Wait()
	rows := 0
	for _, n := range counts {
		rows += n
	}
	return rows
}

// BenchmarkPin is what a batch's plan pays for saying what its offsets are
// positions in.
func BenchmarkPin(b *testing.B) {
	for _, partitions := range []int{8, 256} {
		b.Run(fmt.Sprint("partitions=", partitions), func(b *testing.B) {
			s := &kafkaSource{ids: map[string][16]byte{"dns": {1}}, epochs: offsets{}}
			for p := range partitions {
				s.epochs[tp{"dns", int32(p)}] = 7
			}
			at := s.epochs.json()
			for b.Loop() {
				if s.Pin(at) == nil {
					b.Fatal("no pin")
				}
			}
		})
	}
}
