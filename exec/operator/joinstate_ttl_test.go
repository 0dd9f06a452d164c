package operator

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/exectest"
)

// at runs and commits a batch at a time.
func (b *joinBench) at(now int64, changes ...joinChange) []string {
	for _, s := range b.tasks {
		s.SetTime(now)
	}
	out := b.run(changes, math.MinInt64, 2)
	for _, s := range b.tasks {
		noError(b.t, s.Flush())
		s.Commit()
	}
	b.version++
	noError(b.t, b.store.Commit(b.version))
	return out
}

// What is forgotten joins nothing, what it was joined with stays, and taking it back
// changes nothing; a complete result is that of what is remembered.
func TestJoinForgets(t *testing.T) {
	l, r := joinRow{1, 1, 0}, joinRow{1, 2, 0}
	left, right := func(n int8) joinChange { return joinChange{LeftSide, l, n} }, func(n int8) joinChange { return joinChange{RightSide, r, n} }
	for _, c := range []struct {
		emit Emit
		want []string
	}{
		{EmitChanges, []string{"+null", "-null +pair", "", "+null", "", "", ""}},
		{EmitComplete, []string{"+null", "+pair", "+pair", "+null", "+null", "", ""}},
	} {
		spec := streamJoinSpec(joinKinds[1], nil, false)
		spec.Emit, spec.Life = c.emit, [2]Lifetime{10, 10}
		b := newJoinBench(t, spec, 1, false)
		for i, step := range []struct {
			now     int64
			changes []joinChange
		}{
			{0, []joinChange{left(1)}},
			{3, []joinChange{right(1)}},
			{9, []joinChange{left(-1), left(1)}}, // nothing, in one batch
			{13, []joinChange{left(1)}},
			{14, []joinChange{right(-1)}},
			{23, nil},
			{24, []joinChange{left(-1)}},
		} {
			var got []string
			for _, line := range b.at(step.now, step.changes...) {
				kind := "pair"
				if strings.Contains(line, "(null)") {
					kind = "null"
				}
				got = append(got, map[bool]string{true: "-", false: "+"}[strings.HasSuffix(line, "-1")]+kind)
			}
			if s := strings.Join(got, " "); s != c.want[i] {
				t.Errorf("emit %s, at %d: %q, want %q", c.emit, step.now, s, c.want[i])
			}
		}
	}
}

// However batches fail and programs begin again, an inner join with a lifetime gives
// what maps tell.
func TestJoinsWithLifetime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		life := Lifetime(rapid.IntRange(1, 30).Draw(t, "life"))
		spec := streamJoinSpec(joinKinds[0], nil, false)
		spec.Life = [2]Lifetime{life, life}
		b := newJoinBench(t, spec, 1, false)
		var count, last [2]map[joinRow]int64
		for k := range count {
			count[k], last[k] = map[joinRow]int64{}, map[joinRow]int64{}
		}
		now, want, have := int64(0), map[string]int{}, map[string]int{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			now += int64(rapid.IntRange(0, 12).Draw(t, "step"))
			var changes []joinChange
			for range rapid.IntRange(0, 5).Draw(t, "changes") {
				changes = append(changes, joinChange{rapid.IntRange(0, 1).Draw(t, "side"),
					joinRow{rapid.IntRange(0, 1).Draw(t, "k"), rapid.IntRange(0, 1).Draw(t, "v"), 0}, rapid.SampledFrom([]int8{1, 1, -1}).Draw(t, "n")})
			}
			changes = slices.DeleteFunc(changes, func(c joinChange) bool { // of one row in a batch, all come or all go
				return slices.ContainsFunc(changes, func(o joinChange) bool { return o.side == c.side && o.row == c.row && o.n > c.n })
			})
			if again := rapid.SampledFrom([]string{"", "", "fails", "restarts"}).Draw(t, "again"); again != "" {
				b.tasks[0].SetTime(now)
				b.run(changes, math.MinInt64, 2)
				b.tasks[0].Rollback()
				if noError(t, b.store.Rollback()); again == "restarts" {
					committed := b.store.Versions[b.version]
					b.open(exectest.NewState(committed), 1)
					b.store.Versions[b.version] = committed
				}
			}
			for k := range count {
				maps.DeleteFunc(count[k], func(r joinRow, _ int64) bool { return last[k][r]+int64(life) <= now })
			}
			for _, side := range []int{RightSide, LeftSide} {
				for _, c := range changes {
					if c.side != side || c.n < 0 && count[side][c.row] == 0 {
						continue
					}
					for o, n := range count[1-side] {
						if o.k == c.row.k {
							pair := [2]joinRow{c.row, o}
							if side == RightSide {
								pair = [2]joinRow{o, c.row}
							}
							want[fmt.Sprint(pair[0], " | ", pair[1])] += int(c.n) * int(n)
						}
					}
					if count[side][c.row] += int64(c.n); count[side][c.row] == 0 {
						delete(count[side], c.row)
					} else if c.n > 0 {
						last[side][c.row] = life.stamp(now)
					}
				}
			}
			for _, line := range b.at(now, changes...) {
				row, back := strings.CutSuffix(line, " | -1")
				have[row] += map[bool]int{true: -1, false: 1}[back]
			}
			maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
			maps.DeleteFunc(have, func(_ string, n int) bool { return n == 0 })
			if !maps.Equal(have, want) {
				t.Fatalf("at %d: %v, want %v", now, have, want)
			}
			if st := b.tasks[0].Stats(); st.Left+st.Right != sum(count[0])+sum(count[1]) || b.tasks[0].NextTime() <= now {
				t.Fatalf("%+v, want %v; the next is forgotten at %d", st, count, b.tasks[0].NextTime())
			}
		}
	})
}

func sum(m map[joinRow]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}
