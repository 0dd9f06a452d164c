package exec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	feeds "github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/memory"
)

// clocks is a topic of two partitions, whose records are seconds of the day.
type clocks struct {
	t      *testing.T
	addr   string
	client *kgo.Client
	files  *memory.Store
	out    *exectest.Collect
}

func newClocks(t *testing.T) *clocks {
	kafka, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"clock": 2}})
	must(t, err)
	t.Cleanup(func() { kafka.Close() })
	return &clocks{t, kafka.Addr(), exectest.Client(t, kafka.Addr(), kgo.DefaultProduceTopic("clock"), kgo.RecordPartitioner(kgo.ManualPartitioner())),
		memory.New(), exectest.NewCollect()}
}

func (c *clocks) says(partition int32, second int) {
	at := time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC).Format(time.RFC3339)
	must(c.t, c.client.ProduceSync(c.t.Context(), &kgo.Record{Partition: partition, Value: []byte(at)}).FirstErr())
}

// count starts the count by windows of ten seconds.
func (c *clocks) count(idle string, trigger dataframe.Trigger) (*bench, *dataframe.StreamingQuery) {
	b := again(c.t, feeds.NewStreams(), c.out, exec.Stores(func(string) (store.Store, error) { return c.files, nil }))
	must(c.t, b.Conf().Set("riffle.watermark.idle", idle))
	q := start(c.t, b.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", c.addr).Option("subscribe", "clock").Option("startingOffsets", "earliest").Load().
		Select(fn.Expr("CAST(CAST(value AS STRING) AS TIMESTAMP) AS ts")).WithWatermark("ts", "0 seconds").
		GroupBy(fn.Window(fn.Col("ts"), "10 seconds")).Count().Select(fn.Expr("second(window.start) AS s"), fn.Col("count")).
		WriteStream().Format("collect").Checkpoint("memory").Trigger(trigger))
	return b, q
}

func (c *clocks) rows() string {
	rows, err := c.out.Table()
	must(c.t, err)
	return fmt.Sprint(rows)
}

// A partition that is silent for long does not keep windows open, as soon as that is
// known, and without a record.
func TestIdlePartition(t *testing.T) {
	c := newClocks(t)
	_, q := c.count("300ms", dataframe.ProcessingTime(0))
	c.says(0, 1)
	heard := time.Now()
	c.says(1, 2)
	settle(t, q)
	c.says(0, 25)
	settle(t, q)
	if rows := c.rows(); time.Since(heard) < 300*time.Millisecond { // else it may be idle already
		want(t, "partition 1 is at second 2", rows, "[]")
	}
	waitFor(t, "the window to close", func() bool { return c.rows() == "[[0,2]]" })
}

// A query that runs from time to time finds a partition idle that has been silent
// over several runs, each of them shorter than that.
func TestIdlePartitionOfShortRuns(t *testing.T) {
	c := newClocks(t)
	run := func(idle string) string {
		b, q := c.count(idle, dataframe.AvailableNow())
		must(t, q.AwaitTermination(t.Context()))
		must(t, b.Close())
		return c.rows()
	}
	c.says(0, 1)
	c.says(1, 2)
	want(t, "both say something", run("1h"), "[]")
	c.says(0, 25)
	want(t, "partition 1 was heard a moment ago", run("1h"), "[]")
	want(t, "nothing is new", run("1h"), "[]")
	time.Sleep(20 * time.Millisecond)
	c.says(0, 26)
	want(t, "partition 1 is silent", run("15ms"), "[[0,2]]")
	c.says(1, 39)
	c.says(0, 38)
	want(t, "both go on", run("1h"), "[[0,2] [20,2]]")
}
