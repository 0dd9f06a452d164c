package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// Each made-up query has a connection, and one in 20 of these comes from outside.
func TestMadeUp(t *testing.T) {
	if n := len(jobstest.MadeUp(t, pipeline, "--everyone", "--events", "1000")); n != 1000 {
		t.Errorf("%d rows, want 1000", n)
	}
	for _, r := range jobstest.Decode[row](t, jobstest.MadeUp(t, pipeline, "--events", "1000")) {
		if r.Local == nil || !*r.Local || len(r.UID) != 18 {
			t.Fatalf("%+v is none of the local network", r)
		}
	}
}
