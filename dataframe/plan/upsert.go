package plan

import (
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Upsert makes of rows, in their order, a relation with a primary key: of the rows
// with equal keys the latest is in it, and none if that one says that the key is
// deleted. Null is a key like others. A row that is taken back leaves the relation
// if it is the one that is in it, and else changes nothing.
type Upsert struct {
	Input Node
	// Keys are the numbers of the key columns, at least one.
	Keys []int
	// Deleted is a condition on rows that delete their key; nil: none does.
	Deleted expr.Expr
}

// NewUpsert makes a relation with the key columns of the given names. A row whose
// other columns are all null deletes its key.
func NewUpsert(in Node, keys []string) (*Upsert, error) {
	if len(keys) == 0 {
		return nil, &expr.Error{Msg: "a table without a key", Fix: "name the columns whose values tell its rows apart", Err: expr.ErrSyntax}
	}
	cols := make([]int, len(keys))
	for i, name := range keys {
		at, err := columnOf(in, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(cols[:i], at) {
			return nil, &expr.Error{Msg: "the key names " + types.QuoteIfNeeded(name) + " twice", Fix: "name each column once", Err: expr.ErrSyntax}
		}
		cols[i] = at
	}
	deleted, err := allNull(in.Schema(), cols)
	if err != nil {
		return nil, err
	}
	return UpsertOf(in, cols, deleted)
}

// columnOf finds a column by name.
func columnOf(in Node, name string) (int, error) {
	at, err := in.Schema().Index(name)
	if err != nil {
		return 0, &expr.Error{Msg: err.Error(), Fix: "rename one of them", Err: types.ErrAmbiguous}
	}
	if at < 0 {
		names := in.Schema().Names()
		return 0, &expr.Error{Msg: "no column " + types.QuoteIfNeeded(name) + " in (" + strings.Join(names, ", ") + ")",
			Fix: strings.TrimPrefix(types.DidYouMean(name, names), "; "), Err: expr.ErrUnknownColumn}
	}
	return at, nil
}

// allNull is the condition that all columns but some are null; nil where one
// never is, or where there are no others.
func allNull(s *types.Schema, but []int) (expr.Expr, error) {
	var out expr.Expr
	for i := range s.Len() {
		if slices.Contains(but, i) {
			continue
		}
		if !s.Field(i).Nullable {
			return nil, nil
		}
		null, err := expr.BindCall(expr.NewCall("isnull", expr.RefTo(s, i)))
		if err == nil && out != nil {
			null, err = expr.BindCall(expr.NewCall("and", out, null))
		}
		if err != nil {
			return nil, err
		}
		out = null
	}
	return out, nil
}

// UpsertOf makes a relation of numbered key columns and a bound condition.
func UpsertOf(in Node, keys []int, deleted expr.Expr) (*Upsert, error) {
	for _, k := range keys {
		if f := in.Schema().Field(k); !Orderable(f.Type) {
			return nil, &expr.Error{Msg: "a key needs equality, which " + types.QuoteIfNeeded(f.Name) + " (" + f.Type.Name() + ") has not",
				Fix: "name other columns", Err: expr.ErrType}
		}
	}
	return &Upsert{in, keys, deleted}, nil
}

// DeletedWhen returns the relation with another condition for rows that delete
// their key, over the columns of the input.
func (u *Upsert) DeletedWhen(cond expr.Expr) (*Upsert, error) {
	f, err := NewFilter(u.Input, cond)
	if err != nil {
		return nil, err
	}
	return &Upsert{u.Input, u.Keys, f.Cond}, nil
}

// String returns the keys and the condition.
func (u *Upsert) String() string {
	keys := make([]expr.Expr, len(u.Keys))
	for i, k := range u.Keys {
		keys[i] = expr.RefTo(u.Schema(), k)
	}
	text := "Upsert " + exprList(keys)
	if u.Deleted != nil {
		text += ", deleted when " + u.Deleted.String()
	}
	return text
}

// Children returns the input.
func (u *Upsert) Children() []Node { return []Node{u.Input} }

// WithChildren takes another input.
func (u *Upsert) WithChildren(in []Node) Node { return &Upsert{in[0], u.Keys, u.Deleted} }

// Exprs returns the key columns, then the condition if there is one.
func (u *Upsert) Exprs() []expr.Expr {
	out := make([]expr.Expr, len(u.Keys), len(u.Keys)+1)
	for i, k := range u.Keys {
		out[i] = expr.RefTo(u.Schema(), k)
	}
	if u.Deleted != nil {
		out = append(out, u.Deleted)
	}
	return out
}

// WithExprs takes other columns as keys, and another condition, as many as before.
func (u *Upsert) WithExprs(e []expr.Expr) Node {
	n := &Upsert{Input: u.Input, Keys: make([]int, len(u.Keys))}
	for i := range u.Keys {
		n.Keys[i] = e[i].(*expr.Ref).Index
	}
	if len(e) > len(u.Keys) {
		n.Deleted = e[len(u.Keys)]
	}
	return n
}

// Schema is the input's.
func (u *Upsert) Schema() *types.Schema { return u.Input.Schema() }
