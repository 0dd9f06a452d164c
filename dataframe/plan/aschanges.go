package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// AsChanges takes the values of a column as the changes of the rows, +1 for one
// that appears and -1 for one that is taken back, and leaves the column out.
// Another value is an error. In a batch query the result are the rows that are
// left: each as often as it appeared more than it was taken back.
type AsChanges struct {
	Input Node
	// Column is the number of an integer column.
	Column int

	schema *types.Schema
}

// NewAsChanges takes the column of the given name.
func NewAsChanges(in Node, column string) (*AsChanges, error) {
	at, err := columnOf(in, column)
	if err != nil {
		return nil, err
	}
	return AsChangesOf(in, at)
}

// AsChangesOf takes the column of the given number.
func AsChangesOf(in Node, column int) (*AsChanges, error) {
	if f := in.Schema().Field(column); !expr.IsIntegral(f.Type) {
		return nil, &expr.Error{Msg: fmt.Sprintf("changes are +1 and -1, but %s is %s", types.QuoteIfNeeded(f.Name), f.Type.Name()),
			Fix: "cast it to int, or compute it: CASE WHEN op = 'delete' THEN -1 ELSE 1 END", Err: expr.ErrType}
	}
	var fields []types.Field
	for i, f := range in.Schema().Fields() {
		if i == column {
			continue
		}
		if !Orderable(f.Type) && f.Type != types.Interval {
			return nil, &expr.Error{Msg: "rows that are taken back are found by their values, but " + types.QuoteIfNeeded(f.Name) + " (" + f.Type.Name() + ") has no equality",
				Fix: "drop the column first", Err: expr.ErrType}
		}
		fields = append(fields, f)
	}
	return &AsChanges{in, column, types.NewSchema(fields...)}, nil
}

// tables returns the table names of the columns that are left.
func (a *AsChanges) tables() []string {
	in := tables(a.Input)
	if in == nil {
		return nil
	}
	return append(in[:a.Column:a.Column], in[a.Column+1:]...)
}

// eventTime is the input's.
func (a *AsChanges) eventTime() []EventColumn {
	var out []EventColumn
	for _, c := range EventTime(a.Input) {
		if c.Index > a.Column {
			c.Index--
		}
		if c.after-1 > a.Column {
			c.after--
		}
		out = append(out, c)
	}
	return out
}

// String returns the column.
func (a *AsChanges) String() string {
	return "AsChanges " + types.QuoteIfNeeded(a.Input.Schema().Field(a.Column).Name)
}

// Children returns the input.
func (a *AsChanges) Children() []Node { return []Node{a.Input} }

// WithChildren takes the column of another input.
func (a *AsChanges) WithChildren(in []Node) Node { return changesOf(in[0], a.Column) }

// changesOf is AsChangesOf of what was checked before.
func changesOf(in Node, column int) *AsChanges {
	fields := in.Schema().Fields()
	return &AsChanges{in, column, types.NewSchema(append(fields[:column:column], fields[column+1:]...)...)}
}

// Exprs returns the column.
func (a *AsChanges) Exprs() []expr.Expr { return []expr.Expr{expr.RefTo(a.Input.Schema(), a.Column)} }

// WithExprs takes another column.
func (a *AsChanges) WithExprs(e []expr.Expr) Node { return changesOf(a.Input, e[0].(*expr.Ref).Index) }

// Schema has all columns but one.
func (a *AsChanges) Schema() *types.Schema { return a.schema }
