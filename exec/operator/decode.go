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
	dec    Decoder
	json   *json.Decoder // dec if it is one, to be called without an interface
	value  int           // the number of the column value
	beside []int         // the numbers of the columns to keep
	schema *arrow.Schema
	report Report
	env    *kernel.Env

	cur  arrow.RecordBatch // the present input batch, or nil
	next int               // its first record that was not decoded yet
	kept []int32           // its records that became rows since the last flush
	err  error
}

// Decoder decodes the records of one format into rows; see package json.
type Decoder interface {
	// Append decodes one record, which it does not keep.
	Append(rec []byte) json.Outcome
	// Len is the number of rows since FinishRecord.
	Len() int
	// FinishRecord returns the rows, and what happened to their records.
	FinishRecord() (arrow.RecordBatch, json.Stats)
	// Err says what is wrong with the last record.
	Err() error
}

// Report counts what happened to the records of one task. It may be called by
// several tasks at once.
type Report interface {
	// Records adds the records of a batch: those read, and those of them that
	// were bad and dropped. An error ends the query: too many were bad.
	Records(read, bad int64) error
	// BadRecord is told of a bad record: a row of a batch as the source gave it. It
	// copies what it keeps. An error ends the query.
	BadRecord(from arrow.RecordBatch, row int, record []byte, cause error) error
}

// NewDecode returns the rows of the records in column value of in. schema has
// the decoder's columns, then those of beside.
func NewDecode(in batch.Stream, dec Decoder, value int, beside []int, schema *arrow.Schema, report Report, env *kernel.Env) *Decode {
	own, _ := dec.(*json.Decoder)
	return &Decode{in: in, dec: dec, json: own, value: value, beside: beside, schema: schema, report: report, env: env}
}

// String names the operator.
func (d *Decode) String() string { return "Decode" }

// Schema is the decoder's columns, then those kept beside them.
func (d *Decode) Schema() *arrow.Schema { return d.schema }

// Next decodes input batches until there are enough rows.
func (d *Decode) Next(ctx context.Context) (batch.Batch, error) {
	for d.err == nil {
		if d.cur == nil {
			if err := d.read(ctx); err != nil {
				d.err = err
				if !batch.IsEnd(err) {
					break
				}
				return d.flush()
			}
		}
		full, err := d.decode()
		if err != nil {
			d.err = err
			break
		}
		if full || len(d.beside) > 0 || d.dec.Len() >= batch.MaxRows || d.endsUnit() {
			out, err := d.flush()
			if !full {
				d.cur = nil
			}
			if !batch.IsEnd(err) {
				return out, err
			}
		} else {
			d.cur = nil
		}
	}
	return batch.Batch{}, d.err
}

// read takes the next batch of records.
func (d *Decode) read(ctx context.Context) error {
	in, err := d.in.Next(ctx)
	if err != nil {
		return err
	}
	if in.Sel != nil {
		return fmt.Errorf("internal: Decode got a batch with a selection")
	}
	d.cur, d.next = in.Record, 0
	return nil
}

// endsUnit tells whether the input asks not to gather beyond its last batch.
func (d *Decode) endsUnit() bool {
	in, ok := d.in.(interface{ EndsUnit() bool })
	return ok && in.EndsUnit()
}

// decode appends the records of the present batch. It stops before the first
// that the decoder has no room for, and is called again after a flush.
func (d *Decode) decode() (full bool, err error) {
	d.kept = d.kept[:0]
	col, err := recordsOf(d.cur.Column(d.value))
	if err != nil {
		return false, err
	}
	from := d.next
	none, bad, full, err := d.records(col)
	if err != nil {
		return false, err
	}
	return full, d.report.Records(int64(d.next-from)-none, bad)
}

// records appends records. It counts the rows that hold none, and the bad ones.
func (d *Decode) records(col recordColumn) (none, bad int64, full bool, err error) {
	for ; d.next < col.n; d.next++ {
		if col.nulls != nil && col.nulls.IsNull(d.next) {
			none++ // a tombstone is no record
			continue
		}
		rec := col.at(d.next)
		switch d.append(rec) {
		case json.Good, json.Partial:
			if len(d.beside) > 0 {
				d.kept = append(d.kept, int32(d.next))
			}
		case json.Malformed, json.Dropped:
			bad++
			if err := d.report.BadRecord(d.cur, d.next, rec, d.dec.Err()); err != nil {
				return none, bad, false, err
			}
		case json.Failed:
			return none, bad, false, fmt.Errorf("a record could not be decoded, and mode is FAILFAST: %w: %s", d.dec.Err(), excerpt(rec))
		case json.Full:
			return none, bad, true, nil
		case json.Blank:
			none++
		}
	}
	return none, bad, false, nil
}

func (d *Decode) append(rec []byte) json.Outcome {
	if d.json != nil {
		return d.json.Append(rec)
	}
	return d.dec.Append(rec)
}

// recordColumn is a column of records.
type recordColumn struct {
	n       int
	nulls   arrow.Array // nil where no record is null
	views   *array.BinaryView
	offsets []int32 // of data, where there are no views
	data    []byte
}

func recordsOf(a arrow.Array) (recordColumn, error) {
	c := recordColumn{n: a.Len()}
	if a.NullN() > 0 {
		c.nulls = a
	}
	switch a := a.(type) {
	case *array.Binary:
		c.offsets, c.data = batch.Texts(a)
	case *array.BinaryView:
		c.views = a
	default:
		return c, fmt.Errorf("internal: Decode got records of type %s", a.DataType())
	}
	return c, nil
}

// at returns a record. Its capacity reaches to the end of the column's bytes.
func (c *recordColumn) at(i int) []byte {
	if c.views != nil {
		return c.views.Value(i)
	}
	return c.data[c.offsets[i]:c.offsets[i+1]]
}

// flush returns the decoded rows, or io.EOF where there are none.
func (d *Decode) flush() (batch.Batch, error) {
	rec, stats := d.dec.FinishRecord()
	for _, f := range stats.Fields {
		d.env.Bad.Add(f.Column, f.Reason.String(), f.Count)
	}
	if rec.NumRows() == 0 && rec.NumCols() > 0 || stats.Records == 0 {
		return batch.Batch{}, io.EOF
	}
	cols := append([]arrow.Array(nil), rec.Columns()...)
	for _, c := range d.beside {
		col := d.cur.Column(c)
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
