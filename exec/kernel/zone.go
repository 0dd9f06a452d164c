package kernel

import (
	"fmt"
	"strings"
	"time"
)

// LoadZone returns a time zone by the names that Spark takes: a region
// (Europe/Berlin), UTC, GMT, Z, an offset (+01:00, -8, +0530), or UTC+1 and its
// like.
func LoadZone(name string) (*time.Location, error) {
	text := strings.TrimSpace(name)
	for _, prefix := range []string{"UTC", "GMT", "UT", "Z"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok && (rest == "" || rest[0] == '+' || rest[0] == '-') {
			text = rest
			if text == "" {
				return time.UTC, nil
			}
			break
		}
	}
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if seconds, ok := parseOffset(text); ok {
			return time.FixedZone(name, seconds), nil
		}
	} else if text != "" && text != "Local" {
		if loc, err := time.LoadLocation(text); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("[INVALID_TIMEZONE] %q is not a time zone; write a region such as Europe/Berlin, or an offset such as +01:00", name)
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
