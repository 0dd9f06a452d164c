package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// 4000 events fill half an hour: the windows that are ten minutes past are final,
// and hold all queries of their time.
func TestMadeUp(t *testing.T) {
	starts, sum := map[int64]int64{}, int64(0)
	for g, n := range groups(t, jobstest.MadeUp(t, pipeline, "--everyone")) {
		starts[g.Start] += n
		sum += n
	}
	if len(starts) != 4 || sum < 2000 {
		t.Errorf("%d windows with %d queries: %v", len(starts), sum, starts)
	}
}
