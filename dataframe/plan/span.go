package plan

import (
	"fmt"
	"strings"
)

// spanUnits are the units in which spans are shown, longest first.
var spanUnits = []struct {
	name   string
	micros int64
}{{"day", 24 * 3600e6}, {"hour", 3600e6}, {"minute", 60e6}, {"second", 1e6}, {"millisecond", 1e3}, {"microsecond", 1}}

// Span returns a span of microseconds as Spark shows it: "10 minutes", "1 hour 30
// minutes".
func Span(micros int64) string {
	if micros == 0 {
		return "0 seconds"
	}
	var parts []string
	for _, u := range spanUnits {
		n := micros / u.micros
		micros -= n * u.micros
		switch n {
		case 0:
		case 1, -1:
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, u.name))
		}
	}
	return strings.Join(parts, " ")
}
