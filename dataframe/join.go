package dataframe

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/plan"
)

// JoinType says which rows a join gives besides the pairs that match.
type JoinType = plan.JoinType

// The types of joins.
const (
	// Inner gives the pairs of rows that match.
	Inner = plan.Inner
	// Left gives also each left row without a match, with nulls on the right.
	Left = plan.Left
	// Right gives also each right row without a match, with nulls on the left.
	Right = plan.Right
	// Full gives also the rows of both sides without a match.
	Full = plan.Full
	// Semi gives each left row that has a match, once, and no right columns.
	Semi = plan.Semi
	// Anti gives each left row that has no match, and no right columns.
	Anti = plan.Anti
)

// JoinOn says which rows of a join match: a Column that is a condition, or Using
// names of columns.
type JoinOn interface {
	join(left, right plan.Node, how JoinType) (plan.Node, error)
}

// Using joins on columns that both sides have by these names. The result has
// each of them once, as its first columns.
type Using []string

func (u Using) join(left, right plan.Node, how JoinType) (plan.Node, error) {
	return plan.NewUsingJoin(left, right, u, how)
}

func (c Column) join(left, right plan.Node, how JoinType) (plan.Node, error) {
	cond, err := c.Expr()
	if err != nil {
		return nil, err
	}
	return plan.NewJoin(left, right, cond, how)
}

// Join puts each row together with the rows of another dataframe that match it.
// The condition sees the columns of both sides; columns of the same name are told
// apart by the names that Alias gives the sides: fn.Col("l.id").Eq(fn.Col("r.id")).
// Null equals nothing, unless compared by EqNullSafe. The result has the columns
// of both sides, the left ones first; with Using, those it names once, in front.
func (d *DataFrame) Join(o *DataFrame, on JoinOn, how JoinType) *DataFrame {
	return d.with("Join", o, func() (plan.Node, error) {
		if on == nil {
			return nil, fmt.Errorf("a join without a condition; give a Column or fn.Using(names), or use CrossJoin for all pairs")
		}
		return on.join(d.node, o.node, how)
	})
}

// CrossJoin puts each row together with every row of another dataframe.
func (d *DataFrame) CrossJoin(o *DataFrame) *DataFrame {
	return d.with("CrossJoin", o, func() (plan.Node, error) { return plan.NewJoin(d.node, o.node, nil, plan.Cross) })
}
