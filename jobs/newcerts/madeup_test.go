package main

import (
	"testing"
	"time"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// Each made-up connection has its certificate, and some of these are new.
func TestMadeUp(t *testing.T) {
	all := jobstest.Decode[row](t, jobstest.MadeUp(t, pipeline, "--days", "0", "--events", "1000"))
	fresh := jobstest.Decode[row](t, jobstest.MadeUp(t, pipeline, "--events", "1000"))
	if len(all) < 1000 || len(fresh) < 25 || len(fresh) > len(all)/2 {
		t.Errorf("%d pairs, of which %d are new", len(all), len(fresh))
	}
	for _, r := range fresh {
		if r.X509.Sub(r.From) >= 30*24*time.Hour {
			t.Fatalf("%+v is not new", r)
		}
	}
}
