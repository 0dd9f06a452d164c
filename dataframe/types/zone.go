package types

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines without a database of them
)

// offsetZone is +h, +hh, +hh:mm, +hh:mm:ss or +hhmm, behind UTC and its like or
// alone.
var offsetZone = regexp.MustCompile(`^(?:UTC|GMT|UT|Z)?([+-])(?:(\d{2})(\d{2})|(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}))?)$`)

// maxOffset is the largest offset that there is, as in Java.
const maxOffset = 18 * 3600

// LoadZone returns a time zone by the names that Spark takes: a region
// (Europe/Vienna), an offset (+02:00, UTC-3), UTC, GMT or Z.
func LoadZone(name string) (*time.Location, error) {
	text := strings.TrimSpace(name)
	switch text {
	case "Z", "UTC", "GMT", "UT":
		return time.UTC, nil
	}
	if m := offsetZone.FindStringSubmatch(text); m != nil {
		offset := digits(m[2]+m[4])*3600 + digits(m[3]+m[5])*60 + digits(m[6])
		if digits(m[3]+m[5]) < 60 && digits(m[6]) < 60 && offset <= maxOffset {
			if m[1] == "-" {
				offset = -offset
			}
			return time.FixedZone(name, offset), nil
		}
	} else if text != "" && text != "Local" {
		if zone, err := time.LoadLocation(text); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("%q is not a time zone; write a region such as Europe/Vienna, or an offset such as +02:00", name)
}

// digits is the value of a few digits, 0 for none.
func digits(s string) int {
	n, _ := strconv.Atoi("0" + s)
	return n
}
