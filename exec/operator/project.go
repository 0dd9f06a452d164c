package operator

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// Project computes columns. Selections and changes are carried on; columns that
// are only passed on are not copied; those computed are undefined where a row is
// not selected.
type Project struct {
	done
	in     batch.Stream
	exprs  []expr.Expr
	schema *arrow.Schema
	list   *kernel.List
	env    Env
}

// NewProject compiles bound expressions over the rows of in, one for each column.
func NewProject(in batch.Stream, list []expr.Expr, env Env) (*Project, error) {
	compiled, err := kernel.CompileList(list)
	if err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(list))
	for i, e := range list {
		fields[i] = arrow.Field{Name: expr.OutputName(e), Type: types.ToArrow(e.Type()), Nullable: e.Nullable()}
	}
	return &Project{in: in, exprs: list, schema: arrow.NewSchema(fields, nil), list: compiled, env: env}, nil
}

// String shows the columns.
func (p *Project) String() string {
	s := "Project ["
	for i, e := range p.exprs {
		if i > 0 {
			s += ", "
		}
		s += e.String()
	}
	return s + "]"
}

// Schema has a column for each expression.
func (p *Project) Schema() *arrow.Schema { return p.schema }

// Next returns the columns of the next batch.
func (p *Project) Next(ctx context.Context) (batch.Batch, error) {
	return p.once(func() (batch.Batch, error) {
		for {
			b, err := p.in.Next(ctx)
			if err != nil {
				return b, err
			}
			values, b, err := evaluate(p.env, p.list, b)
			if err != nil {
				return b, err
			}
			if b.NumRows() > 0 {
				return p.batch(values, b)
			}
		}
	})
}

func (p *Project) batch(values []kernel.Value, b batch.Batch) (batch.Batch, error) {
	cols := make([]arrow.Array, len(values))
	for i, v := range values {
		full, err := v.Full(rowsOf(b))
		if err != nil {
			return b, err
		}
		cols[i] = full
	}
	b.Record = newBatch(p.schema, cols, int(b.Record.NumRows())).Record
	return b, nil
}

// Close closes the input.
func (p *Project) Close() error {
	p.close()
	return p.in.Close()
}
