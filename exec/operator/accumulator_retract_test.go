package operator

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
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

// retractCase is a call under test. naive computes its value from the rows of a
// group that are left, in the order in which they came; nil: what the accumulator
// for rows that only come says of them.
type retractCase struct {
	aggregate
	distinct  bool
	unordered bool // the order of elements is not promised
	arrival   bool // depends on the order of rows, which partial results do not keep
	naive     func(rows [][]float64) string
}

const noValue = math.MaxFloat64 // a null in a row of a naive computation

func caseOf(name string, result types.Type, args ...types.Type) retractCase {
	return retractCase{aggregate: aggregate{name: name, text: name + "(x)", args: args, consts: make([]any, len(args)), result: result, ansi: true, retract: true}}
}

// retractCases has each function of the catalogue.
func retractCases() []retractCase {
	l, d, s := types.Long, types.Double, types.String
	var all []retractCase
	add := func(c retractCase, naive func([][]float64) string) *retractCase {
		c.naive = naive
		all = append(all, c)
		return &all[len(all)-1]
	}
	for _, distinct := range []bool{false, true} {
		for _, c := range []retractCase{caseOf("count", l, l), caseOf("sum", l, l), caseOf("avg", d, l), caseOf("sum", d, d), caseOf("avg", d, d),
			caseOf("sum", types.Decimal{Precision: 30, Scale: 2}, types.Decimal{Precision: 20, Scale: 2}),
			caseOf("stddev", d, d), caseOf("bit_xor", l, l), caseOf("bit_and", types.Byte, types.Byte), caseOf("bit_or", types.Int, types.Int),
			caseOf("stddev_pop", d, d), caseOf("variance", d, d), caseOf("var_pop", d, d)} {
			add(c, nil).distinct = distinct
		}
		c := add(caseOf("collect_list", types.Array{Elem: l}, l), nil)
		c.unordered, c.distinct = true, distinct
	}
	add(caseOf("count", l, l, s), nil).distinct = true
	add(caseOf("count_if", l, types.Boolean), nil)
	add(caseOf("bool_and", types.Boolean, types.Boolean), nil)
	add(caseOf("bool_or", types.Boolean, types.Boolean), nil)
	for _, ty := range []types.Type{l, d, s, types.Boolean, types.Decimal{Precision: 20, Scale: 2}} {
		add(caseOf("min", ty, ty), nil)
		add(caseOf("max", ty, ty), nil)
		add(caseOf("collect_set", types.Array{Elem: ty}, ty), nil).unordered = true
		for _, name := range []string{"first", "last", "any_value"} {
			for _, ignore := range []bool{false, true} {
				c := caseOf(name, ty, ty, types.Boolean)
				c.consts[1] = ignore
				add(c, nil).arrival = true
			}
		}
		add(caseOf("min_by", ty, ty, l), nil).arrival = true
		add(caseOf("max_by", ty, ty, l), nil).arrival = true
		add(caseOf("approx_count_distinct", l, ty), nil)
	}
	add(caseOf("histogram", types.Map{Key: s, Value: l}, s), nil).unordered = true
	for name, f := range naiveStatistics {
		add(caseOf(name, d, []types.Type{d, d}[:1+b2i(!strings.HasSuffix(name, "is") && name != "skewness" && name != "median")]...), f)
	}
	add(caseOf("regr_count", l, d, d), func(rows [][]float64) string { return fmt.Sprint(len(complete(rows))) })
	for _, share := range []float64{0, 0.25, 0.5, 1} {
		c := caseOf("percentile", d, d, d)
		c.consts[1] = share
		add(c, func(rows [][]float64) string { return naivePercentile(complete(firstColumn(rows)), share) })
		c = caseOf("percentile_approx", l, l, d)
		c.consts[1] = share
		add(c, func(rows [][]float64) string {
			v := sortedValues(rows)
			if len(v) == 0 {
				return "(null)"
			}
			return fmt.Sprint(v[max(int(math.Ceil(share*float64(len(v))))-1, 0)])
		})
	}
	add(caseOf("mode", l, l), naiveMode)
	for _, name := range []string{"topk", "topkdistinct"} {
		c := caseOf(name, types.Array{Elem: l}, l, l)
		c.consts[1] = int64(3)
		add(c, func(rows [][]float64) string {
			v := sortedValues(rows)
			if name == "topkdistinct" {
				v = slices.Compact(v)
			}
			slices.Reverse(v)
			return "[" + strings.ReplaceAll(strings.Trim(fmt.Sprint(v[:min(3, len(v))]), "[]"), " ", ",") + "]"
		})
	}
	return all
}

// Every aggregate function is tried with rows taken back.
func TestEveryAggregateForgets(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range retractCases() {
		tried[c.name] = true
	}
	for _, fn := range expr.Functions() {
		if fn.Kind == expr.Aggregate && fn.UDF == nil && !tried[fn.Name] {
			t.Errorf("%s is in no case of retractCases", fn.Name)
		}
	}
}

// rowChange is a row that comes or goes: a group and the numbers of its arguments.
type rowChange struct {
	group int
	args  [2]int
	n     int8
}

// batchOf makes columns of changes: the group, then the arguments.
func (c retractCase) batchOf(changes []rowChange) batch.Batch {
	groups := make([]int64, len(changes))
	signs := make([]int8, len(changes))
	builders := make([]array.Builder, len(c.args))
	for i, ty := range c.args {
		builders[i] = array.NewBuilder(memory.DefaultAllocator, types.ToArrow(ty))
	}
	for j, ch := range changes {
		groups[j], signs[j] = int64(ch.group), ch.n
		for i, b := range builders {
			k := ch.args[min(i, 1)]
			switch b := b.(type) {
			case *array.Float64Builder: // no special values: those are tried elsewhere
				if k > 0 {
					b.Append(valueOf(k))
				} else {
					b.AppendNull()
				}
			case *array.Int64Builder:
				if k > 0 {
					b.Append(int64(valueOf(k)))
				} else {
					b.AppendNull()
				}
			default:
				if k > 0 {
					appendValue(b, k)
				} else {
					b.AppendNull()
				}
			}
		}
	}
	cols := []arrow.Array{newFixed(arrow.PrimitiveTypes.Int64, groups, nil)}
	for _, b := range builders {
		cols = append(cols, b.NewArray())
	}
	b := table(cols...)
	b.Changes = signs
	return b
}

func valueOf(k int) float64 { return float64(7*k%5 - 3*k + 4) }

// want is the value of each group for the rows that are left.
func (c retractCase) want(t testing.TB, left []rowChange) []string {
	var out []string
	if c.naive == nil {
		a := c.aggregate
		a.retract = false
		if a.name == "approx_count_distinct" {
			a.name = "count"
		}
		plus := slices.Clone(left)
		for i := range plus {
			plus[i].n = 1
		}
		b := c.batchOf(plus)
		b.Changes = nil
		acc := accumulatorOf(t, a, c.distinct || c.name == "approx_count_distinct")
		acc.Grow(3)
		if err := feed(acc, b); err != nil {
			t.Fatal(err)
		}
		return c.results(t, acc)
	}
	for g := range 3 {
		var rows [][]float64
		for _, ch := range left {
			if ch.group == g {
				row := make([]float64, len(c.args))
				for i := range row {
					if row[i] = noValue; ch.args[min(i, 1)] > 0 {
						row[i] = valueOf(ch.args[min(i, 1)])
					}
				}
				rows = append(rows, row)
			}
		}
		out = append(out, c.naive(rows))
	}
	return out
}

func (c retractCase) results(t testing.TB, acc Accumulator) []string {
	res, err := acc.Result([]uint32{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	out := text(table(res))
	if c.unordered {
		for i, s := range out {
			parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("[]{},", r) })
			slices.Sort(parts)
			out[i] = strings.Join(parts, ",")
		}
	}
	return out
}

func accumulatorOf(t testing.TB, a aggregate, distinct bool) Accumulator {
	acc, err := newAccumulator(a, distinct)
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

// alike compares rendered values, floats but for rounding.
func alike(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		x, err1 := strconv.ParseFloat(g, 64)
		y, err2 := strconv.ParseFloat(w, 64)
		return g == w || err1 == nil && err2 == nil && math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))
	})
}

// tryCases gives each check some of the cases.
func tryCases(t *testing.T, cases []retractCase, f func(rt *rapid.T, c retractCase, rng *rand.Rand)) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for range 40 {
			f(rt, cases[rng.IntN(len(cases))], rng)
		}
	})
}

// Rows come and go in batches, some of which are rolled back. After each the
// result is that of the rows that are left, and so it is where the state goes on
// elsewhere.
func TestForgetInOrder(t *testing.T) {
	tryCases(t, retractCases(), func(rt *rapid.T, c retractCase, rng *rand.Rand) {
		acc := accumulatorOf(t, c.aggregate, c.distinct)
		acc.Grow(3)
		var left []rowChange
		for range 5 {
			rows, now := c.randomChanges(rng, left, rng.IntN(12))
			acc.Save([]uint32{0, 1, 2})
			if err := feed(acc, c.batchOf(rows)); err != nil {
				rt.Fatal(err)
			}
			if rng.IntN(3) == 0 {
				acc.Restore([]uint32{0, 1, 2}, 3)
			} else {
				acc.Commit()
				left = now
			}
			if got, want := c.results(t, acc), c.want(t, left); !alike(got, want) {
				rt.Fatalf("%s %v: %q, not %q, of %v, after %v", c.text, c.args, got, want, left, rows)
			}
			if rng.IntN(3) == 0 {
				acc = moved(t, c, acc)
			}
		}
	})
}

// randomChanges adds rows to those that are left, and takes some out: of rows
// equal to the function the first.
func (c retractCase) randomChanges(rng *rand.Rand, left []rowChange, n int) (rows, now []rowChange) {
	now = slices.Clone(left)
	for range n {
		if len(now) > 0 && rng.IntN(2) == 0 {
			ch := now[rng.IntN(len(now))]
			k := slices.IndexFunc(now, func(o rowChange) bool { return c.equal(o, ch) })
			if strings.HasSuffix(c.name, "_by") { // equal rows are one, which stays where it first came
				for j, o := range now {
					if c.equal(o, ch) {
						k = j
					}
				}
			}
			now = slices.Delete(now, k, k+1)
			ch.n = -1
			rows = append(rows, ch)
			continue
		}
		ch := rowChange{rng.IntN(3), [2]int{rng.IntN(7), rng.IntN(7)}, 1}
		rows, now = append(rows, ch), append(now, ch)
	}
	return rows, now
}

// equal tells whether two rows are the same to a function.
func (c retractCase) equal(a, b rowChange) bool {
	for i := range a.args {
		x, y := a.args[i], b.args[i]
		if i < len(c.args) && c.args[i] == types.Boolean && x > 0 && y > 0 {
			x, y = x%2+1, y%2+1
		}
		if constant := i > 0 && c.arrival && !strings.HasSuffix(c.name, "_by"); x != y && !constant {
			return false
		}
	}
	return a.group == b.group
}

// moved is an accumulator made of the state of another.
func moved(t testing.TB, c retractCase, acc Accumulator) Accumulator {
	state, err := acc.State([]uint32{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range state {
		if !arrow.TypeEqual(s.DataType(), acc.StateTypes()[i]) {
			t.Fatalf("state %d is %s, not %s", i, s.DataType(), acc.StateTypes()[i])
		}
	}
	other := accumulatorOf(t, c.aggregate, c.distinct)
	other.Grow(3)
	if err := other.Merge([]uint32{0, 1, 2}, state); err != nil {
		t.Fatal(err)
	}
	if got, want := c.results(t, other), c.results(t, acc); !slices.Equal(got, want) {
		t.Fatalf("%q of the state, not %q", got, want)
	}
	return other
}

// Changes in any order, a row taken back before it came, are cut into partial
// results in any way and merged in any order: the result is that of what is left.
func TestForgetInParts(t *testing.T) {
	cases := slices.DeleteFunc(retractCases(), func(c retractCase) bool { return c.arrival })
	tryCases(t, cases, func(rt *rapid.T, c retractCase, rng *rand.Rand) {
		rows, left := c.randomChanges(rng, nil, rng.IntN(40))
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		parts := make([][]rowChange, 1+rng.IntN(4))
		for _, ch := range rows {
			k := rng.IntN(len(parts))
			parts[k] = append(parts[k], ch)
		}
		total := accumulatorOf(t, c.aggregate, c.distinct)
		all := []uint32{0, 1, 2}
		total.Grow(3)
		for _, part := range parts {
			acc := accumulatorOf(t, c.aggregate, c.distinct)
			acc.Grow(3)
			if len(part) > 0 {
				if err := feed(acc, c.batchOf(part)); err != nil {
					rt.Fatal(err)
				}
			}
			state, err := acc.State(all)
			if err != nil {
				rt.Fatal(err)
			}
			for undo := rng.IntN(2); undo >= 0; undo-- {
				total.Save(all)
				if err := total.Merge(all, state); err != nil {
					rt.Fatal(err)
				}
				if undo > 0 {
					total.Restore(all, 3)
				}
			}
			total.Commit()
		}
		if got, want := c.results(t, total), c.want(t, left); !alike(got, want) {
			rt.Fatalf("%s %v: %q, not %q, of %v, after %v", c.text, c.args, got, want, left, parts)
		}
	})
}

// Groups that a batch makes are forgotten with it, and memory is given back for
// values that are gone.
func TestForgottenGroupsAndMemory(t *testing.T) {
	for _, c := range []retractCase{caseOf("max", types.Long, types.Long), caseOf("collect_list", types.Array{Elem: types.Long}, types.Long), caseOf("count", types.Long, types.Long)} {
		acc := accumulatorOf(t, c.aggregate, c.name == "count")
		acc.Grow(3)
		empty := c.results(t, acc)
		bytes := int64(0)
		for round := range 40 {
			acc.Save([]uint32{0})
			values := make([]int64, 2000)
			signs := slices.Repeat([]int8{1}, 2000)
			for k := range values {
				if values[k] = int64(round*1000 + k); k >= 1000 {
					values[k], signs[k] = values[k]-1000, -1
				}
			}
			groups := make([]uint32, 2000)
			for j := range groups {
				groups[j] = uint32(values[j] % 3)
			}
			col := newFixed(arrow.PrimitiveTypes.Int64, values, nil)
			if err := acc.Update(groups, []kernel.Value{{Array: col}}, kernel.Rows{N: 2000}, signs); err != nil {
				t.Fatal(err)
			}
			if round%2 == 1 {
				acc.Commit()
			} else {
				acc.Restore([]uint32{0}, 1)
				acc.Grow(3)
			}
			if got := c.results(t, acc); !slices.Equal(got, empty) {
				t.Fatalf("%s: %q is left", c.name, got)
			}
			if round == 20 {
				bytes = acc.Bytes()
			}
		}
		if acc.Bytes() > 2*bytes {
			t.Errorf("%s: memory went from %d to %d bytes, though nothing is there", c.name, bytes, acc.Bytes())
		}
	}
}

func firstColumn(rows [][]float64) [][]float64 {
	var out [][]float64
	for _, r := range rows {
		out = append(out, r[:1])
	}
	return out
}

// complete are the rows without null.
func complete(rows [][]float64) [][]float64 {
	return slices.DeleteFunc(slices.Clone(rows), func(r []float64) bool { return slices.Contains(r, noValue) })
}

func sortedValues(rows [][]float64) []float64 {
	var out []float64
	for _, r := range complete(firstColumn(rows)) {
		out = append(out, r[0])
	}
	slices.Sort(out)
	return out
}

func naivePercentile(rows [][]float64, share float64) string {
	v := sortedValues(rows)
	if len(v) == 0 {
		return "(null)"
	}
	at := share * float64(len(v)-1)
	low, high := v[int(math.Floor(at))], v[int(math.Ceil(at))]
	return fmt.Sprint(low + (high-low)*(at-math.Floor(at)))
}

func naiveMode(rows [][]float64) string {
	n := map[float64]int{}
	for _, v := range sortedValues(rows) {
		n[v]++
	}
	best := "(null)"
	top := 0
	for _, v := range slices.SortedFunc(mapKeys(n), cmp.Compare[float64]) {
		if n[v] > top {
			top, best = n[v], fmt.Sprint(v)
		}
	}
	return best
}
