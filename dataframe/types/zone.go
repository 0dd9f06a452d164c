package types

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines without a database of them
)

var offsetZone = regexp.MustCompile(`^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$`)

// LoadZone returns the time zone of a name (Europe/Vienna), of an offset
// (+02:00, UTC-3), or of Z.
func LoadZone(name string) (*time.Location, error) {
	switch strings.ToUpper(name) {
	case "Z", "UTC", "GMT", "UT":
		return time.UTC, nil
	}
	if m := offsetZone.FindStringSubmatch(strings.ToUpper(name)); m != nil {
		h, _ := strconv.Atoi(m[2])
		min, _ := strconv.Atoi("0" + m[3])
		sec, _ := strconv.Atoi("0" + m[4])
		if h <= 18 && min < 60 && sec < 60 {
			offset := h*3600 + min*60 + sec
			if m[1] == "-" {
				offset = -offset
			}
			return time.FixedZone(name, offset), nil
		}
	}
	if zone, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return zone, nil
	}
	return nil, fmt.Errorf("%q is not a time zone; write a name such as Europe/Vienna or an offset such as +02:00", name)
}
