package exec_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	propertyFor  = flag.Duration("property.for", 8*time.Second, "how long random plans are tried")
	propertySeed = flag.Uint64("property.seed", 1, "the seed of the first hundred random plans, and one more for each that follow; 0: others in each run")
)

// TestRandomPlans runs random plans over random input as streaming queries, cut
// anywhere, interrupted anywhere, and on any number of cores: what their changes
// leave is the answer of a batch query.
func TestRandomPlans(t *testing.T) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // what fails is printed, and need not be kept
		t.Fatal(err)
	}
	seed := flag.Lookup("rapid.seed")
	if seed.Value.String() == "0" { // else a plan that has failed is tried again
		defer func() { _ = seed.Value.Set("0") }()
	} else {
		*propertySeed = 0
	}
	until := time.Now().Add(*propertyFor)
	trials, failed := 0, false
	for round := uint64(0); time.Now().Before(until) && !t.Failed(); round++ {
		if *propertySeed > 0 {
			if err := seed.Value.Set(strconv.FormatUint(*propertySeed+round, 10)); err != nil {
				t.Fatal(err)
			}
		}
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
