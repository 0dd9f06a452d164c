package optimize

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// pruneColumns leaves out what nobody above needs: values of projections,
// aggregates, columns of sources.
func pruneColumns(n plan.Node, _ Options) (plan.Node, error) {
	out, _ := prune(n, everything(n))
	return out, nil
}

// need tells for each column of a node whether it is needed.
type need []bool

func everything(n plan.Node) need {
	out := make(need, n.Schema().Len())
	for i := range out {
		out[i] = true
	}
	return out
}

func (w need) add(list ...expr.Expr) {
	for _, e := range list {
		refers(e, func(i int) bool { w[i] = true; return true })
	}
}

// prune returns n with at least the columns that are needed, in the same order,
// and at least one. to has the new number of each of them, -1 for those left
// out.
func prune(n plan.Node, w need) (out plan.Node, to []int) {
	switch n := n.(type) {
	case *plan.Scan:
		return pruneScan(n, w)
	case *plan.Project:
		return pruneProject(n, w)
	case *plan.Aggregate:
		return pruneAggregate(n, w)
	case *plan.Union:
		return pruneUnion(n, w)
	case *plan.Join:
		return pruneJoin(n, w)
	case *plan.Upsert:
		return pruneUpsert(n, w)
	case *plan.AsChanges:
		return pruneChanges(n, w)
	case *plan.TimeWindow:
		return pruneWindow(n, w)
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Alias, *plan.Watermark, *plan.Dedup:
		inner := append(need(nil), w...)
		inner.add(n.Exprs()...)
		in, to := prune(n.Children()[0], inner)
		return over(n, in, to), to
	}
	// All columns of the inputs matter, as in Distinct, or there are none.
	var changed []plan.Node
	for i, c := range n.Children() {
		if in, _ := prune(c, everything(c)); in != c {
			if changed == nil {
				changed = append([]plan.Node(nil), n.Children()...)
			}
			changed[i] = in
		}
	}
	if changed != nil {
		n = n.WithChildren(changed)
	}
	return n, identity(n)
}

func identity(n plan.Node) []int {
	to := make([]int, n.Schema().Len())
	for i := range to {
		to[i] = i
	}
	return to
}

// over puts a node with one input over another input, whose columns went where
// to says.
func over(n, in plan.Node, to []int) plan.Node {
	return onto(n, in, func(e expr.Expr) expr.Expr { return renumber(e, to) })
}

// chosen returns the numbers of the columns that are needed, or that of some
// column if none is, and the new number of each column.
func chosen(w need, some int) (kept, to []int) {
	to = make([]int, len(w))
	for i, needed := range w {
		to[i] = -1
		if needed {
			to[i] = len(kept)
			kept = append(kept, i)
		}
	}
	if len(kept) == 0 && len(w) > 0 {
		kept, to[some] = []int{some}, 0
	}
	return kept, to
}

func pruneScan(n *plan.Scan, w need) (plan.Node, []int) {
	if wholeRecords(n, w) {
		return n, identity(n)
	}
	kept, to := chosen(w, narrowest(n.Schema()))
	if len(kept) == n.Schema().Len() {
		return n, to
	}
	if n.Columns != nil {
		for i, k := range kept {
			kept[i] = n.Columns[k]
		}
	}
	return n.Pruned(kept), to
}

// wholeRecords tells whether the rows of a source that parses depend on columns
// that nobody reads: a flaw in one fails the query or drops the record, or the
// text of the record is asked for.
func wholeRecords(n *plan.Scan, w need) bool {
	if n.Declared == nil {
		return false
	}
	corrupt := defaultCorrupt
	for key, value := range n.Options {
		switch strings.ToLower(key) {
		case "mode":
			if !strings.EqualFold(strings.TrimSpace(value), permissive) {
				return true
			}
		case "columnnameofcorruptrecord":
			corrupt = value
		}
	}
	i, err := n.Schema().Index(corrupt)
	return err != nil || i >= 0 && w[i]
}

// narrowest returns the column that is the least to read.
func narrowest(s *types.Schema) int {
	best, width := 0, 100
	for i := range s.Len() {
		if w, ok := widths[s.Field(i).Type.Name()]; ok && w < width {
			best, width = i, w
		}
	}
	return best
}

var widths = map[string]int{"boolean": 1, "tinyint": 2, "smallint": 3, "int": 4, "date": 5, "float": 6, "bigint": 7, "double": 8, "timestamp": 9}

func pruneProject(n *plan.Project, w need) (plan.Node, []int) {
	some := 0
	for i, e := range n.List {
		if free(e) {
			some = i
			break
		}
	}
	kept, to := chosen(w, some)
	list := make([]expr.Expr, len(kept))
	for i, k := range kept {
		list[i] = n.List[k]
	}
	inner := make(need, n.Input.Schema().Len())
	inner.add(list...)
	in, moved := prune(n.Input, inner)
	if in == n.Input && len(list) == len(n.List) {
		return n, to
	}
	for i, e := range list {
		list[i] = renumber(e, moved)
	}
	return plan.ProjectOf(in, list), to
}

// pruneAggregate keeps all keys: they make the groups.
func pruneAggregate(n *plan.Aggregate, w need) (plan.Node, []int) {
	keys := len(n.Keys)
	w = append(need(nil), w...)
	for i := range keys {
		w[i] = true
	}
	kept, to := chosen(w, 0)
	aggs := make([]expr.Expr, 0, len(kept))
	for _, k := range kept[keys:] {
		aggs = append(aggs, n.Aggs[k-keys])
	}
	inner := make(need, n.Input.Schema().Len())
	inner.add(n.Keys...)
	inner.add(aggs...)
	in, moved := prune(n.Input, inner)
	if in == n.Input && len(aggs) == len(n.Aggs) {
		return n, to
	}
	all := append(append([]expr.Expr(nil), n.Keys...), aggs...)
	for i, e := range all {
		all[i] = renumber(e, moved)
	}
	return n.Over(in, all[:keys:keys], all[keys:]), to
}

// pruneWindow keeps the windows, which decide how often a row is there.
func pruneWindow(n *plan.TimeWindow, w need) (plan.Node, []int) {
	own := len(w) - 1
	inner := append(need(nil), w[:own]...)
	inner.add(n.Exprs()...)
	in, to := prune(n.Input, inner)
	return over(n, in, to), append(to[:own:own], in.Schema().Len())
}

// pruneUnion keeps the same columns of every input.
func pruneUnion(n *plan.Union, w need) (plan.Node, []int) {
	kept, to := chosen(w, 0)
	fields := make([]types.Field, len(kept))
	w = make(need, len(w))
	for i, k := range kept {
		fields[i] = n.Schema().Field(k)
		w[k] = true
	}
	inputs := make([]plan.Node, len(n.Inputs))
	same := len(kept) == n.Schema().Len()
	for i, c := range n.Inputs {
		in, moved := prune(c, w)
		if in.Schema().Len() != len(kept) {
			cols := make([]int, len(kept))
			for j, k := range kept {
				cols[j] = moved[k]
			}
			in = plan.Keep(in, cols)
		}
		inputs[i] = in
		same = same && in == c
	}
	if same {
		return n, to
	}
	return plan.UnionOf(inputs, types.NewSchema(fields...)), to
}
