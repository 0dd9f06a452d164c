package checkpoint

import (
	"slices"
	"testing"
)

// Every fact has its row: what a run does next.
func TestDecide(t *testing.T) {
	begun := Begin(false).EpochsRead(2).Claimed(3, true)
	read := begun.LogRead(4, 2, 0)
	for _, test := range []struct {
		what string
		f    Facts
		want string
	}{
		{"knows nothing", Begin(false), "read epochs"},
		{"is the first", Begin(false).EpochsRead(0), "claim 1"},
		{"has read epochs", Begin(false).EpochsRead(2), "claim 3"},
		{"was beaten to it", Begin(false).EpochsRead(2).Claimed(3, false), "claim 4"},
		{"has claimed", begun, "read log"},
		{"finds a plan of a later run", begun.LogRead(4, 2, 5), "exit"},
		{"finds a commit of a later run", begun.LogRead(4, 5, 0), "exit"},
		{"has read the log", read, "restore 4"},
		{"finds nothing", begun.LogRead(NoBatch, 0, 0), "restore -1"},
		{"has the state", read.Restored(), "plan 5"},
		{"finds an open plan", begun.LogRead(4, 2, 2).Restored(), "execute 5"},
		{"has planned", read.Restored().PlanFound(3), "execute 5"},
		{"adopts an older run's plan", read.Restored().PlanFound(1), "execute 5"},
		{"finds a later run's plan", read.Restored().PlanFound(4), "exit"},
		{"has executed", read.Restored().PlanFound(3).Ran(), "confirm 5"},
		{"finds a later epoch", read.Restored().PlanFound(3).Ran().Checked(true), "exit"},
		{"has confirmed", read.Restored().PlanFound(3).Ran().Checked(false), "sink 5"},
		{"is shut out by a sink", read.Restored().PlanFound(3).Ran().Checked(false).Deposed(), "exit"},
		{"has written", read.Restored().PlanFound(3).Ran().Checked(false).Wrote(), "commit 5"},
		{"has committed", read.Restored().PlanFound(3).Ran().Checked(false).Wrote().CommitFound(3, true), "plan 6"},
		{"adopts an older run's commit", read.Restored().PlanFound(3).Ran().Checked(false).Wrote().CommitFound(2, false), "restore 5"},
		{"finds a later run's commit", read.Restored().PlanFound(3).Ran().Checked(false).Wrote().CommitFound(4, false), "exit"},
	} {
		if got := Decide(test.f).String(); got != test.want {
			t.Errorf("a run that %s: %s, want %s", test.what, got, test.want)
		}
	}
}

func TestDecideStaged(t *testing.T) {
	f := Begin(true).EpochsRead(0).Claimed(1, true).LogRead(4, 1, 0).Restored()
	var got []string
	for range 8 {
		a := Decide(f)
		got = append(got, a.String())
		switch a.Step {
		case AskSinks:
			f = f.SinksAsked(2)
		case Publish:
			f = f.PublishedBatch()
		case MakePlan:
			f = f.PlanFound(1)
		case Execute:
			f = f.Ran()
		case Confirm:
			f = f.Checked(false)
		case Stage:
			f = f.Wrote()
		case CommitBatch:
			f = f.CommitFound(1, true)
		}
	}
	want := []string{"ask sinks", "publish 3", "publish 4", "plan 5", "execute 5", "confirm 5", "stage 5", "commit 5"}
	if !slices.Equal(got, want) || Decide(f).String() != "publish 5" {
		t.Errorf("%q and %s, want %q and publish 5", got, Decide(f), want)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]int64{"offsets/0": 0, "offsets/17": 17, "offsets/": -1, "offsets/-1": -1, "offsets/01": -1,
		"offsets/x": -1, "commits/1": -1, "offsets/99999999999999999999": -1, "offsets/1.tmp": -1} {
		n, ok := Number(name, OffsetsPrefix)
		if ok != (want >= 0) || ok && n != want {
			t.Errorf("%s: %d, %t", name, n, ok)
		}
	}
	if n := Highest([]string{"offsets/10", "offsets/9", "commits/30", "meta"}, OffsetsPrefix); n != 10 {
		t.Errorf("the highest is %d", n)
	}
	if StateName(3, 17, "x.delta") != "state/3/17-x.delta" || StagedName(3, 17, "sink") != "staged/3/17-sink" {
		t.Error("names of files have changed")
	}
}

// What may go: old records, and what dead runs left. Never what a kept commit names,
// an epoch, or a file of this run or a later one.
func TestGarbage(t *testing.T) {
	inv := Inventory{
		Names: []string{"meta", "epochs/1", "epochs/2", "offsets/0", "offsets/1", "offsets/2", "offsets/3", "offsets/4", "commits/0", "commits/1",
			"commits/2", "commits/3", "state/1/0-a", "state/1/2-snap", "state/2/3-own", "state/3/4-later", "state/odd", "staged/1/1-s", "other"},
		Keep: 2, Epoch: 2,
		Needed: map[string]bool{"state/1/2-snap": true, "commits/1": true},
	}
	want := []string{"commits/0", "offsets/0", "offsets/1", "staged/1/1-s", "state/1/0-a"}
	if got := Garbage(inv); !slices.Equal(got, want) {
		t.Errorf("garbage is %q, want %q", got, want)
	}
	inv.Keep = 100
	if got := Garbage(inv); !slices.Equal(got, []string{"staged/1/1-s", "state/1/0-a"}) {
		t.Errorf("with all batches kept, garbage is %q", got)
	}
	for _, test := range []struct {
		names []string
		keep  int
		want  int64
	}{{nil, 3, 0}, {[]string{"commits/0"}, 3, 0}, {[]string{"commits/7", "commits/8", "commits/9", "commits/10"}, 3, 8},
		{[]string{"commits/2", "commits/99", "commits/100"}, 3, 98}} {
		if got := Oldest(test.names, test.keep); got != test.want {
			t.Errorf("the oldest of %q is %d, want %d", test.names, got, test.want)
		}
	}
}
