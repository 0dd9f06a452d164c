package jobs

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
)

// The formats that Write knows.
const (
	// Table draws a table, as Show does.
	Table = "table"
	// JSON writes an object a line, its keys in the order of the columns; null is
	// written as null.
	JSON = "json"
	// CSV writes a line of names, then a line a row; null is an empty field.
	CSV = "csv"
)

// Write computes a dataframe and writes all of its rows in a format.
func Write(ctx context.Context, out io.Writer, format string, d *dataframe.DataFrame) error {
	w := bufio.NewWriterSize(out, 1<<16)
	var err error
	switch format {
	case Table:
		err = writeTable(ctx, w, d)
	case JSON:
		err = writeJSON(ctx, w, d)
	case CSV:
		err = writeCSV(ctx, w, d)
	default:
		err = fmt.Errorf("no output format %q; use %s, %s or %s", format, Table, JSON, CSV)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

func writeTable(ctx context.Context, w *bufio.Writer, d *dataframe.DataFrame) error {
	n, err := d.Count(ctx)
	if err != nil {
		return err
	}
	text, err := d.ShowString(ctx, dataframe.ShowRows(int(n)), dataframe.ShowTruncate(0))
	if err != nil {
		return err
	}
	_, err = w.WriteString(text)
	return err
}

func writeJSON(ctx context.Context, w *bufio.Writer, d *dataframe.DataFrame) error {
	var enc *json.Encoder
	var line []byte
	for rec, err := range d.Batches(ctx) {
		if err != nil {
			return err
		}
		if enc == nil {
			if enc, err = json.NewEncoder(d.Schema().Struct(), json.WriteOptions{}); err != nil {
				return err
			}
		}
		for row := range int(rec.NumRows()) {
			line = append(enc.AppendRow(line[:0], rec.Columns(), row), '\n')
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeCSV(ctx context.Context, w *bufio.Writer, d *dataframe.DataFrame) error {
	if err := d.Err(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(d.Columns()); err != nil {
		return err
	}
	fields := make([]string, len(d.Columns()))
	for rec, err := range texts(d).Batches(ctx) {
		if err != nil {
			return err
		}
		for row := range int(rec.NumRows()) {
			for c := range fields {
				fields[c] = cell(rec, c, row)
			}
			if err := out.Write(fields); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// texts casts every column to text.
func texts(d *dataframe.DataFrame) *dataframe.DataFrame {
	cols := make([]dataframe.Column, len(d.Columns()))
	for i, name := range d.Columns() { // by number: two columns may have one name
		cols[i] = dataframe.NewColumn(expr.RefTo(d.Schema(), i)).Cast(types.String).Alias(name)
	}
	return d.Select(cols...)
}

func cell(rec arrow.RecordBatch, c, row int) string {
	col := rec.Column(c).(*array.String)
	if col.IsNull(row) {
		return ""
	}
	return col.Value(row)
}
