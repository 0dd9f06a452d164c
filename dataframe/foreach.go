package dataframe

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Foreach hands each row of the result to a function of this program, in order,
// one at a time. A batch that runs again after a crash is handed over again, so
// that a row may come twice. In output mode update a last column _change is 1 for
// a row that appears and -1 for one that is gone. An error of the function, or a
// panic in it, ends the query.
func (w *StreamWriter) Foreach(f func(ctx context.Context, row types.Row) error) *StreamWriter {
	return w.hold("Foreach", f == nil, func(ctx context.Context, rows []arrow.RecordBatch, _ int64) error {
		for _, rec := range rows {
			schema, err := types.SchemaFromArrow(rec.Schema())
			if err != nil {
				return err
			}
			for _, row := range types.Rows(schema, rec) {
				if err := f(ctx, row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// ForeachBatch hands each batch of the result, also one without rows, to a
// function of this program, as a dataframe of the same session that can be
// collected and written. A batch that runs again after a crash has the same id
// and, if the query is deterministic, the same rows: a function that remembers the
// last id it has dealt with sees each row once. In output mode update a last column
// _change is 1 for a row that appears and -1 for one that is gone.
func (w *StreamWriter) ForeachBatch(f func(ctx context.Context, df *DataFrame, batchID int64) error) *StreamWriter {
	session, plain, mode := w.df.session, w.df, &w.w.Mode
	return w.hold("ForeachBatch", f == nil, func(ctx context.Context, rows []arrow.RecordBatch, id int64) error {
		schema := plain.node.Schema()
		if *mode == Update {
			schema = schema.Add("_change", types.Byte)
		}
		df, err := session.fromRecords(schema, rows)
		if err != nil {
			return err
		}
		return f(ctx, df, id)
	})
}

// hold makes the query's sink a function.
func (w *StreamWriter) hold(op string, missing bool, f engine.BatchFunc) *StreamWriter {
	w.function = f
	if missing {
		w.fault = at(op, errors.New("no function; give one"))
	}
	return w
}

// held gives the engine the function of a query and names it in the write.
func (w *StreamWriter) held(write *plan.Write) (drop func(), err error) {
	if w.fault != nil {
		return nil, w.fault
	}
	if w.function == nil {
		return func() {}, nil
	}
	if write.Format != "" {
		return nil, fmt.Errorf("the result goes to a function and to the format %s; leave out one of the two", write.Format)
	}
	write.Format = "foreach"
	write.Options["function"], drop = w.df.session.engine.Hold(w.function)
	return drop, nil
}

// fromRecords returns a dataframe of record batches of a schema.
func (s *Session) fromRecords(schema *types.Schema, rows []arrow.RecordBatch) (*DataFrame, error) {
	as := schema.Arrow()
	if len(rows) > 0 {
		as = rows[0].Schema()
	}
	var buf bytes.Buffer
	out := ipc.NewWriter(&buf, ipc.WithSchema(as))
	for _, rec := range rows {
		if err := out.Write(rec); err != nil {
			return nil, err
		}
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return &DataFrame{s, plan.NewLocal(schema, buf.Bytes()), nil}, nil
}
