package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

var basics = map[pb.Type_Basic]*types.Basic{
	pb.Type_VOID: types.Void, pb.Type_BOOLEAN: types.Boolean,
	pb.Type_BYTE: types.Byte, pb.Type_SHORT: types.Short, pb.Type_INT: types.Int, pb.Type_LONG: types.Long,
	pb.Type_FLOAT: types.Float, pb.Type_DOUBLE: types.Double,
	pb.Type_STRING: types.String, pb.Type_BINARY: types.Binary,
	pb.Type_DATE: types.Date, pb.Type_TIMESTAMP: types.Timestamp, pb.Type_TIMESTAMP_NTZ: types.TimestampNTZ,
	pb.Type_INTERVAL: types.Interval,
}

// numberOf returns the number of a type in the envelope's list, which it joins
// if it is new. Structs are known again by their fields, since a wide one is the
// type of many expressions.
func (e *encoder) numberOf(t types.Type) (uint32, error) {
	s, isStruct := t.(types.Struct)
	if isStruct = isStruct && len(s.Fields) > 0; isStruct {
		if n, ok := e.structs[structKey{&s.Fields[0], len(s.Fields)}]; ok {
			return n, nil
		}
	}
	msg, err := e.typ(t)
	if err != nil {
		return 0, err
	}
	key, err := proto.MarshalOptions{Deterministic: true}.Marshal(msg)
	if err != nil {
		return 0, err
	}
	n, ok := e.known[string(key)]
	if !ok {
		n = uint32(len(e.types))
		e.known[string(key)] = n
		e.types = append(e.types, msg)
	}
	if isStruct {
		e.structs[structKey{&s.Fields[0], len(s.Fields)}] = n
	}
	return n, nil
}

// structKey is the identity of a list of fields.
type structKey struct {
	first *types.Field
	n     int
}

func (e *encoder) typ(t types.Type) (*pb.Type, error) {
	if err := e.depth.enter(); err != nil {
		return nil, err
	}
	defer e.depth.leave()
	switch t := t.(type) {
	case *types.Basic:
		for n, b := range basics {
			if b == t {
				return &pb.Type{Kind: &pb.Type_Basic_{Basic: n}}, nil
			}
		}
	case types.Decimal:
		return &pb.Type{Kind: &pb.Type_Decimal_{Decimal: &pb.Type_Decimal{Precision: uint32(t.Precision), Scale: uint32(t.Scale)}}}, nil
	case types.Array:
		elem, err := e.typ(t.Elem)
		return &pb.Type{Kind: &pb.Type_Array_{Array: &pb.Type_Array{Elem: elem, ContainsNull: t.ContainsNull}}}, err
	case types.Map:
		key, err := e.typ(t.Key)
		if err != nil {
			return nil, err
		}
		value, err := e.typ(t.Value)
		return &pb.Type{Kind: &pb.Type_Map_{Map: &pb.Type_Map{Key: key, Value: value, ValueContainsNull: t.ValueContainsNull}}}, err
	case types.Struct:
		fields, err := e.columns(t.Fields)
		return &pb.Type{Kind: &pb.Type_Struct_{Struct: &pb.Type_Struct{Fields: fields}}}, err
	}
	return nil, fmt.Errorf("no form for a type of kind %T", t)
}

func (e *encoder) columns(fields []types.Field) ([]*pb.Column, error) {
	out := make([]*pb.Column, len(fields))
	for i, f := range fields {
		t, err := e.typ(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", types.QuoteIfNeeded(f.Name), err)
		}
		out[i] = &pb.Column{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return out, nil
}

func (e *encoder) schema(s *types.Schema) (*pb.Schema, error) {
	if s == nil {
		return nil, nil
	}
	cols, err := e.columns(s.Fields())
	return &pb.Schema{Columns: cols}, err
}

func (d *decoder) typ(m *pb.Type) (types.Type, error) {
	if err := d.depth.enter(); err != nil {
		return nil, err
	}
	defer d.depth.leave()
	switch k := m.GetKind().(type) {
	case *pb.Type_Basic_:
		if b, ok := basics[k.Basic]; ok {
			return b, nil
		}
	case *pb.Type_Decimal_:
		return decimal(k.Decimal.GetPrecision(), k.Decimal.GetScale())
	case *pb.Type_Array_:
		elem, err := d.typ(k.Array.GetElem())
		return types.Array{Elem: elem, ContainsNull: k.Array.GetContainsNull()}, err
	case *pb.Type_Map_:
		key, err := d.typ(k.Map.GetKey())
		if err != nil {
			return nil, err
		}
		value, err := d.typ(k.Map.GetValue())
		return types.Map{Key: key, Value: value, ValueContainsNull: k.Map.GetValueContainsNull()}, err
	case *pb.Type_Struct_:
		fields, err := d.columns(k.Struct.GetFields())
		return types.Struct{Fields: fields}, err
	}
	return nil, unknown("a type")
}

func decimal(precision, scale uint32) (types.Decimal, error) {
	if precision < 1 || precision > types.MaxPrecision || scale > precision {
		return types.Decimal{}, fmt.Errorf("no type decimal(%d,%d)", precision, scale)
	}
	return types.Decimal{Precision: int(precision), Scale: int(scale)}, nil
}

func (d *decoder) columns(list []*pb.Column) ([]types.Field, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]types.Field, len(list))
	for i, c := range list {
		t, err := d.typ(c.GetType())
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", types.QuoteIfNeeded(c.GetName()), err)
		}
		out[i] = types.Field{Name: c.GetName(), Type: t, Nullable: c.GetNullable()}
	}
	return out, nil
}

func (d *decoder) schema(m *pb.Schema) (*types.Schema, error) {
	fields, err := d.columns(m.GetColumns())
	if err != nil {
		return nil, err
	}
	return types.NewSchema(fields...), nil
}

// unknown is the error for what a newer version wrote, or nobody.
func unknown(what string) error {
	return fmt.Errorf("%s of a kind that is not known here; run the same version of riffle everywhere", what)
}
