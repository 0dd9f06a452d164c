package plan

import (
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// JoinType says which rows a join gives besides the pairs that match.
type JoinType string

// The types of joins.
const (
	// Inner gives the pairs that match.
	Inner JoinType = "inner"
	// Left gives also each left row without a match, with nulls on the right.
	Left JoinType = "left"
	// Right gives also each right row without a match, with nulls on the left.
	Right JoinType = "right"
	// Full gives also the rows of both sides without a match.
	Full JoinType = "full"
	// Semi gives each left row that has a match, once.
	Semi JoinType = "leftsemi"
	// Anti gives each left row that has no match.
	Anti JoinType = "leftanti"
	// Cross gives every pair.
	Cross JoinType = "cross"
)

// Join puts rows of two inputs together. Two rows match where all keys are equal
// and the condition is true. A null key equals nothing, unless the pair of keys
// is null-safe; NaN equals NaN, and -0 equals 0.
type Join struct {
	Left, Right Node
	Type        JoinType
	// LeftKeys are bound over the left input alone, RightKeys over the right one
	// alone. There are as many of each; a pair has one type.
	LeftKeys, RightKeys []expr.Expr
	// NullSafe tells for each pair of keys whether null equals null.
	NullSafe []bool
	// Cond is a boolean bound over the columns of both inputs, the left ones first;
	// nil where the keys say all.
	Cond expr.Expr

	schema *types.Schema
}

// JoinOf returns a join of bound expressions.
func JoinOf(left, right Node, typ JoinType, leftKeys, rightKeys []expr.Expr, nullSafe []bool, cond expr.Expr) *Join {
	return &Join{Left: left, Right: right, Type: typ, LeftKeys: leftKeys, RightKeys: rightKeys, NullSafe: nullSafe, Cond: cond,
		schema: joinSchema(left.Schema(), right.Schema(), typ)}
}

// joinSchema has the left columns, then the right ones unless only left rows
// leave; the columns of a side whose rows may be missing are nullable.
func joinSchema(left, right *types.Schema, typ JoinType) *types.Schema {
	if typ == Semi || typ == Anti {
		return left
	}
	l, r := left.Fields(), right.Fields()
	for i := range l {
		l[i].Nullable = l[i].Nullable || typ == Right || typ == Full
	}
	for i := range r {
		r[i].Nullable = r[i].Nullable || typ == Left || typ == Full
	}
	return types.NewSchema(append(l, r...)...)
}

// Pairs is the schema that Cond is bound over: the columns of both inputs, as
// they are before a missing row makes them null.
func (j *Join) Pairs() *types.Schema {
	return types.NewSchema(append(j.Left.Schema().Fields(), j.Right.Schema().Fields()...)...)
}

// tables returns the table names of the left columns, then of the right ones.
func (j *Join) tables() []string {
	l, r := tables(j.Left), tables(j.Right)
	if j.Type == Semi || j.Type == Anti || l == nil && r == nil {
		return l
	}
	out := make([]string, j.schema.Len())
	copy(out, l)
	copy(out[j.Left.Schema().Len():], r)
	return out
}

// String returns the type and what must hold of a pair.
func (j *Join) String() string {
	word := strings.ToUpper(string(j.Type[:1])) + string(j.Type[1:])
	switch j.Type {
	case Left, Right, Full:
		word += "Outer"
	case Semi:
		word = "LeftSemi"
	case Anti:
		word = "LeftAnti"
	}
	var parts []string
	for i, k := range j.LeftKeys {
		op := " = "
		if j.NullSafe[i] {
			op = " <=> "
		}
		parts = append(parts, "("+k.String()+op+j.RightKeys[i].String()+")")
	}
	if j.Cond != nil {
		parts = append(parts, j.Cond.String())
	}
	if len(parts) == 0 {
		return "Join " + word
	}
	return "Join " + word + ", " + strings.Join(parts, " AND ")
}

// Children returns the left input, then the right one.
func (j *Join) Children() []Node { return []Node{j.Left, j.Right} }

// WithChildren joins other inputs.
func (j *Join) WithChildren(in []Node) Node {
	return JoinOf(in[0], in[1], j.Type, j.LeftKeys, j.RightKeys, j.NullSafe, j.Cond)
}

// Exprs returns the left keys, the right keys, and the condition if there is one.
func (j *Join) Exprs() []expr.Expr {
	out := slices.Concat(j.LeftKeys, j.RightKeys)
	if j.Cond != nil {
		out = append(out, j.Cond)
	}
	return out
}

// WithExprs joins by others, as many as before.
func (j *Join) WithExprs(e []expr.Expr) Node {
	k := len(j.LeftKeys)
	var cond expr.Expr
	if len(e) > 2*k {
		cond = e[2*k]
	}
	return JoinOf(j.Left, j.Right, j.Type, e[:k:k], e[k:2*k:2*k], j.NullSafe, cond)
}

// Schema has the left columns, then, but for Semi and Anti, the right ones.
func (j *Join) Schema() *types.Schema { return j.schema }
