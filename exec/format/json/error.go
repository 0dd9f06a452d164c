package json

import "fmt"

// errCode is what is wrong with a malformed record.
type errCode uint8

const (
	errNone errCode = iota
	errEnd
	errString
	errControl
	errEscape
	errHex
	errValue
	errNumber
	errZero
	errDepth
	errKey
	errColon
	errAfter
	errTrailing
	errRoot
	errBlank
	errLong
)

var errTexts = [...]string{
	errEnd:      "the record ends in the middle of a value",
	errString:   "a string has no closing quote",
	errControl:  "a control character stands unescaped in a string; write it as \\u00XX",
	errEscape:   "a backslash is followed by none of \"\\/bfnrtu",
	errHex:      "\\u needs four hexadecimal digits",
	errValue:    "no JSON value starts here",
	errNumber:   "a number lacks digits",
	errZero:     "a number starts with a superfluous zero",
	errDepth:    "objects and arrays are nested too deeply; raise maxNestingDepth if they are meant to be",
	errKey:      "a key in quotes is missing",
	errColon:    "a key is not followed by a colon",
	errAfter:    "a value is followed by neither a comma nor the closing bracket",
	errTrailing: "something follows the end of the value; write one record a line",
	errRoot:     "the record is not %s",
	errBlank:    "the record is blank",
	errLong:     "the record is longer than 2 GiB",
}

// RecordError says why a record was not decoded, or not wholly.
type RecordError struct {
	// Offset is the number of bytes of the record before the mistake.
	Offset int
	// Column is the path of the field that could not hold its value, or "" where
	// the whole record is malformed.
	Column string
	// Msg says what is wrong.
	Msg string
}

// Error names the place first.
func (e *RecordError) Error() string {
	if e.Column != "" {
		return fmt.Sprintf("json: byte %d: column %s: %s", e.Offset, e.Column, e.Msg)
	}
	return fmt.Sprintf("json: byte %d: %s", e.Offset, e.Msg)
}

// fail notes that the record is malformed at p, and returns -1: the position
// that stands for failure everywhere in this package.
func (d *Decoder) fail(p int, code errCode) int {
	d.errPos, d.errCode = p, code
	return -1
}

// Reason is why a field is null, or not as it was written.
type Reason uint8

// The reasons.
const (
	// TypeMismatch: the value is of another kind than the column.
	TypeMismatch Reason = iota
	// OutOfRange: a number or time that the column's type cannot hold.
	OutOfRange
	// BadText: a text that is not what its column needs: a date, a timestamp, a
	// number, base64.
	BadText
	// InvalidUTF8: bytes that are not UTF-8, or a lone surrogate, became U+FFFD.
	// The field is not null.
	InvalidUTF8
	// WrongCount: a record of separated values has fewer fields than there are
	// columns, which are then null, or more, which are left out.
	WrongCount
	reasons
)

var reasonNames = [reasons]string{"type mismatch", "out of range", "bad text", "invalid utf-8", "wrong number of fields"}

// String is the reason in lower case, as progress and metrics show it.
func (r Reason) String() string { return reasonNames[r] }

// flaw is one field of the present record that is not as it was written.
type flaw struct {
	col    *column
	reason Reason
	pos    int
}

// flawed notes a field that is left null, or repaired.
func (d *Decoder) flawed(c *column, p int, r Reason) {
	d.flaws = append(d.flaws, flaw{c, r, p})
}

// Err returns the mistake of the record that Append was last called with: why
// it is malformed, or the first field that is null for a reason. It is nil after
// a good record, and is made only when asked for.
func (d *Decoder) Err() error {
	if d.errCode != errNone {
		msg := errTexts[d.errCode]
		if d.errCode == errRoot {
			msg = fmt.Sprintf(msg, rootNames[d.root.kind])
		}
		return &RecordError{Offset: min(d.errPos, d.recLen), Msg: msg}
	}
	for _, f := range d.flaws {
		if f.reason != InvalidUTF8 {
			return &RecordError{Offset: f.pos, Column: f.col.path, Msg: f.reason.String() + " for " + f.col.typ.Name()}
		}
	}
	return nil
}

var rootNames = map[kind]string{kindStruct: "an object", kindMap: "an object", kindList: "an array"}

// Stats counts what happened in one batch.
type Stats struct {
	// Records are those given to Append, AppendValue and AppendNull.
	Records int64
	// Malformed records were no JSON of the wanted kind.
	Malformed int64
	// Partial records have at least one field that is null for a Reason.
	Partial int64
	// Blank records hold nothing but white space.
	Blank int64
	// Fields counts flawed fields of records that were not malformed, in schema
	// order, those with a count of 0 left out.
	Fields []FieldCount
}

// FieldCount is how often a column's fields were flawed for one reason.
type FieldCount struct {
	// Column is the field's path: names joined by dots, an element of an array or
	// map counting as the field that holds it; "" where nothing has a name.
	Column string
	Reason Reason
	Count  int64
}
