package stateread

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/state"
)

// Columns reads one state as columns: key and value, structs of the columns that
// the operator declares, or binary where it declares none, and group, the number
// of the key group.
type Columns struct {
	Schema *types.Schema

	v      *Version
	choice Choice
	dec    decoder
}

// Columns prepares to read a state of an operator. Names may be "" where there is
// one alone; of several states the first is taken.
func (v *Version) Columns(c Choice) (*Columns, error) {
	if err := v.Check(c); err != nil {
		return nil, err
	}
	if c.Operator == "" && len(v.Specs) > 1 {
		return nil, fmt.Errorf("the query has %d operators with state, and one is read at a time; name it: %s is the first", len(v.Specs), v.Specs[0].Operator)
	}
	for _, s := range v.Specs {
		for _, sp := range s.Spaces {
			if !c.takes(s.Operator, sp) {
				continue
			}
			dec, err := newDecoder(sp)
			if err != nil {
				return nil, err
			}
			schema := types.NewSchema(types.Field{Name: "key", Type: dec.key.columnType()}, types.Field{Name: "value", Type: dec.value.columnType()},
				types.Field{Name: "group", Type: types.Int})
			return &Columns{schema, v, Choice{s.Operator, sp.Name}, dec}, nil
		}
	}
	return nil, fmt.Errorf("%s keeps nothing that could be read", c.Operator)
}

func (s side) columnType() types.Type {
	if s.schema == nil {
		return types.Binary
	}
	return s.schema.Struct()
}

// column decodes keys or values to one column.
func (s side) column(list [][]byte) (arrow.Array, error) {
	if s.schema == nil {
		b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
		b.AppendValues(list, nil)
		return b.NewArray(), nil
	}
	cols, err := s.decode(list)
	if err != nil {
		return nil, err
	}
	data := make([]arrow.ArrayData, len(cols))
	for i, c := range cols {
		data[i] = c.Data()
	}
	return array.NewStructData(array.NewData(types.ToArrow(s.columnType()), len(list), []*memory.Buffer{nil}, data, 0, 0)), nil
}

// Each calls f with record batches of the schema.
func (c *Columns) Each(ctx context.Context, f func(arrow.RecordBatch) error) error {
	schema := c.Schema.Arrow()
	return c.v.chunks(ctx, c.choice, func(ch *chunk) error {
		key, err := c.dec.key.column(rests(ch.keys))
		if err != nil {
			return err
		}
		value, err := c.dec.value.column(ch.values)
		if err != nil {
			return err
		}
		groups := array.NewInt32Builder(memory.DefaultAllocator)
		for _, k := range ch.keys {
			groups.Append(int32(state.GroupOf(k)))
		}
		return f(array.NewRecordBatch(schema, []arrow.Array{key, value, groups.NewArray()}, int64(len(ch.keys))))
	})
}
