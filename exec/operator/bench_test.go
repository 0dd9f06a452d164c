package operator

import (
	"syscall"
	"testing"
	"time"
)

// measure runs f as often as the benchmark asks and reports the processor time
// that a row costs, which other load on the machine moves less than the clock.
func measure(b *testing.B, rows int, bytes int64, f func()) {
	b.Helper()
	if bytes > 0 {
		b.SetBytes(bytes)
	}
	b.ReportAllocs()
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := cpuTime()
		f()
		best = min(best, cpuTime()-start)
	}
	b.ReportMetric(float64(best.Nanoseconds())/float64(rows), "cpu-ns/row")
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// cpuTime is the processor time that the process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
