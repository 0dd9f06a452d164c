package kernel

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// Spans without months are as long as their time says, however it is split.
func TestCompareIntervals(t *testing.T) {
	span := func(months, days int32, d time.Duration) arrow.MonthDayNanoInterval {
		return arrow.MonthDayNanoInterval{Months: months, Days: days, Nanoseconds: int64(d)}
	}
	for _, test := range []struct {
		x, y arrow.MonthDayNanoInterval
		want int
	}{
		{span(0, 0, 1536*time.Hour), span(0, 30, 0), 1},
		{span(0, 0, 24*time.Hour), span(0, 1, 0), 0},
		{span(0, 1, -time.Nanosecond), span(0, 0, 24*time.Hour), -1},
		{span(0, -1, 0), span(0, 0, -23*time.Hour), -1},
		{span(0, 0, -25*time.Hour), span(0, -1, -time.Hour), 0},
		{span(1, 0, 0), span(0, 40, 0), 1},
		{span(0, math.MaxInt32, math.MaxInt64), span(0, math.MaxInt32, math.MaxInt64-1), 1},
		{span(0, math.MinInt32, math.MinInt64), span(0, math.MinInt32, 0), -1},
	} {
		if got := compareIntervals(test.x, test.y); got != test.want {
			t.Errorf("%v and %v: %d, want %d", test.x, test.y, got, test.want)
		}
		if got := compareIntervals(test.y, test.x); got != -test.want {
			t.Errorf("%v and %v: %d, want %d", test.y, test.x, got, -test.want)
		}
	}
}
