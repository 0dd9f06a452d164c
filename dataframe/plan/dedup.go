package plan

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Dedup passes on one row, the first that comes, of those with equal values in
// some columns, nulls being equal.
type Dedup struct {
	Input Node
	// Keys are the numbers of the columns that must differ; at least one.
	Keys []int
	// WithinWatermark forgets a row once the watermark has passed its event time by the
	// watermark's delay: equal rows that far apart both pass. One without event time
	// is forgotten with its batch, once there is a watermark.
	WithinWatermark bool
}

// NewDedup keeps a row for each combination of values of the columns with the
// given names. Within the watermark, the input must have one.
func NewDedup(in Node, names []string, within bool) (*Dedup, error) {
	cols := make([]int, len(names))
	for i, name := range names {
		at, err := in.Schema().Index(name)
		if err != nil {
			return nil, &expr.Error{Msg: err.Error(), Fix: "rename one of them", Err: types.ErrAmbiguous}
		}
		if at < 0 {
			return nil, &expr.Error{Msg: "no column " + types.QuoteIfNeeded(name) + " in (" + strings.Join(in.Schema().Names(), ", ") + ")",
				Fix: strings.TrimPrefix(types.DidYouMean(name, in.Schema().Names()), "; "), Err: expr.ErrUnknownColumn}
		}
		cols[i] = at
	}
	if len(names) == 0 {
		for i := range in.Schema().Len() {
			cols = append(cols, i)
		}
	}
	return DedupOf(in, cols, within)
}

// DedupOf keeps a row for each combination of values of the columns with the
// given numbers.
func DedupOf(in Node, cols []int, within bool) (*Dedup, error) {
	for _, c := range cols {
		if f := in.Schema().Field(c); !Orderable(f.Type) {
			return nil, &expr.Error{Msg: "distinct rows need equality, which " + types.QuoteIfNeeded(f.Name) + " (" + f.Type.Name() + ") has not",
				Fix: "name the other columns", Err: expr.ErrType}
		}
	}
	if len(cols) == 0 {
		return nil, &expr.Error{Msg: "distinct rows of no columns", Fix: "name at least one", Err: expr.ErrSyntax}
	}
	if within && !Streaming(in) {
		return nil, &expr.Error{Msg: "duplicates within the watermark of rows that are no stream, which have none",
			Fix: "use DropDuplicates", Err: expr.ErrAggregate}
	}
	if within && len(EventTime(in)) == 0 {
		return nil, &expr.Error{Msg: "duplicates within the watermark of rows that have none",
			Fix: `say how late rows may come, with WithWatermark("time", "10 minutes") before it`, Err: expr.ErrAggregate}
	}
	return &Dedup{in, cols, within}, nil
}

// String returns the columns.
func (d *Dedup) String() string {
	word := "Deduplicate "
	if d.WithinWatermark {
		word = "DeduplicateWithinWatermark "
	}
	return word + exprList(d.Exprs())
}

// Children returns the input.
func (d *Dedup) Children() []Node { return []Node{d.Input} }

// WithChildren takes another input.
func (d *Dedup) WithChildren(in []Node) Node { return &Dedup{in[0], d.Keys, d.WithinWatermark} }

// Exprs returns the columns.
func (d *Dedup) Exprs() []expr.Expr {
	out := make([]expr.Expr, len(d.Keys))
	for i, c := range d.Keys {
		out[i] = expr.RefTo(d.Schema(), c)
	}
	return out
}

// WithExprs compares other columns.
func (d *Dedup) WithExprs(list []expr.Expr) Node {
	cols := make([]int, len(list))
	for i, e := range list {
		cols[i] = e.(*expr.Ref).Index
	}
	return &Dedup{d.Input, cols, d.WithinWatermark}
}

// Schema is the input's.
func (d *Dedup) Schema() *types.Schema { return d.Input.Schema() }
