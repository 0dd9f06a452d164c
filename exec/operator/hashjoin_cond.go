package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// joinCond is the condition on pairs of rows, over the columns that it reads.
type joinCond struct {
	pred   *kernel.Predicate
	schema *arrow.Schema
	probe  []int // by column: that of the probe side, or -1,
	build  []int // that of the build side, or -1
}

func newJoinCond(spec *JoinSpec, probe, build *arrow.Schema) (*joinCond, error) {
	c := &joinCond{}
	width, leftProbe := probe.NumFields(), true
	if spec.BuildLeft {
		width, leftProbe = build.NumFields(), false
	}
	at, fields := map[int]int{}, []arrow.Field(nil)
	cond, err := expr.Transform(spec.Cond, func(e expr.Expr) (expr.Expr, error) {
		r, ok := e.(*expr.Ref)
		if !ok {
			return e, nil
		}
		n, known := at[r.Index]
		if !known {
			n = len(fields)
			at[r.Index] = n
			left, col, from := r.Index < width, r.Index, probe
			if !left {
				col -= width
			}
			p, b := col, -1
			if left != leftProbe {
				p, b, from = -1, col, build
			}
			fields = append(fields, from.Field(col))
			c.probe, c.build = append(c.probe, p), append(c.build, b)
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

// filter keeps the pairs for which the condition is true.
func (c *joinCond) filter(env Env, p *probing, table arrow.RecordBatch) error {
	cols := make([]arrow.Array, len(c.probe))
	for k := range cols {
		var err error
		if c.probe[k] >= 0 {
			cols[k], err = kernel.Take(p.b.Record.Column(c.probe[k]), p.probe)
		} else {
			cols[k], err = kernel.Take(table.Column(c.build[k]), p.build)
		}
		if err != nil {
			return err
		}
	}
	pairs := newBatch(c.schema, cols, len(p.probe))
	sel, _, err := attempt(env, pairs, func(b batch.Batch) ([]int32, error) {
		return c.pred.Select(env.Env, b.Record, rowsOf(b))
	})
	if err != nil {
		return err
	}
	for n, k := range sel {
		p.probe[n], p.build[n] = p.probe[k], p.build[k]
	}
	p.probe, p.build = p.probe[:len(sel)], p.build[:len(sel)]
	return nil
}
