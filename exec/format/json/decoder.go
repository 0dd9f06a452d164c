package json

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/riffledata/riffle/dataframe/types"
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

// Decoder turns records into the rows of Arrow arrays of one type. It is not safe
// for concurrent use. After Finish it takes the next batch; what it has learnt of
// the records stays.
type Decoder struct {
	root    *column
	corrupt *column // of the record's text, or nil
	columns []*column
	opts    Options
	rows    int
	bytes   int // of the records of this batch

	times, timesNTZ, dates clock

	flaws   []flaw // of the present record
	bad     bool   // the value just read was left out as flawed
	errCode errCode
	errPos  int
	recLen  int
	stats   Stats

	stack  []uint64 // see skipNested
	keyBuf []byte
	buf    []byte
	bin    []byte
	padBuf []byte // a record that has too little room behind it
}

// NewDecoder returns a decoder of objects into the columns of a schema. Keys are
// the names of the columns, exactly. All columns, and the fields of nested ones,
// become nullable, whatever the schema says. It is an error if two columns have
// the same name, or one is of a type that JSON is not decoded into.
func NewDecoder(schema *types.Schema, opts Options) (*Decoder, error) {
	return NewValueDecoder(schema.Struct(), opts)
}

// NewValueDecoder is NewDecoder for records that are a value of type t: a struct, a
// map with string keys, or an array. Where t is an array of structs, a record that
// is one object counts as an array of it, as in Spark.
func NewValueDecoder(t types.Type, opts Options) (*Decoder, error) {
	opts = opts.withDefaults()
	d := &Decoder{opts: opts}
	d.times = clock{loc: opts.TimeZone, pattern: opts.TimestampFormat}
	d.timesNTZ = clock{pattern: opts.TimestampNTZFormat}
	d.dates = clock{pattern: opts.DateFormat}
	switch t.(type) {
	case types.Struct, types.Map, types.Array:
	default:
		return nil, fmt.Errorf("json: a record cannot be decoded as %s; declare a struct, a map or an array", t.Name())
	}
	var err error
	if d.root, err = d.newColumn(t, ""); err != nil {
		return nil, err
	}
	if s, ok := t.(types.Struct); ok {
		for i, f := range s.Fields {
			if f.Name == opts.CorruptColumn && f.Type == types.Type(types.String) {
				d.corrupt = d.root.obj.cols[i]
				delete(d.root.obj.byKey, f.Name)
			}
		}
	}
	return d, nil
}

var basicKinds = map[*types.Basic]kind{
	types.Void: kindVoid, types.Boolean: kindBool, types.Byte: kindByte, types.Short: kindShort, types.Int: kindInt,
	types.Long: kindLong, types.Float: kindFloat, types.Double: kindDouble, types.String: kindString,
	types.Binary: kindBinary, types.Date: kindDate, types.Timestamp: kindTimestamp, types.TimestampNTZ: kindTimestampNTZ,
}

// newColumn returns the column of a type, and adds those that Stats may name.
func (d *Decoder) newColumn(t types.Type, path string) (*column, error) {
	c := &column{typ: t, path: path}
	d.columns = append(d.columns, c)
	var err error
	switch t := t.(type) {
	case *types.Basic:
		k, ok := basicKinds[t]
		if !ok {
			return nil, fmt.Errorf("json: column %s: %s is not read from JSON; declare it as string and cast it", path, t.Name())
		}
		c.kind = k
	case types.Decimal:
		c.kind, c.prec, c.scale = kindDecimal, t.Precision, t.Scale
	case types.Array:
		c.kind = kindList
		c.elem, err = d.newColumn(t.Elem, path)
	case types.Map:
		if !types.Equal(t.Key, types.String) {
			return nil, fmt.Errorf("json: column %s: keys in JSON are strings; declare map<string,%s>", path, t.Value.Name())
		}
		c.kind = kindMap
		if c.key, err = d.newColumn(t.Key, path); err == nil {
			c.elem, err = d.newColumn(t.Value, path)
		}
	case types.Struct:
		c.kind = kindStruct
		c.obj, err = d.newFields(t, path)
	}
	return c, err
}

func (d *Decoder) newFields(t types.Struct, path string) (*object, error) {
	cols, names := make([]*column, len(t.Fields)), make([]string, len(t.Fields))
	seen := map[string]bool{}
	for i, f := range t.Fields {
		at := strings.TrimPrefix(path+"."+types.QuoteIfNeeded(f.Name), ".")
		if seen[f.Name] {
			return nil, fmt.Errorf("json: column %s is declared twice; drop one", at)
		}
		seen[f.Name], names[i] = true, f.Name
		var err error
		if cols[i], err = d.newColumn(f.Type, at); err != nil {
			return nil, err
		}
	}
	return newObject(cols, names), nil
}

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
		d.keepText(rec)
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
	d.keepText(rec)
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

// decode appends a row if it returns Good or Partial. The other outcomes are
// Malformed and Blank.
func (d *Decoder) decode(rec []byte) Outcome {
	d.flaws, d.errCode, d.recLen = d.flaws[:0], errNone, len(rec)
	end := len(rec)
	if end > maxBytes {
		d.fail(0, errLong)
		return Malformed
	}
	b, p := d.padded(rec), 0
	if end >= 3 && load4(b, 0)&0xffffff == 0xbfbbef { // a byte order mark
		p = 3
	}
	p = blanks(b, p, end)
	if p >= end {
		d.errCode, d.errPos = errBlank, end
		d.stats.Blank++
		return Blank
	}
	if p = d.top(b, p, end); p >= 0 {
		if p < end {
			p = blanks(b, p, end)
		}
		if p == end {
			d.rows++
			if len(d.flaws) == 0 {
				return Good
			}
			return d.settle()
		}
		if p > end {
			d.fail(end, errEnd)
		} else {
			d.fail(p, errTrailing)
		}
	}
	d.flaws = d.flaws[:0]
	d.root.truncate(d.rows)
	return Malformed
}

// top reads the value of the record at p.
func (d *Decoder) top(b unsafe.Pointer, p, end int) int {
	c := at(b, p)
	r := d.root
	switch {
	case c == '{' && r.kind == kindStruct:
		r.seek(d.rows)
		p = d.object(r.obj, d.rows, b, p, end, 1)
		r.n = d.rows + 1
		return p
	case c == '{' && r.kind == kindMap, c == '[' && r.kind == kindList:
		return d.value(r, d.rows, b, p, end, 0)
	case c == '{' && r.kind == kindList && r.elem.kind == kindStruct:
		r.seek(d.rows)
		if p = d.value(r.elem, r.used, b, p, end, 0); p >= 0 {
			r.putEnd(d.rows, r.used+1)
		}
		return p
	}
	if q := d.skip(b, p, end, 0); q < 0 {
		return q
	}
	return d.fail(p, errRoot)
}

// settle returns the outcome of a record with flaws, and counts them if its row
// is kept.
func (d *Decoder) settle() Outcome {
	out := Good
	for _, f := range d.flaws {
		if f.reason != InvalidUTF8 {
			out = Partial
		}
	}
	if out == Good || d.opts.Mode == Permissive {
		d.count()
	}
	return out
}

// count adds the record's flaws to those of the batch.
func (d *Decoder) count() {
	for _, f := range d.flaws {
		f.col.counts[f.reason]++
	}
}

// padded returns the record's bytes with at least pad readable ones behind them.
func (d *Decoder) padded(rec []byte) unsafe.Pointer {
	if cap(rec)-len(rec) < pad {
		if cap(d.padBuf) < len(rec)+pad {
			d.padBuf = make([]byte, 2*len(rec)+pad)
		}
		d.padBuf = append(d.padBuf[:0], rec...)
		rec = d.padBuf
	}
	return unsafe.Pointer(unsafe.SliceData(rec))
}
