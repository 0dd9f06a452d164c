package physical

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// JoinExchange brings the rows of one side of a join to the tasks that own their
// keys. What leaves has the keys, the time of the row if the join is bounded in
// time, then the columns of the input.
type JoinExchange struct {
	Input  Op
	list   []expr.Expr
	schema *arrow.Schema
	keys   int
	parts  int
	budget int64
	after  bool // after something with state
}

// joinInput builds one side of a join of streams. A time is nil where there is
// none; late are the columns by which rows are too late.
func (b *Builder) joinInput(n plan.Node, keys []expr.Expr, time expr.Expr, late []plan.EventColumn, tasks int) (Op, error) {
	in, err := b.inside(func() (Op, error) { return b.reading(n, false) })
	if err != nil {
		return nil, err
	}
	in = b.late(in, late)
	x := &JoinExchange{Input: in, keys: len(keys), parts: tasks, budget: b.StateBytes, after: afterState(in)}
	x.list = append(x.list, keys...)
	if time != nil {
		x.list = append(x.list, time)
	}
	columns := n.Schema()
	var fields []arrow.Field
	for i, e := range x.list {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("key%d", i), Type: types.ToArrow(e.Type()), Nullable: e.Nullable()})
	}
	for i := range columns.Len() {
		x.list = append(x.list, expr.RefTo(columns, i))
	}
	x.schema = arrow.NewSchema(append(fields, columns.Arrow().Fields()...), nil)
	for i, f := range fields {
		x.list[i] = &expr.Alias{Child: expr.Unalias(x.list[i]), Name: f.Name}
	}
	return x, nil
}

// String returns the keys and the number of tasks.
func (x *JoinExchange) String() string {
	keys := make([]string, x.keys)
	for i := range keys {
		keys[i] = expr.Unalias(x.list[i]).String()
	}
	return fmt.Sprintf("Exchange hash([%s], %d)", strings.Join(keys, ", "), x.parts)
}

// Children returns the input.
func (x *JoinExchange) Children() []Op { return []Op{x.Input} }

// Schema has the keys, the time, and the columns of the input.
func (x *JoinExchange) Schema() *arrow.Schema { return x.schema }

// Open computes the keys in each part, and divides the rows by their hash.
func (x *JoinExchange) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := mapParts(ctx, r, x.Input, func(in batch.Stream) (batch.Stream, error) {
		return operator.NewProject(in, x.list, r.envAfter(x.after))
	})
	if err != nil {
		return nil, err
	}
	if len(parts) == 1 && x.parts == 1 {
		return unordered(parts), nil
	}
	in := make([]batch.Stream, len(parts))
	for i, p := range parts {
		in[i] = p.Stream
	}
	var out []Part
	for _, s := range operator.HashExchange(in, x.keys, x.parts, x.budget) {
		out = append(out, Part{Stream: s})
	}
	return out, nil
}
