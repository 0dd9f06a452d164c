package exec_test

import (
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var propertyFor = flag.Duration("property.for", 8*time.Second, "how long random plans are tried")

// TestRandomPlans runs random plans over random input as streaming queries, cut
// anywhere, interrupted anywhere, and on any number of cores: what their changes
// leave is the answer of a batch query.
func TestRandomPlans(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // what fails is printed, and need not be kept
		t.Fatal(err)
	}
	until := time.Now().Add(*propertyFor)
	trials, failed := 0, false
	for time.Now().Before(until) && !t.Failed() {
		rapid.Check(t, func(rt *rapid.T) {
			if !failed && time.Now().After(until) {
				return
			}
			c := drawTrial(rt, 4)
			trials++
			if err := c.check(t); err != nil {
				failed = true
				rt.Fatalf("%v\n\n%s", err, c)
			}
		})
	}
	t.Logf("%d plans", trials)
}
