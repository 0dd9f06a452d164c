package physical

import "time"

type EventTimer interface {
	Op
	ID() string
	Delay() int64
	Observed() map[string]int64
	Stats() EventStats
}
type EventStats struct{ Rows, Min, Max, Sum int64 }

func (e EventStats) Add(o EventStats) EventStats { return e }
func (e EventStats) Avg() int64                  { return 0 }

func NextWatermark(prev int64, delays map[string]int64, maxima map[string]map[string]int64, idle map[string][]string, policyMax bool) int64 {
	return prev
}

type Clocked interface{ NextTime() (time.Time, bool) }
