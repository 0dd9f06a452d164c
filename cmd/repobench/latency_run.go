package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe"
	engines "github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

// warmUp is how long a query runs before its batches count.
const warmUp = time.Second

// latencyOutcome is what one run has measured.
type latencyOutcome struct {
	rate            int
	checkpoint      bool
	events, batches int
	event           [3]time.Duration // median, 99th percentile, most
	batch           [3]time.Duration
	syncs           float64 // of a batch
	cpu             float64 // cores of this process, producer and embedded broker included
	others          string  // what all other processes used, in % of one core
}

// committed is a batch that was committed.
type committed struct {
	at    time.Time
	took  time.Duration
	syncs int64
	ends  map[string]int64 // the offset behind the last one, by partition
}

// commits listens to a query.
type commits struct {
	mu   sync.Mutex
	all  []committed
	fail error
}

func (c *commits) hear(e engines.Event) {
	if e.Kind != engines.QueryProgress {
		return
	}
	var ends map[string]map[string]int64
	err := json.Unmarshal(e.Progress.Sources[0].EndOffset, &ends)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = errors.Join(c.fail, err)
	for _, parts := range ends {
		c.all = append(c.all, committed{e.Time, e.Took, e.Syncs, parts})
	}
}

// runLatency runs the main job in output mode update over a topic of its own that
// gets so many events a second.
func runLatency(ctx context.Context, o latencyOptions, addr string, rate int, checkpoint bool) (out latencyOutcome, err error) {
	feed, err := newPacer(ctx, addr, o.partitions)
	if err != nil {
		return latencyOutcome{}, err
	}
	defer func() { err = errors.Join(err, feed.close(ctx)) }()
	heard := &commits{}
	local := exec.Local()
	local.Listen(heard.hear)
	s := dataframe.Open(ctx, local)
	dir, err := os.MkdirTemp(o.dir, "latency-")
	if err != nil {
		return latencyOutcome{}, err
	}
	defer os.RemoveAll(dir)
	if !checkpoint {
		dir = ""
	}
	q, err := startLatency(ctx, s, addr, feed.topic, dir)
	if err != nil {
		return latencyOutcome{}, errors.Join(err, s.Close())
	}
	out = latencyOutcome{rate: rate, checkpoint: checkpoint}
	from, err := out.feed(ctx, o, feed)
	err = errors.Join(err, q.ProcessAllAvailable(ctx), s.Close(), heard.fail)
	if err != nil {
		return out, err
	}
	return out, out.evaluate(heard.all, feed.sent, from)
}

func startLatency(ctx context.Context, s *dataframe.Session, addr, topic, checkpoint string) (*dataframe.StreamingQuery, error) {
	raw := s.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", addr).Option("subscribe", topic).
		Option("startingOffsets", "earliest").Load()
	counts := parsed(raw).Filter(asked(col("query"))).
		WithColumn("domain", fn.RegisteredDomain(col("query"))).
		GroupBy(col("id.orig_h"), col("domain"), col("qtype_name")).Count()
	w := counts.WriteStream().Format("memory").QueryName("latency").OutputMode(dataframe.Update)
	if checkpoint != "" {
		w = w.Option("checkpointLocation", checkpoint)
	}
	return w.Start(ctx)
}

// feed sends events while the query runs, and measures what this process and the
// others spend meanwhile. It returns when the part that counts began.
func (out *latencyOutcome) feed(ctx context.Context, o latencyOptions, p *pacer) (time.Time, error) {
	if err := p.run(ctx, out.rate, warmUp); err != nil {
		return time.Time{}, err
	}
	if o.profile != "" {
		name := fmt.Sprintf("%s.%d.%v", o.profile, out.rate, out.checkpoint)
		f, err := os.Create(name)
		if err != nil {
			return time.Time{}, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return time.Time{}, err
		}
		defer pprof.StopCPUProfile()
	}
	from, cpu, all := time.Now(), cpuTime(), machineTime()
	err := p.run(ctx, out.rate, o.length)
	took, own := time.Since(from), cpuTime()-cpu
	out.cpu, out.others = own.Seconds()/took.Seconds(), "?"
	if all > 0 {
		out.others = strconv.Itoa(int(100 * (machineTime() - all - own).Seconds() / took.Seconds()))
	}
	return from, err
}

// evaluate finds for each event the batch that committed it.
func (out *latencyOutcome) evaluate(all []committed, sent [][]time.Time, from time.Time) error {
	var waits, lengths []time.Duration
	var syncs int64
	for part, times := range sent {
		next, name := 0, strconv.Itoa(part)
		for _, c := range all {
			for ; next < len(times) && int64(next) < c.ends[name]; next++ {
				if !times[next].Before(from) {
					waits = append(waits, c.at.Sub(times[next]))
				}
			}
		}
		if next < len(times) {
			return fmt.Errorf("partition %d: %d of %d events were never committed", part, len(times)-next, len(times))
		}
	}
	for _, c := range all {
		if !c.at.Before(from) {
			lengths = append(lengths, c.took)
			syncs += c.syncs
		}
	}
	if len(lengths) == 0 || len(waits) == 0 {
		return errors.New("no batch was committed while it was measured; use a greater --length")
	}
	out.events, out.batches = len(waits), len(lengths)
	out.event, out.batch = quantiles(waits), quantiles(lengths)
	out.syncs = float64(syncs) / float64(len(lengths))
	return nil
}

func quantiles(d []time.Duration) [3]time.Duration {
	slices.Sort(d)
	return [3]time.Duration{d[len(d)/2], d[len(d)*99/100], d[len(d)-1]}
}

// bareSync is the median time of appending 4 KiB to a file and syncing it.
func bareSync(dir string) (time.Duration, error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := onDisk(dir); err != nil {
		return 0, err
	}
	var all []time.Duration
	for range 50 {
		begin := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(begin))
	}
	return quantiles(all)[0], nil
}
