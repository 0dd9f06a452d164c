package csv

import (
	"fmt"

	"github.com/riffledata/riffle/exec/format/json"
)

// errCode is what is wrong with a malformed record.
type errCode uint8

const (
	errNone errCode = iota
	errOpen
	errAfterQuote
	errLong
)

var errTexts = [...]string{
	errOpen:       "a quote is not closed; set multiLine to true if line ends stand in quotes",
	errAfterQuote: "something stands between a closing quote and the separator; a quote in quotes needs the escape before it",
	errLong:       "the record is longer than 512 MiB",
}

// RecordError says why a record was not decoded, or not wholly.
type RecordError struct {
	// Offset is the number of bytes of the record before the mistake.
	Offset int
	// Column is the field that could not hold its value, or "" where the whole
	// record is malformed.
	Column string
	// Msg says what is wrong.
	Msg string
}

// Error names the place first.
func (e *RecordError) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("csv: byte %d: column %s: %s", e.Offset, e.Column, e.Msg)
	}
	return fmt.Sprintf("csv: byte %d: %s", e.Offset, e.Msg)
}

// flaw is one field of the present record that is not as it was written.
type flaw struct {
	field  int // of the declared ones
	reason json.Reason
	pos    int
}

// Err returns the mistake of the record that Append was last called with: why it is
// malformed, or the first field that is null for a reason. It is nil after a good
// record.
func (d *Decoder) Err() error {
	if d.bad != errNone {
		return &RecordError{Offset: d.badPos, Msg: errTexts[d.bad]}
	}
	for _, f := range d.flaws {
		switch f.reason {
		case json.InvalidUTF8:
		case json.WrongCount:
			return &RecordError{Offset: f.pos, Msg: fmt.Sprintf("the record has %d fields and not %d", d.found, len(d.fields))}
		default:
			field := d.fields[f.field]
			return &RecordError{Offset: f.pos, Column: field.name, Msg: f.reason.String() + " for " + field.typ.Name()}
		}
	}
	return nil
}
