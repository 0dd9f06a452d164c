package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// joinDomain are the values that a key column of a type draws from, and which of
// them are equal: those of one class. The first is null.
type joinDomain struct {
	ty     types.Type
	values arrow.Array
	class  []int
}

func joinDomains(t testing.TB) []joinDomain {
	d := func(ty types.Type, json string, class ...int) joinDomain {
		return joinDomain{ty, parse(t, ty, json), class}
	}
	doubles := table(parse(t, types.Double, `[null, 0, -0.0, 1.5]`)).Record.Column(0)
	return []joinDomain{
		d(types.Long, `[null, 0, 1, -1, 1099511627776]`, -1, 1, 2, 3, 4),
		{types.Double, doubles, []int{-1, 1, 1, 2}},
		d(types.String, `[null, "", "a", "b", "a longer text"]`, -1, 1, 2, 3, 4),
		d(types.Decimal{Precision: 20, Scale: 2}, `[null, "0.00", "1.50", "-1.50"]`, -1, 1, 2, 3),
		d(types.Boolean, `[null, true, false]`, -1, 1, 2),
		d(types.Array{Elem: types.Int, ContainsNull: true}, `[null, [], [1], [null]]`, -1, 1, 2, 3),
		d(types.Struct{Fields: []types.Field{{Name: "x", Type: types.String, Nullable: true}}}, `[null, {"x": null}, {"x": "a"}]`, -1, 1, 2),
		d(types.Void, `[null]`, -1),
	}
}

// hashSide is an input: its key columns, then a column with the row's number.
type hashSide struct {
	b     batch.Batch
	class [][]int // by key, by row
}

func drawSide(t *rapid.T, name string, domains []joinDomain) hashSide {
	n := rapid.IntRange(0, 30).Draw(t, name+" rows")
	s := hashSide{class: make([][]int, len(domains))}
	var cols []arrow.Array
	for k, d := range domains {
		idx := make([]int32, n)
		for i := range idx {
			pick := rapid.IntRange(0, len(d.class)-1).Draw(t, name)
			idx[i], s.class[k] = int32(pick), append(s.class[k], d.class[pick])
		}
		col, err := kernel.Take(d.values, idx)
		if err != nil {
			t.Fatal(err)
		}
		cols = append(cols, col)
	}
	number := array.NewInt32Builder(memory.DefaultAllocator)
	for i := range n {
		number.Append(int32(i))
	}
	s.b = table(append(cols, number.NewArray())...)
	return s
}

func (s hashSide) keys(n int) []expr.Expr {
	out := make([]expr.Expr, n)
	for k := range out {
		out[k] = ref(s.b, k)
	}
	return out
}

// joinWanted is the answer of a nested loop, in the order that HashJoin
// promises: "+3 7" for row 3 of the left side with row 7 of the right one.
func joinWanted(spec *JoinSpec, probe, build hashSide, sel []bool, cond func(l, r int) bool) []string {
	var out []string
	seen := make([]bool, build.b.NumRows())
	text := func(p, b int) string {
		sides := [2]string{fmt.Sprint(p), fmt.Sprint(b)}
		if b < 0 {
			sides[1] = "null"
		}
		if p < 0 {
			sides[0] = "null"
		}
		sign := "+"
		if p >= 0 && probe.b.Change(p) < 0 {
			sign = "-"
		}
		if spec.BuildLeft {
			slices.Reverse(sides[:])
		}
		return sign + sides[0] + " " + sides[1]
	}
	for p := range probe.b.NumRows() {
		if !sel[p] {
			continue
		}
		found := false
		for b := range build.b.NumRows() {
			match := true
			for k, safe := range spec.NullSafe {
				x, y := probe.class[k][p], build.class[k][b]
				match = match && x == y && (safe || x >= 0)
			}
			l, r := p, b
			if spec.BuildLeft {
				l, r = b, p
			}
			if !match || !cond(l, r) {
				continue
			}
			if found, seen[b] = true, true; spec.Output == JoinPairs {
				out = append(out, text(p, b))
			}
		}
		switch {
		case spec.Output == JoinExists && found, spec.Output == JoinMissing && !found:
			out = append(out, strings.Fields(text(p, -1))[0])
		case spec.ProbeOuter && !found:
			out = append(out, text(p, -1))
		}
	}
	for b := range seen {
		if spec.BuildOuter && !seen[b] {
			out = append(out, text(-1, b))
		}
	}
	return out
}

// A hash join gives what a nested loop gives, in the promised order, whatever the
// types of the keys, the nulls, the condition, the batches and their selections.
func TestHashJoinIsANestedLoop(t *testing.T) {
	all := joinDomains(t)
	rapid.Check(t, func(t *rapid.T) {
		var domains []joinDomain
		for range rapid.IntRange(0, 3).Draw(t, "keys") {
			domains = append(domains, rapid.SampledFrom(all).Draw(t, "key"))
		}
		probe, build := drawSide(t, "probe", domains), drawSide(t, "build", domains)
		spec := drawSpec(t, probe, build, len(domains))
		cond := func(l, r int) bool { return true }
		if rapid.Bool().Draw(t, "condition") {
			cond = func(l, r int) bool { return l < r }
			spec.Cond = smaller(t, spec, probe, build)
		}
		sel := make([]bool, probe.b.NumRows())
		for i := range sel {
			sel[i] = rapid.IntRange(0, 4).Draw(t, "selected") > 0
		}
		if !spec.BuildOuter && rapid.Bool().Draw(t, "changes") {
			probe.b.Changes = rapid.SliceOfN(rapid.SampledFrom([]int8{1, -1}), len(sel), len(sel)).Draw(t, "change")
		}
		want := joinWanted(spec, probe, build, sel, cond)
		got := runJoin(t, spec, selecting(probe.b, sel, rapid.IntRange(1, 12).Draw(t, "size")), stream(build.b, rapid.IntRange(1, 40).Draw(t, "build size")))
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%v, want\n%v", got, want)
		}
	})
}

func drawSpec(t *rapid.T, probe, build hashSide, keys int) *JoinSpec {
	spec := &JoinSpec{ProbeKeys: probe.keys(keys), BuildKeys: build.keys(keys), Name: "HashJoin"}
	for range keys {
		spec.NullSafe = append(spec.NullSafe, rapid.Bool().Draw(t, "null-safe"))
	}
	spec.Output = rapid.SampledFrom([]JoinOutput{JoinPairs, JoinPairs, JoinExists, JoinMissing}).Draw(t, "output")
	left, right := probe.b.Record.Schema().Fields(), build.b.Record.Schema().Fields()
	if spec.Output != JoinPairs {
		spec.Schema = probe.b.Record.Schema()
		return spec
	}
	spec.ProbeOuter, spec.BuildOuter = rapid.Bool().Draw(t, "probe outer"), rapid.Bool().Draw(t, "build outer")
	if spec.BuildLeft = rapid.Bool().Draw(t, "build left"); spec.BuildLeft {
		left, right = right, left
	}
	spec.Schema = arrow.NewSchema(append(slices.Clone(left), right...), nil)
	return spec
}

// smaller is the condition that the left row has the smaller number.
func smaller(t *rapid.T, spec *JoinSpec, probe, build hashSide) expr.Expr {
	left, right := probe, build
	if spec.BuildLeft {
		left, right = build, probe
	}
	l := int(left.b.Record.NumCols())
	e, err := expr.BindCall(expr.NewCall("<", ref(left.b, l-1), &expr.Ref{Index: l + int(right.b.Record.NumCols()) - 1, Name: "n", T: types.Int, Null: true}))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// selecting is stream of a batch whose rows are not all selected.
func selecting(b batch.Batch, sel []bool, size int) *given {
	s := stream(b, size)
	at := 0
	for k := range s.batches {
		one := &s.batches[k]
		one.Sel = []int32{}
		for i := range int(one.Record.NumRows()) {
			if sel[at+i] {
				one.Sel = append(one.Sel, int32(i))
			}
		}
		if at += int(one.Record.NumRows()); len(one.Sel) == int(one.Record.NumRows()) {
			one.Sel = nil
		}
	}
	s.batches = slices.DeleteFunc(s.batches, func(b batch.Batch) bool { return b.NumRows() == 0 })
	return s
}

type failer interface{ Fatal(args ...any) }

// runJoin returns the rows of a join as joinWanted shows them.
func runJoin(t failer, spec *JoinSpec, probe, build *given) []string {
	ctx := context.Background()
	tab, err := BuildJoin(ctx, build, spec, testEnv, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	j, err := NewHashJoin(probe, spec, tab, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	last := []int{j.Schema().NumFields() - 1}
	if spec.Output == JoinPairs {
		last = []int{probe.schema.NumFields() - 1, last[0]}
		if spec.BuildLeft {
			last[0] = build.schema.NumFields() - 1
		}
	}
	var out []string
	for {
		b, err := j.Next(ctx)
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(b)
		for k := range b.NumRows() {
			i := row(rows, k)
			text := map[int8]string{1: "+", -1: "-"}[b.Change(i)]
			for n, c := range last {
				if n > 0 {
					text += " "
				}
				if col := b.Record.Column(c); col.IsNull(i) {
					text += "null"
				} else {
					text += col.ValueStr(i)
				}
			}
			out = append(out, text)
		}
	}
	if err := j.Close(); err != nil || probe.closed == 0 || build.closed == 0 {
		t.Fatal(fmt.Errorf("closing: %w, %d, %d", err, probe.closed, build.closed))
	}
	return out
}

// A row with very many matches comes in pieces, and an outer join still knows
// that it has some.
func TestHashJoinManyMatches(t *testing.T) {
	n := 3*batch.MaxRows + 17
	same := func(n int) batch.Batch {
		k, v := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt32Builder(memory.DefaultAllocator)
		for i := range n {
			k.Append(7)
			v.Append(int32(i))
		}
		return table(k.NewArray(), v.NewArray())
	}
	probe, build := same(2), same(n)
	for _, last := range []int{n - 1, 5, -1} { // of the matches, those up to a row
		spec := &JoinSpec{ProbeKeys: []expr.Expr{ref(probe, 0)}, BuildKeys: []expr.Expr{ref(build, 0)}, NullSafe: []bool{false}, ProbeOuter: true, Name: "HashJoin",
			Schema: arrow.NewSchema(append(probe.Record.Schema().Fields(), build.Record.Schema().Fields()...), nil)}
		lit, err := expr.NewLiteral(int32(last))
		if err != nil {
			t.Fatal(err)
		}
		if spec.Cond, err = expr.BindCall(expr.NewCall("<=", &expr.Ref{Index: 3, Name: "b", T: types.Int}, lit)); err != nil {
			t.Fatal(err)
		}
		got := runJoin(t, spec, stream(probe, 2), stream(build, 1000))
		want := 2 * max(last+1, 1)
		if len(got) != want || got[0] != map[bool]string{true: "+0 null", false: "+0 0"}[last < 0] {
			t.Errorf("%d rows that begin with %s, want %d", len(got), got[0], want)
		}
	}
}

// Errors of either side come out, the budget is kept, and both sides are closed.
func TestHashJoinErrors(t *testing.T) {
	b := table(parse(t, types.Long, `[1, 2, 3]`))
	spec := &JoinSpec{ProbeKeys: []expr.Expr{ref(b, 0)}, BuildKeys: []expr.Expr{ref(b, 0)}, NullSafe: []bool{false}, Name: "HashJoin Inner",
		Schema: arrow.NewSchema(append(b.Record.Schema().Fields(), b.Record.Schema().Fields()...), nil)}
	boom := errors.New("boom")
	build := stream(b, 2)
	build.end = boom
	if _, err := BuildJoin(t.Context(), build, spec, testEnv, 1<<20); !errors.Is(err, boom) || build.closed != 1 {
		t.Errorf("%v, closed %d times", err, build.closed)
	}
	if _, err := BuildJoin(t.Context(), stream(b, 2), spec, testEnv, 50); err == nil || !strings.Contains(err.Error(), "HashJoin Inner: the right side") {
		t.Error(err)
	}
	tab, err := BuildJoin(t.Context(), stream(b, 2), spec, testEnv, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	probe := stream(b, 1)
	probe.end = boom
	j, err := NewHashJoin(probe, spec, tab, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := j.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := j.Next(t.Context()); !errors.Is(err, boom) {
			t.Errorf("%v, want boom again and again", err)
		}
	}
}
