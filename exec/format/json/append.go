package json

import (
	"bytes"
	"errors"
	"math"
)

// Outcome is what became of a record.
type Outcome uint8

// The outcomes.
const (
	// Good: one row was appended, every field as the record has it.
	Good Outcome = iota
	// Partial: one row was appended; some fields are null for a Reason, or the
	// record was malformed and its text stands in the corrupt-record column.
	Partial
	// Malformed: no row was appended, since the record is no JSON of the wanted
	// kind. Its bytes are for the quarantine.
	Malformed
	// Dropped: no row was appended, since a field was flawed and the mode is
	// DropMalformed.
	Dropped
	// Failed: no row was appended and the query has to fail with Err, since the
	// record was not Good and the mode is FailFast.
	Failed
	// Blank: no row was appended; the record holds white space at most.
	Blank
	// Full: the record was not looked at, since the batch would then hold more than
	// the 2 GiB that Arrow's offsets reach. Finish, and append it again.
	Full
)

// maxBytes bounds the bytes of the records of one batch.
const maxBytes = math.MaxInt32 - 2*pad

// ErrFull is what AppendValue returns where Append would be Full.
var ErrFull = errors.New("json: the records of one batch exceed 2 GiB; decode fewer at a time")

// Len is the number of rows since the last Finish.
func (d *Decoder) Len() int { return d.rows }

// Bytes is the size of the records since the last Finish: readers end a batch by it.
func (d *Decoder) Bytes() int { return d.bytes }

// AppendNull appends a row that is null as a whole.
func (d *Decoder) AppendNull() {
	d.rows++
	d.stats.Records++
}

// Append decodes one record for a reader, as its mode says, and appends at most
// one row. The record's bytes are not changed and not kept. Up to 64 bytes after
// it may be read, within its capacity, and must not be written meanwhile;
// without that capacity the record is copied first. After any outcome but Good and
// Blank, Err says why.
func (d *Decoder) Append(rec []byte) Outcome {
	if d.full(rec) {
		return Full
	}
	d.stats.Records++
	switch out := d.decode(rec); out {
	case Good, Blank:
		return out
	case Partial:
		d.stats.Partial++
		switch d.opts.Mode {
		case FailFast:
			d.undo()
			return Failed
		case DropMalformed:
			d.count()
			d.undo()
			return Dropped
		}
		d.keepText(lineOf(rec))
		return Partial
	}
	d.stats.Malformed++
	if d.opts.Mode == FailFast {
		return Failed
	}
	if d.corrupt == nil || d.opts.Mode == DropMalformed {
		return Malformed
	}
	d.emptyRow()
	d.keepText(lineOf(rec))
	return Partial
}

// AppendValue decodes one record for from_json, and appends exactly one row, unless
// it returns an error: Err in the mode FailFast, or ErrFull. A malformed record is a struct of nulls,
// or a null array or map, a blank one is null as a whole. See Append for how
// the record's bytes are used.
func (d *Decoder) AppendValue(rec []byte) error {
	if d.full(rec) {
		return ErrFull
	}
	d.stats.Records++
	switch d.decode(rec) {
	case Good:
		return nil
	case Blank:
		d.rows++
		return nil
	case Partial:
		d.stats.Partial++
		if d.opts.Mode == FailFast {
			d.undo()
			return d.Err()
		}
	default:
		d.stats.Malformed++
		if d.opts.Mode == FailFast {
			return d.Err()
		}
		d.emptyRow()
	}
	d.keepText(rec)
	return nil
}

// full tells whether a record has to wait for the next batch, and counts its bytes
// if not.
func (d *Decoder) full(rec []byte) bool {
	if len(rec) > maxBytes-d.bytes && d.bytes > 0 {
		return true
	}
	d.bytes += len(rec)
	return false
}

// emptyRow appends a struct of nulls, or a null.
func (d *Decoder) emptyRow() {
	if d.root.kind == kindStruct {
		d.root.seek(d.rows)
		d.root.n = d.rows + 1
	}
	d.rows++
}

// undo takes the last row back.
func (d *Decoder) undo() {
	d.rows--
	d.root.truncate(d.rows)
}

// keepText puts the record's text into the corrupt-record column of the last row.
func (d *Decoder) keepText(rec []byte) {
	if d.corrupt != nil {
		d.buf = repair(d.buf[:0], rec)
		d.corrupt.truncate(d.rows - 1)
		if d.corrupt.used+len(d.buf) <= math.MaxInt32 {
			d.corrupt.putBytes(d.rows-1, d.buf)
		}
	}
}

// lineOf is a record without the end of the line that it may be.
func lineOf(rec []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(rec, []byte("\n")), []byte("\r"))
}
