package json

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
)

// Decoder turns records into the rows of Arrow arrays of one type. It is not safe
// for concurrent use. After Finish it takes the next batch; what it has learnt of
// the records stays.
type Decoder struct {
	root    *column
	corrupt *column // of the record's text, or nil
	columns []*column
	arrow   arrow.DataType // of the rows
	schema  *arrow.Schema  // of the columns, if the root is a struct
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

	stack  []uint64       // see skipNested
	last   map[string]int // see repeated
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
	d.arrow = types.ToArrow(d.Type())
	if s, ok := t.(types.Struct); ok {
		d.schema = arrow.NewSchema(d.arrow.(*arrow.StructType).Fields(), nil)
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
