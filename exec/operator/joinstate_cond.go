package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/kernel"
)

// pairCond is a condition on pairs of rows, over the columns that it reads.
type pairCond struct {
	pred   *kernel.Predicate
	schema *arrow.Schema
	side   []int // by column of schema: the side it is of, and its number there
	col    []int
}

// newPairCond compiles a condition bound over the left columns, then the right.
func newPairCond(cond expr.Expr, left, right *arrow.Schema) (*pairCond, error) {
	c, at, fields := &pairCond{}, map[int]int{}, []arrow.Field(nil)
	cond, err := expr.Transform(cond, func(e expr.Expr) (expr.Expr, error) {
		r, ok := e.(*expr.Ref)
		if !ok {
			return e, nil
		}
		n, known := at[r.Index]
		if !known {
			n = len(fields)
			at[r.Index] = n
			side, col, from := LeftSide, r.Index, left
			if col >= left.NumFields() {
				side, col, from = RightSide, col-left.NumFields(), right
			}
			c.side, c.col, fields = append(c.side, side), append(c.col, col), append(fields, from.Field(col))
		}
		moved := *r
		moved.Index = n
		return &moved, nil
	})
	if err != nil {
		return nil, err
	}
	c.schema = arrow.NewSchema(fields, nil)
	c.pred, err = kernel.CompilePredicate(cond)
	return c, err
}

// choose returns the numbers of the pairs for which the condition is true. A
// pair is a row of the left columns and one of the right.
func (c *pairCond) choose(env Env, cols [2][]arrow.Array, pairs [2][]int32) ([]int32, error) {
	picked := make([]arrow.Array, len(c.side))
	for k, side := range c.side {
		var err error
		if picked[k], err = kernel.Take(cols[side][c.col[k]], pairs[side]); err != nil {
			return nil, err
		}
	}
	b := newBatch(c.schema, picked, len(pairs[0]))
	return c.pred.Select(env.Env, b.Record, rowsOf(b))
}
