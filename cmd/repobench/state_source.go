package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// keySchema is that of the rows: a text of 16 hexadecimal digits.
var keySchema = types.NewSchema(types.Field{Name: "key", Type: types.String, Nullable: true})

// keyProvider is the source format "keys": row i has key i modulo the number of
// keys, scattered so that neighbours are far apart.
type keyProvider struct{ run stateRun }

func (keyProvider) Format() string         { return "keys" }
func (keyProvider) Options() []option.Spec { return nil }
func (keyProvider) Describe(context.Context, source.Spec) (*types.Schema, error) {
	return keySchema, nil
}
func (p keyProvider) Open(context.Context, source.Spec) (source.Source, error) {
	return keySource(p), nil
}

const (
	scatter  = 0x9E3779B97F4A7C15 // odd: each number is scattered to one of its own
	rotation = 32
)

// appendKey writes the text of a key.
func appendKey(dst []byte, n int64) []byte {
	x := bits.RotateLeft64(uint64(n)*scatter, rotation)
	var raw [8]byte
	for i := range raw {
		raw[i] = byte(x >> (56 - 8*i))
	}
	return hex.AppendEncode(dst, raw[:])
}

// keyNumber reads what appendKey wrote.
func keyNumber(text string) (int64, error) {
	var raw [8]byte
	if _, err := hex.Decode(raw[:], []byte(text)); err != nil || len(text) != 16 {
		return 0, fmt.Errorf("%q is no key", text)
	}
	x := uint64(0)
	for _, b := range raw {
		x = x<<8 | uint64(b)
	}
	inverse := uint64(scatter) // by Newton's method, each step doubles the bits that are right
	for range 6 {
		inverse *= 2 - scatter*inverse
	}
	return int64(bits.RotateLeft64(x, -rotation) * inverse), nil
}

type keySource struct{ run stateRun }

func (keySource) Schema() *types.Schema { return keySchema }
func (keySource) Bounds(context.Context) (from, to source.Offset, err error) {
	return nil, nil, errors.New("read it as a stream")
}
func (keySource) Initial(context.Context) (source.Offset, error) { return source.Offset("0"), nil }
func (keySource) Freeze(context.Context) error                   { return nil }
func (keySource) Close() error                                   { return nil }

func (s keySource) Next(_ context.Context, from source.Offset) (source.Offset, error) {
	var at int64
	if err := json.Unmarshal(from, &at); err != nil {
		return nil, err
	}
	return json.Marshal(max(at, min(at+s.run.Batch, s.run.To)))
}

func (keySource) Wait(ctx context.Context, _ source.Offset) error {
	<-ctx.Done()
	return ctx.Err()
}

// Plan makes two ranges of a batch.
func (keySource) Plan(_ context.Context, from, to source.Offset) ([]source.Range, error) {
	var a, b int64
	if err := errors.Join(json.Unmarshal(from, &a), json.Unmarshal(to, &b)); err != nil {
		return nil, err
	}
	var out []source.Range
	for _, r := range [][2]int64{{a, (a + b) / 2}, {(a + b) / 2, b}} {
		text, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		out = append(out, source.Range{Split: text, Rows: r[1] - r[0]})
	}
	return out, nil
}

func (s keySource) Open(_ context.Context, r source.Range) (batch.Stream, error) {
	var ends [2]int64
	err := json.Unmarshal(r.Split, &ends)
	return &keyRows{s.run.Distinct, ends[0], ends[1]}, err
}

type keyRows struct{ distinct, next, end int64 }

func (*keyRows) String() string        { return "Keys" }
func (*keyRows) Schema() *arrow.Schema { return keySchema.Arrow() }
func (*keyRows) Close() error          { return nil }

func (r *keyRows) Next(context.Context) (batch.Batch, error) {
	n := int(min(batch.MaxRows, r.end-r.next))
	if n <= 0 {
		return batch.Batch{}, io.EOF
	}
	offsets, data := make([]int32, n+1), make([]byte, 0, 16*n)
	for i := range n {
		data = appendKey(data, (r.next+int64(i))%r.distinct)
		offsets[i+1] = int32(len(data))
	}
	r.next += int64(n)
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(offsets)), memory.NewBufferBytes(data)}
	keys := array.NewStringData(array.NewData(arrow.BinaryTypes.String, n, buffers, nil, 0, 0))
	return batch.Batch{Record: array.NewRecordBatch(keySchema.Arrow(), []arrow.Array{keys}, int64(n))}, nil
}
