package plan

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Union gives the rows of all inputs, duplicates included. The inputs have the
// same types, column by column; the names are the first one's.
type Union struct {
	Inputs []Node

	schema *types.Schema
}

// NewUnion puts inputs together by position, casting columns to their common
// types.
func NewUnion(inputs ...Node) (*Union, error) {
	first := inputs[0].Schema()
	fields := first.Fields()
	for _, in := range inputs[1:] {
		s := in.Schema()
		if s.Len() != first.Len() {
			return nil, &expr.Error{Msg: fmt.Sprintf("a union of %d and %d columns: (%s) and (%s)", first.Len(), s.Len(),
				strings.Join(first.Names(), ", "), strings.Join(s.Names(), ", ")), Fix: "select the same columns on both sides", Err: expr.ErrType}
		}
		for i := range fields {
			f := s.Field(i)
			t, ok := expr.Common(fields[i].Type, f.Type)
			if !ok {
				return nil, &expr.Error{Msg: fmt.Sprintf("column %d of a union is %s (%s) on one side and %s (%s) on the other", i+1,
					types.QuoteIfNeeded(fields[i].Name), fields[i].Type.Name(), types.QuoteIfNeeded(f.Name), f.Type.Name()), Fix: "cast one of them", Err: expr.ErrType}
			}
			fields[i] = types.Field{Name: fields[i].Name, Type: t, Nullable: fields[i].Nullable || f.Nullable}
		}
	}
	all := make([]Node, len(inputs))
	for k, in := range inputs {
		all[k] = conform(in, fields)
		for i := range fields { // a cast may give nulls that its input has not
			fields[i].Nullable = fields[i].Nullable || all[k].Schema().Field(i).Nullable
		}
	}
	return &Union{Inputs: all, schema: types.NewSchema(fields...)}, nil
}

// UnionOf returns a union of inputs that have the types of schema, column by
// column.
func UnionOf(inputs []Node, schema *types.Schema) *Union { return &Union{inputs, schema} }

// NewUnionByName puts two inputs together by column name. With missing, a
// column that one side lacks is null there.
func NewUnionByName(a, b Node, missing bool) (*Union, error) {
	left, err := named(a, b.Schema(), missing)
	if err != nil {
		return nil, err
	}
	right, err := named(b, left.Schema(), missing)
	if err != nil {
		return nil, err
	}
	return NewUnion(left, pick(right, left.Schema().Names()))
}

// named adds to n the columns of other that it lacks, as nulls.
func named(n Node, other *types.Schema, missing bool) (Node, error) {
	list := make([]expr.Expr, 0, n.Schema().Len())
	for i := range n.Schema().Len() {
		list = append(list, expr.RefTo(n.Schema(), i))
	}
	own := len(list)
	for _, f := range other.Fields() {
		i, err := n.Schema().Index(f.Name)
		if err != nil {
			return nil, &expr.Error{Msg: "union by name: " + err.Error(), Fix: "rename one of them", Err: types.ErrAmbiguous}
		}
		if i >= 0 {
			continue
		}
		if !missing {
			return nil, &expr.Error{Msg: fmt.Sprintf("union by name: no column %s in (%s)", types.QuoteIfNeeded(f.Name), strings.Join(n.Schema().Names(), ", ")),
				Fix: "allow missing columns, which are then null", Err: expr.ErrUnknownColumn}
		}
		list = append(list, expr.As(&expr.Literal{T: f.Type}, f.Name))
	}
	if len(list) == own {
		return n, nil
	}
	return ProjectOf(n, list), nil
}

// pick orders the columns of n by name; each name is there once.
func pick(n Node, names []string) Node {
	cols := make([]int, len(names))
	same := true
	for i, name := range names {
		cols[i], _ = n.Schema().Index(name)
		same = same && cols[i] == i
	}
	if same {
		return n
	}
	return Keep(n, cols)
}

// conform casts the columns of n to the types of fields where they differ.
func conform(n Node, fields []types.Field) Node {
	list := make([]expr.Expr, len(fields))
	changed := false
	for i, f := range fields {
		list[i] = expr.RefTo(n.Schema(), i)
		if !types.SameShape(list[i].Type(), f.Type) {
			list[i] = expr.As(&expr.Cast{Child: list[i], To: f.Type}, f.Name)
			changed = true
		}
	}
	if !changed {
		return n
	}
	return ProjectOf(n, list)
}

// String returns the word.
func (u *Union) String() string { return "Union" }

// Children returns the inputs.
func (u *Union) Children() []Node { return u.Inputs }

// WithChildren puts other inputs together.
func (u *Union) WithChildren(in []Node) Node { return &Union{in, u.schema} }

// Exprs returns none.
func (u *Union) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself.
func (u *Union) WithExprs([]expr.Expr) Node { return u }

// Schema has the first input's names and the common types.
func (u *Union) Schema() *types.Schema { return u.schema }
