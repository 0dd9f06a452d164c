package exec_test

import (
	"slices"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// pairing is a part of the condition of a join.
type pairing struct {
	text  string
	match func(l, r []any) bool
}

// join puts two inputs together, by equality of a pair of columns or of none, and
// perhaps by more.
func (m *maker) join(depth int) *step {
	if m.joins == 0 {
		return m.filter(m.plan(depth - 1))
	}
	m.joins--
	left, right := m.plan(depth-1), m.plan(index(depth).Draw(m.t, "depth"))
	var parts []pairing
	for _, p := range [][]pairing{m.equalities(left, right), m.residuals(left, right), m.bounds(left, right)} {
		if len(p) > 0 && draw(m, "part", true, false) {
			parts = append(parts, draw(m, "pairing", p...))
		}
	}
	if len(parts) == 0 {
		parts = []pairing{{"true", func(_, _ []any) bool { return true }}}
	}
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	on := strings.Join(texts, " AND ")
	how := draw(m, "type", dataframe.Inner, dataframe.Left, dataframe.Right, dataframe.Full, dataframe.Semi, dataframe.Anti)
	out := &step{say: string(how) + " join on " + on, in: []*step{left, right}, cols: left.cols,
		build: func(d []*dataframe.DataFrame) *dataframe.DataFrame { return d[0].Join(d[1], fn.Expr(on), how) }}
	if how != dataframe.Semi && how != dataframe.Anti {
		l, r := left.cols, right.cols
		if how == dataframe.Right || how == dataframe.Full {
			l = withGaps(l)
		}
		if how == dataframe.Left || how == dataframe.Full {
			r = withGaps(r)
		}
		out.cols = slices.Concat(l, r)
	}
	out.naive = func(rows [][][]any) [][]any {
		return joined(rows[0], rows[1], len(left.cols), len(right.cols), how, func(l, r []any) bool {
			return !slices.ContainsFunc(parts, func(p pairing) bool { return !p.match(l, r) })
		})
	}
	return out
}

// equalities are pairs of columns of one kind.
func (m *maker) equalities(left, right *step) []pairing {
	var out []pairing
	for _, k := range anyKind {
		for _, l := range left.of(k) {
			for _, r := range right.of(k) {
				a, b := left.cols[l].name, right.cols[r].name
				out = append(out, pairing{a + " = " + b, func(x, y []any) bool {
					return x[l] != nil && y[r] != nil && compareValues(x[l], y[r]) == 0
				}})
				if !m.timed { // rows that only end a test are null
					out = append(out, pairing{a + " <=> " + b, func(x, y []any) bool {
						return x[l] == nil && y[r] == nil || x[l] != nil && y[r] != nil && compareValues(x[l], y[r]) == 0
					}})
				}
			}
		}
	}
	return out
}

// residuals compare numbers otherwise.
func (m *maker) residuals(left, right *step) []pairing {
	var out []pairing
	for _, l := range left.of(number) {
		for _, r := range right.of(number) {
			out = append(out, pairing{left.cols[l].name + " < " + right.cols[r].name, func(x, y []any) bool {
				return x[l] != nil && y[r] != nil && x[l].(int64) < y[r].(int64)
			}})
		}
	}
	return out
}

// bounds say how far apart two instants may be.
func (m *maker) bounds(left, right *step) []pairing {
	var out []pairing
	for _, l := range left.of(instant) {
		for _, r := range right.of(instant) {
			a, b := left.cols[l].name, right.cols[r].name
			out = append(out, pairing{a + " >= " + b + " - INTERVAL 2 SECONDS AND " + a + " <= " + b + " + INTERVAL 3 SECONDS", func(x, y []any) bool {
				if x[l] == nil || y[r] == nil {
					return false
				}
				d := x[l].(time.Time).Sub(y[r].(time.Time))
				return d >= -2*time.Second && d <= 3*time.Second
			}})
		}
	}
	return out
}

// joined joins rows of so many columns.
func joined(left, right [][]any, leftWidth, rightWidth int, how dataframe.JoinType, match func(l, r []any) bool) [][]any {
	var out [][]any
	found := make([]bool, len(right))
	for _, l := range left {
		matched := false
		for i, r := range right {
			if !match(l, r) {
				continue
			}
			matched, found[i] = true, true
			if how != dataframe.Semi && how != dataframe.Anti {
				out = append(out, slices.Concat(l, r))
			}
		}
		switch {
		case matched && how == dataframe.Semi, !matched && how == dataframe.Anti:
			out = append(out, l)
		case !matched && (how == dataframe.Left || how == dataframe.Full):
			out = append(out, slices.Concat(l, make([]any, rightWidth)))
		}
	}
	for i, r := range right {
		if !found[i] && (how == dataframe.Right || how == dataframe.Full) {
			out = append(out, slices.Concat(make([]any, leftWidth), r))
		}
	}
	return out
}
