package exec_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// maker makes random plans.
type maker struct {
	t     *rapid.T
	n     int  // columns that have been named
	timed bool // the streams have watermarks
	joins int  // how many more may be made: each may multiply the rows
}

func (m *maker) name(prefix string) string {
	m.n++
	return fmt.Sprint(prefix, m.n)
}

// draw takes one of some values, all as likely, where rapid.SampledFrom prefers the
// first.
func draw[T any](m *maker, what string, from ...T) T { return from[index(len(from)).Draw(m.t, what)] }

// index draws a number below n, made of coins.
func index(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		v := 0
		for most := 1; most < 8*n; most *= 2 {
			if v *= 2; rapid.Bool().Draw(t, "bit") {
				v++
			}
		}
		return v % n
	})
}

// plan makes a plan of at most depth steps above its sources, the simplest first.
func (m *maker) plan(depth int) *step {
	if depth == 0 {
		return m.scan()
	}
	type makes func(int) *step
	one := func(f func(*step) *step) makes { return func(d int) *step { return f(m.plan(d - 1)) } }
	make := draw(m, "step", one(m.filter), one(m.project), one(m.limit), one(m.distinct), one(m.group), one(m.group), one(m.window),
		one(m.session), one(m.table), m.union, m.join, m.join)
	return make(depth)
}

// scan reads one of the streams a and b, whose rows come, or changes, whose rows
// may be taken back.
func (m *maker) scan() *step {
	stream := draw(m, "stream", "a", "b", "changes")
	s := &step{stream: stream, ordered: stream != "changes"}
	names := []string{m.name("k"), m.name("v"), m.name("s"), m.name("t")}
	for i, kind := range []valueKind{number, number, text, instant} {
		s.cols = append(s.cols, column{name: names[i], kind: kind})
	}
	s.say = fmt.Sprintf("%s AS %s", stream, strings.Join(names, ", "))
	timed := m.timed
	s.build = func(in []*dataframe.DataFrame) *dataframe.DataFrame {
		d := in[0]
		if timed {
			d = d.WithWatermark("t", lateness)
		}
		if stream == "changes" {
			d = d.AsChanges("c")
		}
		return d.SelectExpr("k AS "+names[0], "v AS "+names[1], "s AS "+names[2], "t AS "+names[3])
	}
	s.naive = func(in [][][]any) [][]any {
		var out [][]any
		for _, r := range in[0] {
			if stream == "changes" && r[4].(int32) < 0 {
				at := slices.IndexFunc(out, func(o []any) bool { return line(o, s.cols) == line(r[:4], s.cols) })
				out = slices.Delete(out, at, at+1)
				continue
			}
			out = append(out, r[:4])
		}
		return out
	}
	return s
}

// filter keeps some rows.
func (m *maker) filter(in *step) *step {
	c := m.condition(in)
	return &step{say: "Filter " + c.text, in: []*step{in}, cols: in.cols, ordered: in.ordered,
		build: func(d []*dataframe.DataFrame) *dataframe.DataFrame { return d[0].Filter(c.text) },
		naive: func(rows [][][]any) [][]any {
			var out [][]any
			for _, r := range rows[0] {
				if c.holds(r) {
					out = append(out, r)
				}
			}
			return out
		}}
}

// limit keeps the first rows of those that come in order.
func (m *maker) limit(in *step) *step {
	if !in.ordered {
		return m.filter(in)
	}
	rows, offset := rapid.IntRange(0, 6).Draw(m.t, "limit"), rapid.IntRange(0, 2).Draw(m.t, "offset")
	out := in.then(fmt.Sprintf("Limit %d, Offset %d", rows, offset), in.cols, func(d *dataframe.DataFrame) *dataframe.DataFrame {
		return d.Offset(offset).Limit(rows)
	}, func(all [][]any) [][]any {
		all = all[min(offset, len(all)):]
		return all[:min(rows, len(all))]
	})
	out.ordered = true
	return out
}

// condition is SQL text, and what it means.
type condition struct {
	text  string
	holds func(row []any) bool
}

// condition makes one over the columns of a step.
func (m *maker) condition(in *step) condition {
	at := in.of(number, text)
	if len(at) == 0 {
		return condition{"true", func([]any) bool { return true }}
	}
	c := draw(m, "column", at...)
	name := in.cols[c].name
	if in.cols[c].kind == text {
		return condition{name + " != 'x'", func(r []any) bool { return r[c] != nil && r[c] != "x" }}
	}
	return draw(m, "condition",
		condition{name + " > 1", func(r []any) bool { return r[c] != nil && r[c].(int64) > 1 }},
		condition{name + " % 2 = 0", func(r []any) bool { return r[c] != nil && r[c].(int64)%2 == 0 }},
		condition{name + " IS NULL", func(r []any) bool { return r[c] == nil }})
}

// project takes some columns, in any order, and computes one.
func (m *maker) project(in *step) *step {
	at := rapid.Permutation(span(len(in.cols))).Draw(m.t, "columns")
	at = at[:rapid.IntRange(1, len(at)).Draw(m.t, "so many")]
	out := in.only(at)
	numbers := in.of(number)
	if len(numbers) == 0 || draw(m, "compute", true, false) {
		return out
	}
	c := draw(m, "column", numbers...)
	type computed struct {
		text string
		f    func(v any) any
	}
	use := draw(m, "expression", computed{"coalesce(%s, 0) + 1", func(v any) any {
		if v == nil {
			v = int64(0)
		}
		return v.(int64) + 1
	}}, computed{"%s %% 3", func(v any) any {
		if v == nil {
			return nil
		}
		return v.(int64) % 3
	}}, computed{"CAST(nullif(%[1]s, %[1]s) AS BIGINT)", func(any) any { return nil }})
	name, text := m.name("p"), fmt.Sprintf(use.text, in.cols[c].name)
	naive := out.naive
	kept := names(out.cols)
	out.cols = append(slices.Clone(out.cols), column{name: name, kind: number})
	out.say += ", " + text + " AS " + name
	out.build = func(d []*dataframe.DataFrame) *dataframe.DataFrame {
		return d[0].SelectExpr(append(slices.Clone(kept), text+" AS "+name)...)
	}
	out.naive = func(rows [][][]any) [][]any {
		base := naive(rows)
		for i, r := range rows[0] {
			base[i] = append(base[i], use.f(r[c]))
		}
		return base
	}
	return out
}

func span(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// distinct keeps one of equal rows, by all columns or by some, which are then all.
func (m *maker) distinct(in *step) *step {
	at := in.of(number, text, instant)
	if len(at) == 0 {
		return in
	}
	if draw(m, "of all", true, false) {
		out := in.only(at)
		return out.then("Distinct", out.cols, func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.Distinct() }, unique(out.cols))
	}
	some := in.only(at[:rapid.IntRange(1, len(at)).Draw(m.t, "so many")])
	keys := names(some.cols) // what the other columns are depends on which row came first
	return in.then("DropDuplicates and Select "+strings.Join(keys, ", "), some.cols, func(d *dataframe.DataFrame) *dataframe.DataFrame {
		return d.DropDuplicates(keys...).SelectExpr(keys...)
	}, func(rows [][]any) [][]any { return unique(some.cols)(some.naive([][][]any{rows})) })
}

// then is a step above s.
func (s *step) then(say string, cols []column, build func(*dataframe.DataFrame) *dataframe.DataFrame, naive func([][]any) [][]any) *step {
	out := &step{say: say, in: []*step{s}, cols: cols, build: func(d []*dataframe.DataFrame) *dataframe.DataFrame { return build(d[0]) }}
	if naive != nil {
		out.naive = func(in [][][]any) [][]any { return naive(in[0]) }
	}
	return out
}

func unique(cols []column) func([][]any) [][]any {
	return func(rows [][]any) [][]any {
		seen := map[string]bool{}
		var out [][]any
		for _, r := range rows {
			if l := line(r, cols); !seen[l] {
				seen[l] = true
				out = append(out, r)
			}
		}
		return out
	}
}

// table takes the rows of a stream as changes of a relation with a key.
func (m *maker) table(in *step) *step {
	at := in.of(number, text)
	if !in.ordered || len(at) == 0 || len(in.cols) == 1 {
		return m.filter(in)
	}
	key := draw(m, "key", at...)
	return in.then("AsTable "+in.cols[key].name, in.cols, func(d *dataframe.DataFrame) *dataframe.DataFrame { return d.AsTable(in.cols[key].name) },
		func(rows [][]any) [][]any {
			latest := map[any][]any{}
			for _, r := range rows {
				if latest[r[key]] = r; !slices.ContainsFunc(slices.Concat(r[:key], r[key+1:]), func(v any) bool { return v != nil }) {
					delete(latest, r[key])
				}
			}
			var out [][]any
			for _, r := range latest {
				out = append(out, r)
			}
			return out
		})
}

// union has the rows of two inputs, or of one twice.
func (m *maker) union(depth int) *step {
	left := m.plan(depth - 1)
	if at := left.of(number, text, instant); len(at) > 0 {
		left = left.only(at)
	}
	right := left
	if draw(m, "two inputs", false, true) {
		right = m.plan(index(depth).Draw(m.t, "depth"))
	}
	texts, from, used := []string{}, []int{}, map[int]bool{}
	cols := slices.Clone(left.cols)
	for i, c := range cols {
		at := slices.IndexFunc(span(len(right.cols)), func(i int) bool { return right.cols[i].kind == c.kind && !used[i] && c.kind < opaque })
		if from = append(from, at); at < 0 && c.kind >= opaque {
			return left
		}
		if at < 0 {
			texts = append(texts, "CAST(NULL AS "+[]string{"BIGINT", "STRING", "TIMESTAMP"}[c.kind]+") AS "+m.name("n"))
			continue
		}
		used[at], cols[i].gap = true, c.gap || right.cols[at].gap
		texts = append(texts, right.cols[at].name)
	}
	return &step{say: "Union, right: " + strings.Join(texts, ", "), in: []*step{left, right}, cols: cols,
		build: func(d []*dataframe.DataFrame) *dataframe.DataFrame { return d[0].Union(d[1].SelectExpr(texts...)) },
		naive: func(rows [][][]any) [][]any {
			out := slices.Clone(rows[0])
			for _, r := range rows[1] {
				added := make([]any, len(from))
				for i, at := range from {
					if at >= 0 {
						added[i] = r[at]
					}
				}
				out = append(out, added)
			}
			return out
		}}
}

// windows cut time: in tumbling ones, in sliding ones, and shifted.
var windows = []struct {
	say                 string
	width, slide, start time.Duration
}{
	{"5 seconds", 5 * time.Second, 5 * time.Second, 0},
	{"6 seconds every 3", 6 * time.Second, 3 * time.Second, 0},
	{"4 seconds from 1", 4 * time.Second, 4 * time.Second, time.Second},
}

// window groups by windows of an instant, and perhaps by a column.
func (m *maker) window(in *step) *step {
	at := in.of(instant)
	if len(at) == 0 {
		return m.group(in)
	}
	w, c := draw(m, "window", windows...), draw(m, "time", at...)
	keys, calls := m.keys(in, 1), m.calls(in)
	start, end := m.name("t"), m.name("t")
	made := &step{say: fmt.Sprintf("GroupBy window %s of %s, %s", w.say, in.cols[c].name, describe(in, keys, calls)), in: []*step{in}}
	made.cols = append([]column{{name: start, kind: instant}, {name: end, kind: instant}}, groupCols(in, keys, calls)...)
	made.build = func(d []*dataframe.DataFrame) *dataframe.DataFrame {
		g := d[0].GroupBy(append([]dataframe.Column{fn.ShiftedWindow(fn.Col(in.cols[c].name), w.width, w.slide, w.start).Alias("w")}, colsOf(in, keys)...)...)
		return g.Agg(aggregates(calls)...).SelectExpr(append([]string{"w.start AS " + start, "w.end AS " + end}, names(groupCols(in, keys, calls))...)...)
	}
	made.naive = grouped(in, keys, calls, func(r []any) [][]any {
		if r[c] == nil {
			return nil
		}
		us, width, slide := r[c].(time.Time).UnixMicro(), w.width.Microseconds(), w.slide.Microseconds()
		var out [][]any
		for at := us - ((us-w.start.Microseconds())%slide+slide)%slide; at > us-width; at -= slide {
			out = append(out, []any{time.UnixMicro(at), time.UnixMicro(at + width)})
		}
		return out
	})
	return made
}

// session groups by sessions of an instant, and perhaps by a column.
func (m *maker) session(in *step) *step {
	at := in.of(instant)
	if len(at) == 0 {
		return m.group(in)
	}
	c := draw(m, "time", at...)
	keys, calls := m.keys(in, 1), m.calls(in)
	start, end := m.name("t"), m.name("t")
	made := &step{say: fmt.Sprintf("GroupBy session 2 seconds of %s, %s", in.cols[c].name, describe(in, keys, calls)), in: []*step{in}}
	made.cols = append([]column{{name: start, kind: instant}, {name: end, kind: instant}}, groupCols(in, keys, calls)...)
	made.build = func(d []*dataframe.DataFrame) *dataframe.DataFrame {
		g := d[0].GroupBy(append([]dataframe.Column{fn.SessionWindow(fn.Col(in.cols[c].name), "2 seconds").Alias("w")}, colsOf(in, keys)...)...)
		return g.Agg(aggregates(calls)...).SelectExpr(append([]string{"w.start AS " + start, "w.end AS " + end}, names(groupCols(in, keys, calls))...)...)
	}
	made.naive = sessionCounts(in, c, keys, calls)
	return made
}
