package exec_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// call is an aggregate of a random plan. naive folds the values of its column,
// which is -1 for none; nil where only the engine knows.
type call struct {
	text  string
	col   int
	out   column
	naive func(values []any) any
}

// aggregateKind is a way to aggregate a column of some kind.
type aggregateKind struct {
	text  string // %s is the column
	in    []valueKind
	out   func(in valueKind) valueKind
	naive func(values []any) any
}

func always(k valueKind) func(valueKind) valueKind { return func(valueKind) valueKind { return k } }
func same(k valueKind) valueKind                   { return k }

var anyKind = []valueKind{number, text, instant}

// aggregateKinds are aggregates whose value does not depend on the order of rows,
// and is no estimate: approx_count_distinct is another one where rows are taken back.
var aggregateKinds = []aggregateKind{
	{"count(%s)", anyKind, always(number), func(v []any) any { return int64(len(present(v))) }},
	{"sum(%s)", []valueKind{number}, always(number), sumOf},
	{"max(%s)", anyKind, same, func(v []any) any { return extremeOf(v, 1) }},
	{"min(%s)", anyKind, same, func(v []any) any { return extremeOf(v, -1) }},
	{"count(DISTINCT %s)", anyKind, always(number), func(v []any) any { return int64(len(differing(v))) }},
	{"sum(DISTINCT %s)", []valueKind{number}, always(number), func(v []any) any { return sumOf(differing(v)) }},
	{"avg(%s)", []valueKind{number}, always(opaque), func(v []any) any {
		if len(present(v)) == 0 {
			return nil
		}
		return float64(sumOf(v).(int64)) / float64(len(present(v)))
	}},
	{"collect_list(%s)", anyKind, always(bag), present2},
	{"collect_set(%s)", anyKind, always(bag), func(v []any) any { return differing(v) }},
	{"bit_xor(%s)", []valueKind{number}, always(number), nil},
	{"bit_or(%s)", []valueKind{number}, always(number), nil},
	{"bit_and(%s)", []valueKind{number}, always(number), nil},
	{"bool_and(%s > 1)", []valueKind{number}, always(opaque), nil},
	{"bool_or(%s > 1)", []valueKind{number}, always(opaque), nil},
	{"count_if(%s > 1)", []valueKind{number}, always(number), nil},
	{"stddev(%s)", []valueKind{number}, always(opaque), nil},
	{"var_pop(%s)", []valueKind{number}, always(opaque), nil},
	{"covar_pop(%[1]s, %[1]s + 1)", []valueKind{number}, always(opaque), nil},
	{"regr_sxx(%[1]s, %[1]s * 2)", []valueKind{number}, always(opaque), nil},
	{"median(%s)", []valueKind{number}, always(opaque), nil},
	{"percentile(%s, 0.3)", []valueKind{number}, always(opaque), nil},
	{"percentile_approx(%s, 0.5)", []valueKind{number}, always(number), nil},
	{"mode(%s, true)", []valueKind{number, text}, same, nil},
	{"topk(%s, 2)", []valueKind{number}, always(opaque), nil},
	{"topkdistinct(%s, 2)", []valueKind{number}, always(opaque), nil},
	{"histogram(%s)", []valueKind{text}, always(opaque), nil},
	{"max_by(%[1]s, %[1]s)", anyKind, same, func(v []any) any { return extremeOf(v, 1) }},
	{"min_by(%[1]s, %[1]s)", anyKind, same, func(v []any) any { return extremeOf(v, -1) }},
	{"test_median(%s)", []valueKind{number}, always(number), nil},
}

func present(v []any) []any {
	return slices.DeleteFunc(slices.Clone(v), func(v any) bool { return v == nil })
}
func present2(v []any) any { return present(v) }

func differing(v []any) []any {
	out := []any{}
	for _, one := range present(v) {
		if !slices.ContainsFunc(out, func(o any) bool { return compareValues(o, one) == 0 }) {
			out = append(out, one)
		}
	}
	return out
}

func sumOf(v []any) any {
	if v = present(v); len(v) == 0 {
		return nil
	}
	sum := int64(0)
	for _, one := range v {
		sum += one.(int64)
	}
	return sum
}

func extremeOf(v []any, sign int) any {
	var best any
	for _, one := range present(v) {
		if best == nil || compareValues(one, best)*sign > 0 {
			best = one
		}
	}
	return best
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case string:
		return strings.Compare(a, b.(string))
	}
	return a.(time.Time).Compare(b.(time.Time))
}

// calls draws one to three aggregates of the columns of a step.
func (m *maker) calls(in *step) []call {
	out := []call{{"count(*)", -1, column{name: m.name("c"), kind: number}, func(v []any) any { return int64(len(v)) }}}
	for range rapid.IntRange(0, 2).Draw(m.t, "aggregates") {
		at := in.of(anyKind...)
		if len(at) == 0 {
			break
		}
		c := draw(m, "argument", at...)
		var fits []aggregateKind
		for _, k := range aggregateKinds {
			if slices.Contains(k.in, in.cols[c].kind) {
				fits = append(fits, k)
			}
		}
		k := draw(m, "aggregate", fits...)
		out = append(out, call{fmt.Sprintf(k.text, in.cols[c].name), c, column{name: m.name("c"), kind: k.out(in.cols[c].kind)}, k.naive})
	}
	if len(out) > 1 && draw(m, "without the count", false, true) {
		out = out[1:]
	}
	return out
}

// keys draws up to most columns to group by. A group without event time is never
// final, so that where watermarks end groups none is drawn of which that is known.
func (m *maker) keys(in *step, most int) []int {
	at := slices.DeleteFunc(in.of(anyKind...), func(c int) bool { return m.timed && in.cols[c].kind == instant && in.cols[c].gap })
	if len(at) == 0 {
		return nil
	}
	at = rapid.Permutation(at).Draw(m.t, "keys")
	return at[:min(len(at), rapid.IntRange(0, most).Draw(m.t, "so many keys"))]
}

func (m *maker) group(in *step) *step {
	keys, calls := m.keys(in, 2), m.calls(in)
	return &step{say: "GroupBy " + describe(in, keys, calls), in: []*step{in}, cols: groupCols(in, keys, calls),
		build: func(d []*dataframe.DataFrame) *dataframe.DataFrame {
			return d[0].GroupBy(colsOf(in, keys)...).Agg(aggregates(calls)...)
		},
		naive: grouped(in, keys, calls, nil)}
}

func names(cols []column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
	}
	return out
}

func colsOf(in *step, at []int) []dataframe.Column {
	var out []dataframe.Column
	for _, c := range at {
		out = append(out, fn.Col(in.cols[c].name))
	}
	return out
}

func aggregates(calls []call) []dataframe.Column {
	var out []dataframe.Column
	for _, c := range calls {
		out = append(out, fn.Expr(c.text+" AS "+c.out.name))
	}
	return out
}

func groupCols(in *step, keys []int, calls []call) []column {
	var out []column
	for _, k := range keys {
		out = append(out, in.cols[k])
	}
	for _, c := range calls {
		out = append(out, c.out)
	}
	return out
}

func describe(in *step, keys []int, calls []call) string {
	var parts []string
	for _, k := range keys {
		parts = append(parts, in.cols[k].name)
	}
	parts = append(parts, ":")
	for _, c := range calls {
		parts = append(parts, c.text+" AS "+c.out.name)
	}
	return strings.Join(parts, " ")
}

// group is the rows of one group, behind what makes its key.
type naiveGroup struct {
	key  []any
	rows [][]any
}

// fold returns the row of a group; false where a call is not known.
func (g naiveGroup) fold(calls []call) []any {
	out := slices.Clone(g.key)
	for _, c := range calls {
		values := make([]any, len(g.rows))
		for i, r := range g.rows {
			if c.col >= 0 {
				values[i] = r[c.col]
			}
		}
		out = append(out, c.naive(values))
	}
	return out
}

// known tells whether all calls have a naive form.
func known(calls []call) bool {
	return !slices.ContainsFunc(calls, func(c call) bool { return c.naive == nil })
}

// grouped folds rows by key columns and, where windows is not nil, by each of the
// windows of a row.
func grouped(in *step, keys []int, calls []call, windows func(row []any) [][]any) func([][][]any) [][]any {
	if !known(calls) {
		return nil
	}
	return func(rows [][][]any) [][]any {
		groups := map[string]*naiveGroup{}
		if windows == nil && len(keys) == 0 {
			groups[""] = &naiveGroup{}
		}
		for _, r := range rows[0] {
			places := [][]any{nil}
			if windows != nil {
				places = windows(r)
			}
			for _, w := range places {
				key := append(slices.Clone(w), pick(r, keys)...)
				id := fmt.Sprint(len(key))
				for _, v := range key {
					id += " | " + written(v, false)
				}
				if len(key) == 0 {
					id = ""
				}
				if groups[id] == nil {
					groups[id] = &naiveGroup{key: key}
				}
				groups[id].rows = append(groups[id].rows, r)
			}
		}
		return folded(groups, calls)
	}
}

func folded(groups map[string]*naiveGroup, calls []call) [][]any {
	var out [][]any
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, groups[id].fold(calls))
	}
	return out
}

// sessions folds rows by key columns and sessions of two seconds of column c.
func sessionCounts(in *step, c int, keys []int, calls []call) func([][][]any) [][]any {
	if !known(calls) {
		return nil
	}
	return func(rows [][][]any) [][]any {
		sorted := slices.DeleteFunc(slices.Clone(rows[0]), func(r []any) bool { return r[c] == nil })
		slices.SortStableFunc(sorted, func(a, b []any) int { return compareValues(a[c], b[c]) })
		groups, open := map[string]*naiveGroup{}, map[string]*naiveGroup{}
		for _, r := range sorted {
			at, id := r[c].(time.Time), ""
			for _, k := range keys {
				id += written(r[k], false) + "|"
			}
			g := open[id]
			if g == nil || at.After(g.key[1].(time.Time)) {
				g = &naiveGroup{key: append([]any{at, at}, pick(r, keys)...)}
				open[id] = g
				groups[id+written(at, false)] = g
			}
			g.key[1] = at.Add(2 * time.Second)
			g.rows = append(g.rows, r)
		}
		return folded(groups, calls)
	}
}
