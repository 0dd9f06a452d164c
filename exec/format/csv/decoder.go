package csv

import (
	"bytes"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
)

// Decoder turns records into the rows of Arrow arrays. It is not safe for
// concurrent use. After FinishRecord it takes the next batch.
type Decoder struct {
	scan    scanner
	opts    Options
	times   *json.Times
	fields  []field   // those declared, in the order of a record
	cols    []*column // those wanted, in their order
	corrupt *column   // of the record's text, or nil
	schema  *arrow.Schema

	rows  int
	bytes int
	stats json.Stats
	// counts has the flaws of kept records, by field and reason.
	counts map[flawKind]int64

	flaws  []flaw // of the present record
	bad    errCode
	badPos int
	found  int // the fields of the present record
	buf    []byte
	bin    []byte
}

// field is one of the declared fields.
type field struct {
	name string
	typ  types.Type
	kind kind
	prec int
	unit int     // of a decimal: its scale
	col  *column // nil: not wanted
}

type flawKind struct {
	field  int
	reason json.Reason
}

// kind is how a field is read and stored.
type kind uint8

const (
	kindVoid kind = iota
	kindBool
	kindByte
	kindShort
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindDecimal
	kindString
	kindBinary
	kindDate
	kindTimestamp
	kindTimestampNTZ
)

var kinds = map[*types.Basic]kind{
	types.Void: kindVoid, types.Boolean: kindBool, types.Byte: kindByte, types.Short: kindShort, types.Int: kindInt,
	types.Long: kindLong, types.Float: kindFloat, types.Double: kindDouble, types.String: kindString,
	types.Binary: kindBinary, types.Date: kindDate, types.Timestamp: kindTimestamp, types.TimestampNTZ: kindTimestampNTZ,
}

// NewDecoder returns a decoder of records whose fields are the declared columns,
// in their order, into those that are wanted; these become nullable. The column
// for the text of bad records, where it is declared, is no field of a record.
func NewDecoder(declared, wanted *types.Schema, opts Options) (*Decoder, error) {
	d := &Decoder{scan: newScanner(opts), opts: opts, times: json.NewTimes(opts.Options), counts: map[flawKind]int64{}}
	byName := map[string]*column{}
	for _, f := range wanted.Fields() {
		c := &column{arrow: types.ToArrow(f.Type)}
		d.cols, byName[f.Name] = append(d.cols, c), c
	}
	for _, f := range declared.Fields() {
		at := field{name: types.QuoteIfNeeded(f.Name), typ: f.Type, col: byName[f.Name]}
		var ok bool
		switch t := f.Type.(type) {
		case *types.Basic:
			at.kind, ok = kinds[t]
		case types.Decimal:
			at.kind, at.prec, at.unit, ok = kindDecimal, t.Precision, t.Scale, true
		}
		if !ok {
			return nil, fmt.Errorf("csv: column %s: %s is not read from CSV; declare it as string, and use from_json or a cast", at.name, f.Type.Name())
		}
		if at.col != nil {
			at.col.kind = at.kind
		}
		if f.Name == opts.CorruptColumn && at.kind == kindString {
			d.corrupt = at.col
			continue
		}
		d.fields = append(d.fields, at)
	}
	d.schema = wanted.AsNullable().Arrow()
	return d, nil
}

// Len is the number of rows since the last FinishRecord.
func (d *Decoder) Len() int { return d.rows }

// maxBytes bounds the bytes of the records of one batch: what Arrow's offsets reach
// holds them also where each byte is repaired into three.
const maxBytes = math.MaxInt32 / 4

// Append decodes one record, with its line end or without, as the mode says, and
// appends at most one row. The bytes are not kept. After any outcome but Good and
// Blank, Err says why.
func (d *Decoder) Append(rec []byte) json.Outcome {
	if len(rec) > maxBytes-d.bytes && d.bytes > 0 {
		return json.Full
	}
	d.bytes += len(rec)
	rec = lineOf(rec)
	d.stats.Records++
	d.flaws, d.bad, d.found = d.flaws[:0], errNone, 0
	if d.blank(rec) {
		d.stats.Blank++
		return json.Blank
	}
	d.reserve()
	if len(rec) > maxBytes {
		d.bad, d.badPos = errLong, 0
	} else {
		d.record(rec)
	}
	switch {
	case d.bad != errNone:
		return d.malformed(rec)
	case len(d.flaws) > 0 && d.partial():
		return d.settle(rec)
	}
	d.count()
	return d.keep(json.Good, nil)
}

// blank tells whether a line is left out. One of a single column with nothing in it
// is null.
func (d *Decoder) blank(rec []byte) bool {
	if d.opts.Comment != 0 && len(rec) > 0 && rec[0] == d.opts.Comment {
		return true
	}
	if len(d.fields) == 1 {
		return false
	}
	for _, c := range rec {
		if c != ' ' && c != '\t' || d.opts.Sep[0] == c {
			return false
		}
	}
	return true
}

// reserve makes room for one more row.
func (d *Decoder) reserve() {
	for _, c := range d.cols {
		if d.rows >= c.room {
			c.grow(max(2*c.room, c.rowsHint, 64))
		}
	}
}

// record reads the fields of a record into the row after the last.
func (d *Decoder) record(rec []byte) {
	n := len(d.fields)
	for p := 0; p <= len(rec); d.found++ {
		t, after, bad := d.scan.next(rec, p)
		if bad != errNone {
			d.bad, d.badPos = bad, min(after, len(rec))
			return
		}
		if d.found < n {
			if f := &d.fields[d.found]; f.col != nil {
				d.value(f, t, p)
			}
		}
		p = after
	}
	if d.found != n {
		d.flaws = append(d.flaws, flaw{max(0, min(d.found, n-1)), json.WrongCount, len(rec)})
		for i := d.found; i < n; i++ {
			if c := d.fields[i].col; c != nil {
				c.null(d.rows)
			}
		}
	}
}

// partial tells whether a flaw is more than a repaired text.
func (d *Decoder) partial() bool {
	for _, f := range d.flaws {
		if f.reason != json.InvalidUTF8 {
			return true
		}
	}
	return false
}

// settle does with a record that has flaws what the mode says.
func (d *Decoder) settle(rec []byte) json.Outcome {
	d.stats.Partial++
	switch d.opts.Mode {
	case json.FailFast:
		return json.Failed
	case json.DropMalformed:
		d.count()
		return json.Dropped
	}
	d.count()
	return d.keep(json.Partial, rec)
}

// malformed does with a record that cannot be divided into fields what the mode
// says.
func (d *Decoder) malformed(rec []byte) json.Outcome {
	d.stats.Malformed++
	switch {
	case d.opts.Mode == json.FailFast:
		return json.Failed
	case d.corrupt == nil || d.opts.Mode == json.DropMalformed:
		return json.Malformed
	}
	for _, c := range d.cols {
		c.null(d.rows)
	}
	return d.keep(json.Partial, rec)
}

// keep makes the row that was written one of the batch; text is that of a bad
// record.
func (d *Decoder) keep(out json.Outcome, text []byte) json.Outcome {
	if d.corrupt != nil {
		d.corrupt.null(d.rows)
		if text != nil {
			d.buf = json.RepairUTF8(d.buf[:0], text)
			if int(d.corrupt.offs[d.rows])+len(d.buf) <= math.MaxInt32 {
				d.corrupt.putText(d.rows, d.buf)
			}
		}
	}
	d.rows++
	return out
}

func (d *Decoder) count() {
	for _, f := range d.flaws {
		d.counts[flawKind{f.field, f.reason}]++
	}
}

// lineOf is a record without the end of its line.
func lineOf(rec []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(rec, []byte("\n")), []byte("\r"))
}

// FinishRecord returns the rows since it was last called, and what happened to their
// records. The memory is never touched again.
func (d *Decoder) FinishRecord() (arrow.RecordBatch, json.Stats) {
	cols := make([]arrow.Array, len(d.cols))
	for i, c := range d.cols {
		cols[i] = c.finish(d.rows)
	}
	rec := array.NewRecordBatch(d.schema, cols, int64(d.rows))
	stats := d.stats
	for i, f := range d.fields {
		for r := json.TypeMismatch; r <= json.WrongCount; r++ {
			if n := d.counts[flawKind{i, r}]; n > 0 {
				stats.Fields = append(stats.Fields, json.FieldCount{Column: f.name, Reason: r, Count: n})
			}
		}
	}
	clear(d.counts)
	d.stats, d.rows, d.bytes = json.Stats{}, 0, 0
	return rec, stats
}
