package exec_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
)

// valueKind says what a column of a random plan holds, and so what may be done
// with it.
type valueKind int

const (
	number  valueKind = iota // bigint
	text                     // string
	instant                  // timestamp
	opaque                   // anything else: it is handed on
	bag                      // a list whose order is not promised
)

// column is a column of a random plan. All names of a plan differ.
type column struct {
	name string
	kind valueKind
	gap  bool // it is null where an outer join has found nothing
}

// withGaps are columns of the side of an outer join that may be missing.
func withGaps(cols []column) []column {
	out := slices.Clone(cols)
	for i := range out {
		out[i].gap = true
	}
	return out
}

// step is a node of a random plan, and how it is computed without an engine.
type step struct {
	say    string // in the words of the API
	in     []*step
	cols   []column
	stream string // a leaf: the name of the stream it reads
	build  func(in []*dataframe.DataFrame) *dataframe.DataFrame
	// naive computes the rows from those of the inputs; nil where only the engine
	// can.
	naive func(in [][][]any) [][]any
	// ordered: the rows come in the order of one stream, and none is taken back.
	ordered bool
}

// String is the plan as a tree, inputs indented.
func (s *step) String() string {
	out := s.say
	for _, in := range s.in {
		out += "\n" + in.String()
	}
	return strings.ReplaceAll(out, "\n", "\n  ")
}

// frame makes the plan's dataframe over streams.
func (s *step) frame(read func(stream string) *dataframe.DataFrame) *dataframe.DataFrame {
	in := []*dataframe.DataFrame{}
	if s.stream != "" {
		in = append(in, read(s.stream))
	}
	for _, c := range s.in {
		in = append(in, c.frame(read))
	}
	return s.build(in)
}

// rows computes the plan naively; false where it cannot.
func (s *step) rows(data map[string][][]any) ([][]any, bool) {
	if s.naive == nil {
		return nil, false
	}
	in := [][][]any{}
	if s.stream != "" {
		in = append(in, data[s.stream])
	}
	for _, c := range s.in {
		rows, ok := c.rows(data)
		if !ok {
			return nil, false
		}
		in = append(in, rows)
	}
	return s.naive(in), true
}

// of lists the numbers of the columns of some kinds.
func (s *step) of(kinds ...valueKind) []int {
	var out []int
	for i, c := range s.cols {
		if slices.Contains(kinds, c.kind) {
			out = append(out, i)
		}
	}
	return out
}

// only is the step with some of its columns.
func (s *step) only(at []int) *step {
	out := &step{in: []*step{s}, ordered: s.ordered}
	var names []string
	for _, c := range at {
		out.cols = append(out.cols, s.cols[c])
		names = append(names, s.cols[c].name)
	}
	out.say = "Select " + strings.Join(names, ", ")
	out.build = func(in []*dataframe.DataFrame) *dataframe.DataFrame { return in[0].SelectExpr(names...) }
	out.naive = func(in [][][]any) [][]any {
		var rows [][]any
		for _, r := range in[0] {
			rows = append(rows, pick(r, at))
		}
		return rows
	}
	return out
}

func pick(row []any, at []int) []any {
	out := make([]any, len(at))
	for i, c := range at {
		out[i] = row[c]
	}
	return out
}

// line writes a row so that equal rows are equal text.
func line(row []any, cols []column) string {
	out := make([]string, len(row))
	for i, v := range row {
		out[i] = written(v, cols[i].kind == bag)
	}
	return strings.Join(out, " | ")
}

// written writes a value: floats to six digits, since changes that come and go
// leave their last bits different.
func written(v any, unordered bool) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case time.Time:
		return v.UTC().Format("05.000000 02.01.06")
	case float64:
		if math.Abs(v) < 1e-6 {
			v = 0
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	case types.Row:
		return written(v.Values(), false)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = written(v[i], false)
		}
		if unordered {
			slices.Sort(parts)
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	if m := reflect.ValueOf(v); m.Kind() == reflect.Map {
		var parts []string
		for _, k := range m.MapKeys() {
			parts = append(parts, written(k.Interface(), false)+":"+written(m.MapIndex(k).Interface(), false))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v)
}

// linesOf writes rows, sorted.
func linesOf(rows [][]any, cols []column) []string {
	out := []string{}
	for _, r := range rows {
		out = append(out, line(r, cols))
	}
	slices.Sort(out)
	return out
}
