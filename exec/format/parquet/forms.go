package parquet

import (
	"fmt"
	"reflect"

	"github.com/apache/arrow-go/v18/arrow"
	pq "github.com/parquet-go/parquet-go"

	"github.com/riffledata/riffle/dataframe/types"
)

// form is how a column stands in a file, and what takes it apart.
type form struct {
	node   pq.Node
	shred  shredder
	fields []shredder // of the root
}

// fields returns the form of columns that stand side by side, of which a value that
// is there has the levels def and rep.
func (w *Writer) fields(in []arrow.Field, def, rep int) (form, error) {
	var out form
	g := ordered{Node: pq.Group{}}
	for _, f := range in {
		child, err := w.field(f, def, rep)
		if err != nil {
			return out, err
		}
		g.fields = append(g.fields, named{child.node, f.Name})
		out.fields = append(out.fields, child.shred)
	}
	out.node = g
	return out, nil
}

func (w *Writer) field(f arrow.Field, def, rep int) (form, error) {
	if f.Nullable {
		def++
	}
	out, err := w.value(f, def, rep)
	if err == nil && f.Nullable {
		out.node = pq.Optional(out.node)
	}
	return out, err
}

func (w *Writer) value(f arrow.Field, def, rep int) (form, error) {
	switch t := f.Type.(type) {
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return form{}, fmt.Errorf("the column %s is a struct without fields, which has no form in Parquet; leave it out", types.QuoteIfNeeded(f.Name))
		}
		g, err := w.fields(t.Fields(), def, rep)
		return form{node: g.node, shred: &structs{nullable: f.Nullable, fields: g.fields, def: def}}, err
	case *arrow.ListType:
		elem, err := w.field(t.ElemField(), def+1, rep+1)
		if err != nil {
			return form{}, err
		}
		return form{node: pq.List(elem.node), shred: &lists{nullable: f.Nullable, elem: elem.shred, def: def, rep: rep + 1}}, nil
	case *arrow.MapType:
		g, err := w.fields(t.Elem().(*arrow.StructType).Fields(), def+1, rep+1)
		if err != nil {
			return form{}, err
		}
		entries := g.node.Fields()
		return form{node: pq.Map(entries[0], entries[1]), shred: &lists{nullable: f.Nullable, elem: &structs{fields: g.fields, def: def + 1}, def: def, rep: rep + 1}}, nil
	}
	node, fill, err := leafOf(f)
	if err != nil {
		return form{}, err
	}
	c := &column{index: len(w.leaves), nullable: f.Nullable, def: def, fill: fill}
	w.leaves = append(w.leaves, c)
	return form{node: node, shred: c}, nil
}

// leafOf returns the form of a column of plain values.
func leafOf(f arrow.Field) (pq.Node, filler, error) {
	coded := func(n pq.Node) pq.Node { return pq.Encoded(n, &pq.RLEDictionary) }
	switch t := f.Type.(type) {
	case *arrow.BooleanType:
		return pq.Leaf(pq.BooleanType), fillBooleans, nil
	case *arrow.Int8Type:
		return coded(pq.Int(8)), fillInt8s, nil
	case *arrow.Int16Type:
		return coded(pq.Int(16)), fillInt16s, nil
	case *arrow.Int32Type:
		return coded(pq.Int(32)), fillInt32s, nil
	case *arrow.Int64Type:
		return coded(pq.Int(64)), fillInt64s, nil
	case *arrow.Float32Type:
		return coded(pq.Leaf(pq.FloatType)), fillFloats, nil
	case *arrow.Float64Type:
		return coded(pq.Leaf(pq.DoubleType)), fillDoubles, nil
	case *arrow.StringType:
		return coded(pq.String()), fillStrings, nil
	case *arrow.BinaryType:
		return coded(pq.Leaf(pq.ByteArrayType)), fillBinaries, nil
	case *arrow.Date32Type:
		return coded(pq.Date()), fillDates, nil
	case *arrow.TimestampType:
		if t.Unit == arrow.Microsecond {
			return coded(pq.TimestampAdjusted(pq.Microsecond, t.TimeZone != "")), fillTimes, nil
		}
	case *arrow.Decimal128Type:
		node, fill := decimalForm(int(t.Precision), int(t.Scale))
		return coded(node), fill, nil
	}
	return nil, nil, fmt.Errorf("the column %s of type %s has no form in Parquet; cast it to string, or leave it out", types.QuoteIfNeeded(f.Name), f.Type)
}

// decimalForm is a whole number where it fits into one.
func decimalForm(precision, scale int) (pq.Node, filler) {
	switch {
	case precision <= 9:
		return pq.Decimal(scale, precision, pq.Int32Type), fillDecimals32
	case precision <= 18:
		return pq.Decimal(scale, precision, pq.Int64Type), fillDecimals64
	}
	return pq.Decimal(scale, precision, pq.FixedLenByteArrayType(16)), fillDecimals
}

// ordered is a group whose columns keep their order; the library's own sorts them.
type ordered struct {
	pq.Node
	fields []pq.Field
}

// Fields are the columns.
func (g ordered) Fields() []pq.Field { return g.fields }

// named is a column of a group.
type named struct {
	pq.Node
	name string
}

// Name is the column's name.
func (n named) Name() string { return n.name }

// Value is for rows that are Go values, which there are none of.
func (n named) Value(reflect.Value) reflect.Value { return reflect.Value{} }
