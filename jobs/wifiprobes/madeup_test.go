package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// Made-up devices of a model probe for ten minutes, as one session, under many
// addresses.
func TestMadeUp(t *testing.T) {
	list := jobstest.Decode[session](t, jobstest.MadeUp(t, pipeline))
	if len(list) < 5 {
		t.Errorf("%d sessions", len(list))
	}
	for _, s := range list {
		if s.Count < 3 || s.Probes < s.Count || s.Last.Sub(s.First).Minutes() > 10 {
			t.Errorf("%+v is no session of ten minutes", s)
		}
	}
	sum := 0
	for _, d := range jobstest.Decode[day](t, jobstest.MadeUp(t, pipeline, "--result", daily)) {
		sum += d.Frames
	}
	if sum != 4000 {
		t.Errorf("%d frames in the daily table, want 4000", sum)
	}
}
