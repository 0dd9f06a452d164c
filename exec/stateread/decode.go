package stateread

import (
	"encoding/hex"
	"encoding/json"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	jsonformat "github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/state"
)

// decoder reads the pairs of one space.
type decoder struct {
	key, value side
}

// side is the form of keys or of values.
type side struct {
	schema *types.Schema // nil: bytes that no schema describes
	decode func([][]byte) ([]arrow.Array, error)
	json   *jsonformat.Encoder
}

// newDecoder makes the decoder of a space.
func newDecoder(sp state.Space) (decoder, error) {
	key, err := newSide(sp.Key, func(t []arrow.DataType) (func([][]byte) ([]arrow.Array, error), error) {
		c, err := state.NewKeyCodec(t)
		if err != nil {
			return nil, err
		}
		return c.Decode, nil
	})
	if err != nil {
		return decoder{}, err
	}
	value, err := newSide(sp.Value, func(t []arrow.DataType) (func([][]byte) ([]arrow.Array, error), error) {
		c, err := state.NewRowCodec(t)
		if err != nil {
			return nil, err
		}
		return c.Decode, nil
	})
	return decoder{key, value}, err
}

func newSide(ddl string, codec func([]arrow.DataType) (func([][]byte) ([]arrow.Array, error), error)) (side, error) {
	if ddl == "" {
		return side{}, nil
	}
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		return side{}, err
	}
	fields := schema.Arrow().Fields()
	list := make([]arrow.DataType, len(fields))
	for i, f := range fields {
		list[i] = f.Type
	}
	decode, err := codec(list)
	if err != nil {
		return side{}, err
	}
	o := jsonformat.DefaultWriteOptions()
	o.IgnoreNullFields = false
	encode, err := jsonformat.NewEncoder(schema.Struct(), o)
	if err != nil {
		return side{}, nil //nolint:nilerr // what has no JSON is shown as bytes
	}
	return side{schema, decode, encode}, nil
}

// texts returns JSON of each of some keys or values: an object of the columns, or
// the bytes in hexadecimal where they are of no form that a schema describes.
func (s side) texts(list [][]byte) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(list))
	if s.schema == nil {
		for i, b := range list {
			out[i] = json.RawMessage(`"` + hex.EncodeToString(b) + `"`)
		}
		return out, nil
	}
	cols, err := s.decode(list)
	if err != nil {
		return nil, err
	}
	for i := range list {
		out[i] = s.json.AppendRow(nil, cols, i)
	}
	return out, nil
}
