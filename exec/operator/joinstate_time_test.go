package operator

import (
	"maps"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/state"
)

// boundedSpec is a join by key within lo <= rt - lt <= hi, of which the condition
// says the same, and maybe lv < rv besides.
func boundedSpec(t testing.TB, kind joinKind, lo, hi int64, less bool) *StreamJoinSpec {
	spec := streamJoinSpec(kind, bindPair(t, func(col func(string) expr.Expr) expr.Expr {
		apart := expr.NewCall("-", col("rt"), col("lt"))
		cond := expr.NewCall("<=", apart, &expr.Literal{Value: hi, T: types.Long})
		if lo != NoLowerBound {
			cond = expr.NewCall("and", cond, expr.NewCall(">=", apart, &expr.Literal{Value: lo, T: types.Long}))
		}
		if less {
			cond = expr.NewCall("and", cond, expr.NewCall("<", col("lv"), col("rv")))
		}
		return cond
	}), false)
	in := joinFields(true).Arrow()
	spec.Inputs = [2]*arrow.Schema{in, in}
	spec.Bounds = &JoinBounds{Lo: lo, Hi: hi}
	return spec
}

// within is what boundedSpec asks of two rows.
func within(lo, hi int64, less bool) func(l, r joinRow) bool {
	same := matcher(false, less)
	return func(l, r joinRow) bool {
		if l.t == absent || r.t == absent {
			return false
		}
		apart := int64(r.t - l.t)
		return same(l, r) && lo <= apart && apart <= hi
	}
}

// A bounded join whose rows go by the watermark gives, for rows that are not late,
// what the same join would give that kept all: at once where it gives changes, and
// once the watermark has passed all where it gives what is final, of which it
// takes nothing back. Then it remembers nothing.
func TestBoundedJoinLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(joinKinds).Draw(rt, "type")
		lo := int64(rapid.IntRange(-6, 3).Draw(rt, "lo"))
		hi := lo + int64(rapid.IntRange(0, 6).Draw(rt, "width"))
		less := rapid.Bool().Draw(rt, "condition")
		spec := boundedSpec(t, kind, lo, hi, less)
		spec.Emit = rapid.SampledFrom([]Emit{EmitChanges, EmitFinal}).Draw(rt, "emit")
		lag := [2]int64{int64(rapid.IntRange(0, 3).Draw(rt, "lag")), int64(rapid.IntRange(0, 3).Draw(rt, "lag"))}
		spec.Bounds.Lag = lag
		b := newJoinBench(rt, spec, rapid.IntRange(1, 3).Draw(rt, "tasks"), rapid.Bool().Draw(rt, "held"))
		late, wm := int64(100), int64(100)
		for range rapid.IntRange(1, 8).Draw(rt, "batches") {
			var changes []joinChange
			for range rapid.IntRange(0, 8).Draw(rt, "rows") {
				side := rapid.IntRange(0, 1).Draw(rt, "side")
				r := joinRow{rapid.SampledFrom([]int{absent, 0, 1}).Draw(rt, "k"), rapid.IntRange(0, 2).Draw(rt, "v"), 0}
				if r.t = int(late-lag[side]) + rapid.IntRange(1, 12).Draw(rt, "t"); rapid.IntRange(0, 9).Draw(rt, "timeless") == 0 {
					r.t = absent
				}
				changes = append(changes, joinChange{side, r, 1})
			}
			size := rapid.IntRange(1, 9).Draw(rt, "size")
			var failed []string
			if rapid.IntRange(0, 3).Draw(rt, "fails") == 0 {
				failed = b.fail(changes, wm, size)
			}
			if rapid.IntRange(0, 3).Draw(rt, "restarts") == 0 {
				failed = nil
				b.held = rapid.Bool().Draw(rt, "held")
				b.restart(rapid.IntRange(1, 3).Draw(rt, "tasks"))
			}
			got := b.apply(changes, wm, size)
			if failed != nil && strings.Join(failed, "\n") != strings.Join(got, "\n") {
				rt.Fatalf("a batch gives\n%s\nwhen it runs again, and gave\n%s", strings.Join(got, "\n"), strings.Join(failed, "\n"))
			}
			if spec.Emit == EmitFinal && strings.Contains(strings.Join(got, "\n"), "| -1") {
				rt.Fatalf("what is final is taken back:\n%s", strings.Join(got, "\n"))
			}
			if want := nestedLoop(kind, b.net, within(lo, hi, less)); spec.Emit == EmitChanges && !maps.Equal(b.out, want) {
				rt.Fatalf("%s: after %v\ncame %v\nnot %v", kind.name, changes, b.out, want)
			}
			late, wm = wm, wm+int64(rapid.IntRange(0, 8).Draw(rt, "watermark"))
		}
		end := wm + 1000
		due := false
		for _, task := range b.tasks {
			one, err := task.Due(end)
			if err != nil {
				rt.Fatal(err)
			}
			due = due || one
		}
		had := rowsKept(b)
		b.apply(nil, end, 1)
		if due != (had > 0) || rowsKept(b) > 0 {
			rt.Fatalf("%d rows were there, due was %v, and %d stay", had, due, rowsKept(b))
		}
		for key := range b.store.Versions[b.version] {
			if key[1][state.KeyPrefix-1] != countSpace {
				rt.Fatalf("a pair of space %c stays", key[1][state.KeyPrefix-1])
			}
		}
		if want := nestedLoop(kind, b.net, within(lo, hi, less)); !maps.Equal(b.out, want) {
			rt.Fatalf("%s: in the end came %v\nnot %v", kind.name, b.out, want)
		}
	})
}

func rowsKept(b *joinBench) int64 {
	n := int64(0)
	for _, t := range b.tasks {
		n += t.Stats().Left + t.Stats().Right
	}
	return n
}
