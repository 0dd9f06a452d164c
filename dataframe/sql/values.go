package sql

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// oneRow is the relation of a query without FROM: one row without columns.
var oneRow = sync.OnceValue(func() plan.Node {
	schema := types.NewSchema()
	rec := array.NewRecordBatch(schema.Arrow(), nil, 1)
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(rec.Schema()))
	err := w.Write(rec)
	if err2 := w.Close(); err != nil || err2 != nil {
		panic(fmt.Sprint("sql: an empty record cannot be encoded: ", err, err2))
	}
	return plan.NewLocal(schema, buf.Bytes())
})

// values makes a projection of each row, one below the other.
func (b *binder) values(v *values) (plan.Node, error) {
	nodes := make([]plan.Node, len(v.rows))
	for i, r := range v.rows {
		list := make([]expr.Expr, len(r.list))
		for j, e := range r.list {
			if call := aggregateIn(e); call != nil {
				return nil, b.at(r.tok, &expr.Error{Pos: call.Pos, Msg: "VALUES cannot aggregate", Fix: "write a query", Err: expr.ErrAggregate})
			}
			list[j] = expr.As(e, fmt.Sprintf("col%d", j+1))
		}
		node, err := plan.NewProject(oneRow(), list)
		if err != nil {
			return nil, b.at(r.tok, err)
		}
		nodes[i] = node
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	sum, err := plan.NewUnion(nodes...)
	if err != nil {
		return nil, b.at(v.tok, err)
	}
	return sum, nil
}
