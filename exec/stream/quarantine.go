package stream

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/sink"
)

// jail hands the bad records of a micro-batch to the quarantine, if the query
// has one. It is safe for concurrent use within a batch.
type jail struct {
	mu   sync.Mutex
	ctx  context.Context //nolint:containedctx // the batch's: reports have none of their own
	to   sink.Writer     // nil: no quarantine
	id   int64
	rows [][]any
}

// jailRows is how many records are handed on at once.
const jailRows = 1024

func (j *jail) begin(ctx context.Context, to sink.Writer, id int64) {
	j.ctx, j.to, j.id, j.rows = ctx, to, id, nil
}

// record keeps a record that could not be parsed, with the topic, partition and
// offset that stand beside it.
func (j *jail) record(source string, from arrow.RecordBatch, row int, record []byte, cause error) error {
	if j.to == nil {
		return nil
	}
	topic := beside(from, "topic", row)
	if topic == nil { // a line of a file: its end is no part of the record
		record = bytes.TrimRight(record, "\r\n")
	}
	return j.add([]any{source, topic, beside(from, "partition", row), beside(from, "offset", row),
		cause.Error(), append([]byte{}, record...), j.id})
}

func beside(from arrow.RecordBatch, name string, row int) any {
	at := from.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil
	}
	return types.Value(from.Column(at[0]), row)
}

// row keeps a row on which an expression failed, as JSON.
func (j *jail) row(b batch.Batch, row int, cause error) error {
	if j.to == nil {
		return nil
	}
	schema, err := types.SchemaFromArrow(b.Record.Schema())
	if err != nil {
		return err
	}
	enc, err := json.NewEncoder(schema.Struct(), json.DefaultWriteOptions())
	var text []byte
	if err == nil {
		text = enc.AppendRow(nil, b.Record.Columns(), row)
	} else { // a type that JSON has no form for
		text = fmt.Append(nil, types.Rows(schema, b.Record.NewSlice(int64(row), int64(row+1)))[0])
	}
	return j.add([]any{"expression", nil, nil, nil, cause.Error(), text, j.id})
}

func (j *jail) add(row []any) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rows = append(j.rows, row)
	if len(j.rows) < jailRows {
		return nil
	}
	return j.write()
}

// write hands on what is kept; the lock is held.
func (j *jail) write() error {
	if len(j.rows) == 0 {
		return nil
	}
	rec, err := types.Record(plan.QuarantineSchema, j.rows)
	j.rows = nil
	if err != nil {
		return err
	}
	return j.to.Write(j.ctx, batch.Batch{Record: rec})
}

// flush hands on the last records of a batch.
func (j *jail) flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write()
}
