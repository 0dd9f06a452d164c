package json

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
)

// Type is the type of the rows: the one asked for, with everything nullable.
func (d *Decoder) Type() types.Type { return types.AsNullable(d.root.typ) }

// Reserve says how many rows the next batch will have, so that its columns are
// made large enough at once. Without it a batch expects what the last one had.
func (d *Decoder) Reserve(rows int) {
	if c := d.root; rows > c.cap {
		c.rowsHint = max(c.rowsHint, rows)
		if c.kind == kindStruct {
			for _, f := range c.obj.cols {
				f.rowsHint = max(f.rowsHint, rows)
			}
		}
	}
}

// Finish returns the rows since the last Finish as one array of Type: of structs,
// maps or lists. Its memory is its own and is never touched again. Append starts
// the next batch.
func (d *Decoder) Finish() (arrow.Array, Stats) {
	data := d.root.finish(d.rows, d.arrow)
	stats := d.stats
	stats.Fields = nil
	for _, c := range d.columns {
		for r, n := range c.counts {
			if n > 0 {
				stats.Fields = append(stats.Fields, FieldCount{c.path, Reason(r), n})
			}
		}
		if c.counts = [reasons]int64{}; c.obj != nil && c.obj.jumps > d.rows {
			c.obj.forget() // the order of the keys has changed for good
		}
		if c.obj != nil {
			c.obj.jumps = 0
		}
	}
	d.stats, d.rows, d.bytes = Stats{}, 0, 0
	return array.MakeFromData(data), stats
}

// FinishRecord is Finish for a reader: the columns of the struct, as a record batch.
// It is only for decoders from NewDecoder whose rows come from Append.
func (d *Decoder) FinishRecord() (arrow.RecordBatch, Stats) {
	rows, stats := d.Finish()
	s := rows.(*array.Struct)
	cols := make([]arrow.Array, s.NumField())
	for i := range cols {
		cols[i] = s.Field(i)
	}
	return array.NewRecordBatch(d.schema, cols, int64(s.Len())), stats
}

// finish returns the first rows rows as an array's data, and empties the column.
func (c *column) finish(rows int, t arrow.DataType) arrow.ArrayData {
	c.truncate(rows)
	if rows > c.cap {
		c.grow(rows)
	}
	if c.kind == kindVoid {
		c.reset()
		return array.NewData(t, rows, []*memory.Buffer{nil}, nil, rows, 0)
	}
	c.fill(rows)
	buffers := []*memory.Buffer{c.bitmap(rows)}
	var children []arrow.ArrayData
	switch c.kind {
	case kindString, kindBinary:
		buffers = append(buffers, c.offsets(rows), memory.NewBufferBytes(c.bytes[:c.used:c.used]))
	case kindList:
		buffers = append(buffers, c.offsets(rows))
		children = []arrow.ArrayData{c.elem.finish(c.used, t.(*arrow.ListType).Elem())}
	case kindMap:
		m := t.(*arrow.MapType)
		buffers = append(buffers, c.offsets(rows))
		entries := []arrow.ArrayData{c.key.finish(c.used, m.KeyType()), c.elem.finish(c.used, m.ItemType())}
		children = []arrow.ArrayData{array.NewData(m.Elem(), c.used, []*memory.Buffer{nil}, entries, 0, 0)}
	case kindStruct:
		for i, f := range c.obj.cols {
			children = append(children, f.finish(rows, t.(*arrow.StructType).Field(i).Type))
		}
	case kindBool:
		buffers = append(buffers, memory.NewBufferBytes(c.fixed[:(rows+7)/8]))
	default:
		buffers = append(buffers, memory.NewBufferBytes(c.fixed[:rows*widths[c.kind]]))
	}
	data := array.NewData(t, rows, buffers, children, c.nulls, 0)
	c.rowsHint, c.byteHint = rows, c.used+c.used/8+64
	c.reset()
	return data
}

// reset forgets the buffers, which belong to the array now.
func (c *column) reset() {
	c.n, c.cap, c.used, c.nulls = 0, 0, 0, 0
	c.offs, c.bytes, c.valid = nil, nil, nil
	c.longs, c.doubles, c.ints, c.fixed = nil, nil, nil, nil
}

// bitmap returns the validity of the rows, nil if none is null.
func (c *column) bitmap(rows int) *memory.Buffer {
	if c.nulls == 0 {
		return nil
	}
	if rest := rows & 7; rest != 0 {
		c.valid[rows>>3] &= 1<<rest - 1
	}
	return memory.NewBufferBytes(c.valid[:(rows+7)/8])
}

func (c *column) offsets(rows int) *memory.Buffer {
	if c.offs == nil {
		c.offs = make([]int32, 1)
	}
	return memory.NewBufferBytes(cast(c.offs)[:(rows+1)*4])
}
