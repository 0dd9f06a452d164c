package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/state"
)

// benchKey is the table key of 16 random-looking bytes of number i, in its group.
func benchKey(dst []byte, i uint64) []byte {
	h := i * 0x9E3779B97F4A7C15
	h ^= h >> 29
	dst = state.AppendKey(dst[:0], state.KeyGroup(h), 0)
	dst = binary.BigEndian.AppendUint64(dst, h)
	return binary.BigEndian.AppendUint64(dst, i)
}

// BenchmarkUpdates changes random keys in batches of 100,000, with many keys of
// state, and then opens and restores it. The numbers that count are those it
// reports beside ns/op: peak memory, time to open and time to restore.
// RIFFLE_BENCH_KEYS sets the number of keys.
func BenchmarkUpdates(b *testing.B) {
	keys := 1_000_000
	if s := os.Getenv("RIFFLE_BENCH_KEYS"); s != "" {
		keys, _ = strconv.Atoi(s)
	}
	dir := b.TempDir()
	snapshot := filepath.Join(dir, "snapshot")
	writeSnapshot(b, snapshot, uint64(keys))
	restored := restoreFrom(b, filepath.Join(dir, "state"), snapshot)
	s, tab := openTable(b, filepath.Join(dir, "state"))

	const perBatch = 100_000
	var key []byte
	seed := uint64(1)
	cpu := cpuTime()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		for range perBatch {
			seed = seed*6364136223846793005 + 1442695040888963407
			key = benchKey(key, (seed>>20)%uint64(keys))
			v, err := tab.Get(key)
			if err != nil || len(v) != 8 {
				b.Fatal(v, err)
			}
			binary.LittleEndian.PutUint64(v, binary.LittleEndian.Uint64(v)+1)
			if err := tab.Set(key, v); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Commit(int64(n) + 1); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(perBatch*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric((cpuTime()-cpu)/(perBatch*float64(b.N))*1e6, "cpu-µs/row")
	closed := time.Now()
	must(b, s.Close())
	opened := time.Now()
	s, tab = openTable(b, filepath.Join(dir, "state"))
	if v, err := tab.Get(key); err != nil || len(v) != 8 {
		b.Fatal(v, err)
	}
	b.ReportMetric(opened.Sub(closed).Seconds(), "close-s")
	b.ReportMetric(time.Since(opened).Seconds(), "open-s")
	b.ReportMetric(restored.Seconds(), "restore-s")
	b.ReportMetric(peakMemory(b)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(sizeOf(b, filepath.Join(dir, "state")))/float64(keys), "disk-B/key")
	must(b, s.Close())
}

// benchOptions are the defaults, or have RIFFLE_BENCH_CACHE bytes of cache.
func benchOptions() Options {
	n, _ := strconv.ParseInt(os.Getenv("RIFFLE_BENCH_CACHE"), 10, 64)
	return Options{CacheBytes: n}
}

func openTable(b *testing.B, dir string) (*Store, state.Table) {
	s, err := Open(dir, benchOptions())
	must(b, err)
	tab, err := s.Table(state.Spec{Operator: "aggregate-0"}, state.AllGroups, state.Keyed)
	must(b, err)
	return s, tab
}

// writeSnapshot writes a state file of so many keys, which is what a checkpoint
// has. Keys are made group by group, so that memory stays small.
func writeSnapshot(b *testing.B, path string, keys uint64) {
	f, err := os.Create(path)
	must(b, err)
	const parts = 64
	w := state.NewWriter(f, state.Header{Kind: state.Snapshot})
	for part := range parts {
		var list [][19]byte
		var key []byte
		for i := range keys {
			key = benchKey(key, i)
			if state.GroupOf(key)*parts/state.KeyGroups == part {
				list = append(list, [19]byte(key))
			}
		}
		sortKeys(list)
		for i := range list {
			must(b, w.Add("aggregate-0", list[i][:], make([]byte, 8)))
		}
	}
	_, err = w.Close()
	must(b, err)
	must(b, f.Close())
}

func restoreFrom(b *testing.B, dir, snapshot string) time.Duration {
	f, err := os.Open(snapshot)
	must(b, err)
	defer f.Close()
	begin := time.Now()
	s, err := Restore(dir, benchOptions(), 0, f)
	must(b, err)
	took := time.Since(begin)
	must(b, s.Close())
	return took
}

// peakMemory is the most resident memory that the process has had, in bytes; 0
// where the system does not tell.
func peakMemory(b *testing.B) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb * 1024
		}
	}
	return 0
}

// cpuTime is the seconds that the process has had a processor, which other
// processes do not change as they do the clock; 0 where the system does not
// tell.
func cpuTime() float64 {
	stat, _ := os.ReadFile("/proc/self/stat")
	var user, system float64
	if fields := strings.Fields(string(stat)); len(fields) > 15 {
		user, _ = strconv.ParseFloat(fields[13], 64)
		system, _ = strconv.ParseFloat(fields[14], 64)
	}
	return (user + system) / 100
}

func sizeOf(b *testing.B, dir string) (n int64) {
	must(b, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil {
			n += info.Size()
		}
		return err
	}))
	return n
}

func sortKeys(list [][19]byte) {
	slices.SortFunc(list, func(a, b [19]byte) int { return bytes.Compare(a[:], b[:]) })
}
