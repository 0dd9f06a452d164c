package kernel

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// LoadZone is types.LoadZone with the error that Spark's functions give.
func LoadZone(name string) (*time.Location, error) {
	zone, err := types.LoadZone(name)
	if err != nil {
		return nil, fmt.Errorf("[INVALID_TIMEZONE] %w", err)
	}
	return zone, nil
}

// parseOffset reads +h, +hh, +hh:mm, +hh:mm:ss or +hhmm, of at most 18 hours.
func parseOffset(s string) (seconds int, ok bool) {
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	h, rest, n := cutDigits(s[1:])
	var m, sec int
	switch {
	case n == 4 && rest == "":
		h, m = h/100, h%100
	case n < 1 || n > 2:
		return 0, false
	}
	for _, part := range []*int{&m, &sec} {
		if rest == "" {
			break
		}
		if rest[0] != ':' {
			return 0, false
		}
		if *part, rest, n = cutDigits(rest[1:]); n < 1 || n > 2 {
			return 0, false
		}
	}
	seconds = h*3600 + m*60 + sec
	return sign * seconds, rest == "" && m < 60 && sec < 60 && seconds <= 18*3600
}
