package operator

import (
	"encoding/binary"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/state"
)

type rowCodec struct{ types []arrow.DataType }

func newRowCodec(types []arrow.DataType) (*rowCodec, error) { return &rowCodec{types}, nil }

func (c *rowCodec) Encoder(cols []arrow.Array) (func(dst []byte, row int) []byte, error) {
	fs := make([]state.Appender, len(cols))
	for i, a := range cols {
		var err error
		if fs[i], err = state.NewAppender(a); err != nil {
			return nil, err
		}
	}
	return func(dst []byte, row int) []byte {
		for _, f := range fs {
			dst = f(dst, row)
		}
		return dst
	}, nil
}

func (c *rowCodec) Decode(rows [][]byte) ([]arrow.Array, error) {
	bs := make([]array.Builder, len(c.types))
	for i, t := range c.types {
		bs[i] = array.NewBuilder(memory.DefaultAllocator, t)
	}
	for _, r := range rows {
		for _, b := range bs {
			var err error
			if r, err = decodeOne(b, r); err != nil {
				return nil, err
			}
		}
	}
	out := make([]arrow.Array, len(bs))
	for i, b := range bs {
		out[i] = b.NewArray()
	}
	return out, nil
}

func decodeOne(b array.Builder, r []byte) ([]byte, error) {
	if r[0] == 0 {
		b.AppendNull()
		return r[1:], nil
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(int64(binary.LittleEndian.Uint64(r[1:])))
		return r[9:], nil
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(binary.LittleEndian.Uint64(r[2:])))
		return r[10:], nil
	case *array.StringBuilder:
		n := binary.LittleEndian.Uint32(r[1:])
		b.Append(string(r[5 : 5+n]))
		return r[5+n:], nil
	}
	return nil, errors.New("type")
}
