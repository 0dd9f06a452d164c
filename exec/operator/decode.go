package operator

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/kernel"
)

// Decode turns raw records into rows: the column value of its input becomes the
// decoder's columns, and the other columns are kept beside them. Records that
// cannot be decoded are reported and left out. It gathers the small batches of a
// reader into batches of the usual size.
type Decode struct {
	in     batch.Stream
	dec    *json.Decoder
	value  int   // the number of the column value
	beside []int // the numbers of the columns to keep
	schema *arrow.Schema
	report Report
	env    *kernel.Env

	kept []int32 // rows of the present input batch that became rows
	err  error
}

// Report counts what happened to the records of one task. It may be called by
// several tasks at once.
type Report interface {
	// Records adds the records of a batch: those read, and those of them that
	// were bad and dropped. An error ends the query: too many were bad.
	Records(read, bad int64) error
	// BadRecord is told of a bad record; it copies what it keeps.
	BadRecord(record []byte, cause error)
}

// NewDecode returns the rows of the records in column value of in. schema has
// the decoder's columns, then those of beside.
func NewDecode(in batch.Stream, dec *json.Decoder, value int, beside []int, schema *arrow.Schema, report Report, env *kernel.Env) *Decode {
	return &Decode{in: in, dec: dec, value: value, beside: beside, schema: schema, report: report, env: env}
}

// String names the operator and the format.
func (d *Decode) String() string { return "Decode json" }

// Schema is the decoder's columns, then those kept beside them.
func (d *Decode) Schema() *arrow.Schema { return d.schema }

// Next decodes input batches until there are enough rows.
func (d *Decode) Next(ctx context.Context) (batch.Batch, error) {
	for d.err == nil {
		in, err := d.in.Next(ctx)
		if err != nil {
			d.err = err
			if err != io.EOF {
				break
			}
			return d.flush(nil)
		}
		if err := d.decode(in); err != nil {
			d.err = err
			break
		}
		if len(d.beside) > 0 || d.dec.Len() >= batch.MaxRows || d.endsUnit() {
			if out, err := d.flush(in.Record); err == nil || err != io.EOF {
				return out, err
			}
		}
	}
	return batch.Batch{}, d.err
}

// endsUnit tells whether the input asks not to gather beyond its last batch.
func (d *Decode) endsUnit() bool {
	in, ok := d.in.(interface{ EndsUnit() bool })
	return ok && in.EndsUnit()
}

// decode appends the records of a batch.
func (d *Decode) decode(in batch.Batch) error {
	if in.Sel != nil {
		return fmt.Errorf("internal: Decode got a batch with a selection")
	}
	d.kept = d.kept[:0]
	var bad int64
	var err error
	switch col := in.Record.Column(d.value).(type) {
	case *array.Binary:
		bad, err = d.records(col.Len(), col.IsNull, col.Value)
	case *array.BinaryView:
		bad, err = d.records(col.Len(), col.IsNull, col.Value)
	default:
		return fmt.Errorf("internal: Decode got records of type %s", col.DataType())
	}
	if err != nil {
		return err
	}
	return d.report.Records(in.Record.NumRows(), bad)
}

func (d *Decode) records(n int, isNull func(int) bool, value func(int) []byte) (bad int64, err error) {
	for i := range n {
		if isNull(i) {
			continue // a tombstone is no record
		}
		rec := value(i)
		switch d.dec.Append(rec) {
		case json.Good, json.Partial:
			if len(d.beside) > 0 {
				d.kept = append(d.kept, int32(i))
			}
		case json.Malformed, json.Dropped:
			bad++
			d.report.BadRecord(rec, d.dec.Err())
		case json.Failed:
			return bad, fmt.Errorf("a record could not be decoded, and mode is FAILFAST: %w: %s", d.dec.Err(), excerpt(rec))
		}
	}
	return bad, nil
}

// flush returns the decoded rows, or io.EOF where there are none.
func (d *Decode) flush(from arrow.RecordBatch) (batch.Batch, error) {
	rec, stats := d.dec.FinishRecord()
	for _, f := range stats.Fields {
		d.env.Bad.Add(f.Column, f.Reason.String(), f.Count)
	}
	if rec.NumRows() == 0 && rec.NumCols() > 0 || stats.Records == 0 {
		return batch.Batch{}, io.EOF
	}
	cols := append([]arrow.Array(nil), rec.Columns()...)
	for _, c := range d.beside {
		col := from.Column(c)
		if len(d.kept) != col.Len() {
			taken, err := kernel.Take(col, d.kept)
			if err != nil {
				return batch.Batch{}, err
			}
			col = taken
		}
		cols = append(cols, col)
	}
	return batch.Batch{Record: array.NewRecordBatch(d.schema, cols, rec.NumRows())}, nil
}

// excerpt is the beginning of a record, for messages.
func excerpt(rec []byte) string {
	const most = 200
	if len(rec) > most {
		return fmt.Sprintf("%q...", rec[:most])
	}
	return fmt.Sprintf("%q", rec)
}

// Close closes the input.
func (d *Decode) Close() error { return d.in.Close() }
