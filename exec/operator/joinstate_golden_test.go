package operator

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/exec/exectest"
)

// joinStory is one file of testdata/joinstate: changes of both sides go into a
// join, batch by batch.
type joinStory struct {
	bench *joinBench
	held  bool
}

// join begins one: type=left emit=final lo=-5 hi=5 less nullsafe table=right.
func (s *joinStory) join(t *testing.T, d *datadriven.TestData) (string, error) {
	arg := func(name string) string {
		for _, a := range d.CmdArgs {
			if a.Key == name && len(a.Vals) == 1 {
				return a.Vals[0]
			}
		}
		return ""
	}
	at := slices.IndexFunc(joinKinds, func(k joinKind) bool { return k.name == arg("type") })
	if at < 0 {
		return "", fmt.Errorf("no type %q", arg("type"))
	}
	spec := streamJoinSpec(joinKinds[at], nil, d.HasArg("nullsafe"))
	if d.HasArg("less") {
		spec.Cond = lessThan(t)
	}
	if d.HasArg("lo") || d.HasArg("hi") {
		lo, _ := strconv.ParseInt(cmp.Or(arg("lo"), fmt.Sprint(int64(NoLowerBound))), 10, 64)
		hi, _ := strconv.ParseInt(cmp.Or(arg("hi"), fmt.Sprint(int64(NoUpperBound))), 10, 64)
		spec = boundedSpec(t, joinKinds[at], lo, hi, d.HasArg("less"))
	}
	spec.Emit = map[string]Emit{"changes": EmitChanges, "update": EmitUpdate, "complete": EmitComplete, "final": EmitFinal}[arg("emit")]
	if side := arg("table"); side != "" {
		spec.Table = map[string]int{"left": LeftSide, "right": RightSide}[side]
	}
	s.bench = newJoinBench(t, spec, 1, s.held)
	return "", nil
}

// joinChanges reads lines "l + 1 10 5": a side, a change, then k, v and t; a dot is
// null.
func joinChanges(t *testing.T, text string) []joinChange {
	var out []joinChange
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 5 || f[0] != "l" && f[0] != "r" || f[1] != "+" && f[1] != "-" {
			t.Fatalf("%q is not a side, a change, k, v and t", line)
		}
		c := joinChange{n: 1}
		if f[0] == "r" {
			c.side = RightSide
		}
		if f[1] == "-" {
			c.n = -1
		}
		for i, to := range []*int{&c.row.k, &c.row.v, &c.row.t} {
			if *to = absent; f[i+2] != "." {
				n, err := strconv.Atoi(f[i+2])
				if err != nil {
					t.Fatal(err)
				}
				*to = n
			}
		}
		out = append(out, c)
	}
	return out
}

func (s *joinStory) batch(t *testing.T, d *datadriven.TestData) (string, error) {
	wm := int64(math.MinInt64)
	if d.HasArg("wm") {
		d.ScanArgs(t, "wm", &wm)
	}
	s.bench.t = t
	changes := joinChanges(t, d.Input)
	if d.HasArg("rollback") {
		return strings.Join(s.bench.fail(changes, wm, 3), "\n"), nil
	}
	if d.HasArg("restart") {
		s.bench.restart(1)
	}
	rows := s.bench.apply(changes, wm, 3)
	st := s.bench.tasks[0].Stats()
	return strings.Join(append(rows, fmt.Sprintf("(left=%d right=%d updated=%d removed=%d)", st.Left, st.Right, st.Updated, st.Removed)), "\n"), nil
}

func TestStreamJoinStories(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprintf("held=%v", held), func(t *testing.T) { joinStories(t, held) })
	}
}

func joinStories(t *testing.T, held bool) {
	exectest.Golden(t, "testdata/joinstate", func(*testing.T) map[string]exectest.Command {
		s := &joinStory{held: held}
		return map[string]exectest.Command{
			"join":  s.join,
			"batch": s.batch,
			"due": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var wm int64
				d.ScanArgs(t, "wm", &wm)
				due, err := s.bench.tasks[0].Due(wm)
				return fmt.Sprint(due), err
			},
		}
	})
}
