package parquet

import (
	"fmt"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/riffledata/riffle/dataframe/types"
)

// level is a place in the tree of a file's columns.
type level struct {
	// def is the level of definition of a value that is there, and not null.
	def int
	// rep is the level of repetition of the innermost list around it, 0 for none.
	rep int
	// base is the level of definition below which an entry stands for no value at
	// all, not even null: the list around it is empty, or null.
	base int
}

// builder makes the nodes by which a file is read.
type builder struct {
	file   *pq.File
	leaves []*leaf
}

// columns makes the nodes of all columns.
func (b *builder) columns() ([]types.Field, []node, error) {
	for _, e := range b.file.Metadata().Schema {
		if _, half := e.LogicalType.Value.(*format.Float16Type); half { // bytes to the library
			return nil, nil, fmt.Errorf("the column %s is of floats of 16 bits, which have no twin here; write it with 32, or leave it out", types.QuoteIfNeeded(e.Name))
		}
	}
	if err := checkCodecs(b.file.Metadata()); err != nil {
		return nil, nil, err
	}
	return b.fields(b.file.Root().Columns(), level{})
}

// checkCodecs refuses compressions that the library gets wrong: where LZ4_RAW has
// not made a page a third as long it gives other bytes
// (https://github.com/parquet-go/parquet-go/issues/608), and it takes that of the
// first row group for all.
func checkCodecs(meta *format.FileMetaData) error {
	for _, g := range meta.RowGroups {
		for i, c := range g.Columns {
			name := types.QuoteIfNeeded(strings.Join(c.MetaData.PathInSchema, "."))
			if c.MetaData.Codec == format.Lz4Raw {
				return fmt.Errorf("the column %s is compressed by LZ4_RAW, which cannot be read; write it by zstd or snappy", name)
			}
			if first := meta.RowGroups[0].Columns; i < len(first) && c.MetaData.Codec != first[i].MetaData.Codec {
				return fmt.Errorf("the column %s is compressed by %s here and by %s there, which cannot be read; write it by one", name, first[i].MetaData.Codec, c.MetaData.Codec)
			}
		}
	}
	return nil
}

// fields makes nodes of columns that stand side by side.
func (b *builder) fields(columns []*pq.Column, at level) ([]types.Field, []node, error) {
	fields := make([]types.Field, len(columns))
	nodes := make([]node, len(columns))
	for i, c := range columns {
		var err error
		if fields[i], nodes[i], err = b.field(c, at); err != nil {
			return nil, nil, err
		}
	}
	return fields, nodes, nil
}

// field makes the node of a column, with its repetition.
func (b *builder) field(c *pq.Column, at level) (types.Field, node, error) {
	f := types.Field{Name: c.Name(), Nullable: c.Optional()}
	var n node
	var err error
	switch {
	case c.Repeated(): // a list without a name of its own, as Protocol Buffers have them
		in := level{at.def + 1, at.rep + 1, at.def + 1}
		var elem types.Type
		if elem, n, err = b.value(c, in); err == nil {
			f.Type = types.Array{Elem: elem}
			n = &list{at: at, typ: types.ToArrow(f.Type), elem: n}
		}
	default:
		if c.Optional() {
			at.def++
		}
		f.Type, n, err = b.value(c, at)
	}
	return f, n, err
}

// value makes the node of a column whose own repetition stands in at.
func (b *builder) value(c *pq.Column, at level) (types.Type, node, error) {
	switch {
	case c.Leaf():
		return b.leaf(c, at)
	case len(c.Columns()) == 0:
		return nil, nil, fmt.Errorf("the column %s is a group without columns", types.QuoteIfNeeded(c.Name()))
	}
	if logical := c.Type().LogicalType(); logical != nil {
		switch logical.Value.(type) {
		case *format.ListType:
			return b.list(c, at)
		case *format.MapType:
			return b.entries(c, at)
		case *format.VariantType:
			return nil, nil, fmt.Errorf("the column %s is a variant, which has no twin here; leave it out", types.QuoteIfNeeded(c.Name()))
		}
	}
	fields, nodes, err := b.fields(c.Columns(), at)
	if err != nil {
		return nil, nil, err
	}
	t := types.Struct{Fields: fields}
	return t, &group{at: at, typ: types.ToArrow(t), fields: nodes}, nil
}

// list makes the node of a list: a group of one repeated column, which is the
// element, or a group of the element.
func (b *builder) list(c *pq.Column, at level) (types.Type, node, error) {
	repeated, err := onlyRepeated(c)
	if err != nil {
		return nil, nil, err
	}
	in := level{at.def + 1, at.rep + 1, at.def + 1}
	elem := types.Field{}
	var n node
	if twoLevels(c, repeated) {
		elem.Type, n, err = b.value(repeated, in)
	} else {
		elem, n, err = b.field(repeated.Columns()[0], in)
	}
	if err != nil {
		return nil, nil, err
	}
	t := types.Array{Elem: elem.Type, ContainsNull: elem.Nullable}
	return t, &list{at: at, typ: types.ToArrow(t), elem: n}, nil
}

// twoLevels tells whether the repeated column of a list is its element, as older
// programs wrote it: the format's rules for compatibility.
func twoLevels(list, repeated *pq.Column) bool {
	return repeated.Leaf() || len(repeated.Columns()) != 1 || repeated.Columns()[0].Repeated() ||
		repeated.Name() == "array" || repeated.Name() == list.Name()+"_tuple"
}

// entries makes the node of a map: a group of one repeated group of key and value.
func (b *builder) entries(c *pq.Column, at level) (types.Type, node, error) {
	repeated, err := onlyRepeated(c)
	if err != nil {
		return nil, nil, err
	}
	if repeated.Leaf() || len(repeated.Columns()) != 2 {
		return nil, nil, fmt.Errorf("the map %s has no key and value", types.QuoteIfNeeded(c.Name()))
	}
	in := level{at.def + 1, at.rep + 1, at.def + 1}
	fields, nodes, err := b.fields(repeated.Columns(), in)
	if err != nil {
		return nil, nil, err
	}
	t := types.Map{Key: fields[0].Type, Value: fields[1].Type, ValueContainsNull: fields[1].Nullable}
	typ := types.ToArrow(t)
	return t, &list{at: at, typ: typ, elem: &group{at: in, typ: entryType(typ), fields: nodes, keyed: true}}, nil
}

// onlyRepeated returns the one column of a group, which has to be repeated.
func onlyRepeated(c *pq.Column) (*pq.Column, error) {
	if in := c.Columns(); len(in) == 1 && in[0].Repeated() {
		return in[0], nil
	}
	return nil, fmt.Errorf("the column %s is said to be a list or a map, but has not the form of one", types.QuoteIfNeeded(c.Name()))
}
