package types

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var durationUnits = map[string]time.Duration{
	"microsecond": time.Microsecond, "millisecond": time.Millisecond, "second": time.Second,
	"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// ParseDuration reads a time span in Go's form ("1m30s") or Spark's ("10
// seconds", "interval 1 hour 30 minutes").
func ParseDuration(text string) (time.Duration, error) {
	t := strings.ToLower(strings.TrimSpace(text))
	if d, err := time.ParseDuration(t); err == nil {
		return d, nil
	}
	words := strings.Fields(strings.TrimPrefix(t, "interval "))
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, fmt.Errorf("%q is not a time span", text)
	}
	var sum time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		unit, ok := durationUnits[strings.TrimSuffix(words[i+1], "s")]
		if err != nil || !ok || n > int64((1<<63-1)/unit) || n < -int64((1<<63-1)/unit) {
			return 0, fmt.Errorf("%q is not a time span", text)
		}
		sum += time.Duration(n) * unit
	}
	return sum, nil
}
