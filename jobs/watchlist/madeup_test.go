package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// Of the made-up packets those of the two watched employees are found: about two
// in five.
func TestMadeUp(t *testing.T) {
	rows := jobstest.Decode[row](t, jobstest.MadeUp(t, pipeline, "--events", "1000"))
	if len(rows) < 350 || len(rows) > 450 {
		t.Errorf("%d packets", len(rows))
	}
	for _, r := range rows {
		if r.Src != r.MAC || r.Name != "Ann Archer" && r.Name != "Dora Dyer" {
			t.Fatalf("%+v is not of a watched employee", r)
		}
	}
}
