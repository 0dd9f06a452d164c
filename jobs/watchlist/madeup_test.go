package main

import (
	"testing"

	"github.com/riffledata/riffle/jobs/jobstest"
)

// Of the made-up packets those of the two watched employees are found: about two
// in five.
func TestMadeUp(t *testing.T) {
	rows := jobstest.Decode[row](t, jobstest.MadeUp(t, pipeline))
	if len(rows) < 1400 || len(rows) > 1800 {
		t.Errorf("%d packets", len(rows))
	}
	for _, r := range rows {
		if r.Src != r.MAC || r.Name != "Ann Archer" && r.Name != "Dora Dyer" {
			t.Fatalf("%+v is not of a watched employee", r)
		}
	}
}
