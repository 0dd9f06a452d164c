package operator

import (
	"fmt"
	"testing"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// BenchmarkEventTime puts rows through what stands between a source and a
// windowed aggregate.
func BenchmarkEventTime(b *testing.B) {
	times := make([]any, batch.MaxRows)
	for i := range times {
		times[i] = int64(1_700_000_000_000_000 + i*1000 - i%7*5000)
	}
	in := timesOf(b, times, nil)
	const minute = 60_000_000
	at := bound(b, "at")
	for name, make := range map[string]func() (batch.Stream, error){
		"watermark": func() (batch.Stream, error) {
			return NewWatermark(stream(in, batch.MaxRows), 0, func(EventStats) {}), nil
		},
		"late": func() (batch.Stream, error) {
			return NewLateFilter(stream(in, batch.MaxRows), []Horizon{{0, 5}}, nil, nil), nil
		},
		"tumbling": func() (batch.Stream, error) {
			return NewTimeWindow(stream(in, batch.MaxRows), at, kernel.Windows{Width: minute, Slide: minute}, "w", testEnv)
		},
		"sliding of 5": func() (batch.Stream, error) {
			return NewTimeWindow(stream(in, batch.MaxRows), at, kernel.Windows{Width: 5 * minute, Slide: minute}, "w", testEnv)
		},
	} {
		b.Run(fmt.Sprintf("%s/rows=%d", name, batch.MaxRows), func(b *testing.B) {
			b.SetBytes(8 * batch.MaxRows)
			for b.Loop() {
				s, err := make()
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = s.Next(b.Context())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
			b.ReportMetric(float64(b.N)*batch.MaxRows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
