package fn

import (
	"encoding"
	"encoding/json"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Aggregator is a user-defined aggregate function: it folds the values of a
// group into a buffer. A method may change the buffer that it is given first and
// return it. The order in which values come and buffers are merged is not
// defined, and the result should not depend on it.
//
// Buffers travel between tasks and into checkpoints as JSON (encoding/json), or
// as their own bytes if *Buf is an encoding.BinaryMarshaler and
// BinaryUnmarshaler: what that leaves out is lost, and JSON has no NaN.
type Aggregator[In, Buf, Out any] interface {
	// Zero is the buffer of a group without values.
	Zero() Buf
	// Add takes in a value.
	Add(Buf, In) Buf
	// Merge joins two buffers.
	Merge(a, b Buf) Buf
	// Result is the value of the function.
	Result(Buf) Out
}

// Remover is an Aggregator that can take a value back, and so aggregates input
// whose rows can be taken back (the result of another aggregation, an outer
// join) in the space of a buffer. A value may be removed before it is added,
// in buffers that are merged later: buffers must be able to hold less than
// nothing, as counts and sums are. For an Aggregator that is no Remover riffle
// keeps the values of each group of such input, and folds them anew for each result.
type Remover[In, Buf any] interface {
	Remove(Buf, In) Buf
}

// Pair is a value of each of two arguments.
type Pair[A, B any] struct {
	First  A
	Second B
}

// UDAF registers an aggregate function of one value and returns it as a function
// of columns. It is known by its name to SQL too, travels by it, and must be
// registered before main, in a package variable. It panics if the name is taken
// or a type is none that UDF1 takes. Rows in which the value is null are left out, unless
// In is a pointer; a result that is a nil pointer is null.
func UDAF[In, Buf, Out any](name string, agg Aggregator[In, Buf, Out]) func(a any) Column {
	reg := register(name, []types.Type{udfType[In](name)}, agg, func(args []any) reader[In] {
		return readerOf[In](args[0].(arrow.Array))
	})
	return func(a any) Column { return reg(a) }
}

// UDAF2 is UDAF for a function of two values.
func UDAF2[A, B, Buf, Out any](name string, agg Aggregator[Pair[A, B], Buf, Out]) func(a, b any) Column {
	reg := register(name, []types.Type{udfType[A](name), udfType[B](name)}, agg, func(args []any) reader[Pair[A, B]] {
		a, b := readerOf[A](args[0].(arrow.Array)), readerOf[B](args[1].(arrow.Array))
		return reader[Pair[A, B]]{
			ok:  func(i int) bool { return a.ok(i) && b.ok(i) },
			get: func(i int) Pair[A, B] { return Pair[A, B]{a.get(i), b.get(i)} },
		}
	})
	return func(a, b any) Column { return reg(a, b) }
}

func register[In, Buf, Out any](name string, args []types.Type, agg Aggregator[In, Buf, Out], read func(args []any) reader[In]) func(args ...any) Column {
	remover, removes := agg.(Remover[In, Buf])
	expr.Register(&expr.UDF{Name: name, Args: args, Result: udfType[Out](name), Deterministic: true, Removes: removes,
		Buffers: func() expr.Buffers {
			return &buffers[In, Buf, Out]{agg: agg, remover: remover, read: read}
		}})
	return func(args ...any) Column { return call(name, args...) }
}

// buffers are those of one task.
type buffers[In, Buf, Out any] struct {
	agg     Aggregator[In, Buf, Out]
	remover Remover[In, Buf]
	read    func(args []any) reader[In]
	v       []Buf
}

func (b *buffers[In, Buf, Out]) Grow(n int) {
	for len(b.v) < n {
		b.v = append(b.v, b.agg.Zero())
	}
}

func (b *buffers[In, Buf, Out]) Truncate(n int) {
	clear(b.v[min(n, len(b.v)):])
	b.v = b.v[:min(n, len(b.v))]
}

func (b *buffers[In, Buf, Out]) Update(groups []uint32, args []any, changes []int8) error {
	in := b.read(args)
	for j, g := range groups {
		switch {
		case !in.ok(j):
		case changes == nil || changes[j] > 0:
			b.v[g] = b.agg.Add(b.v[g], in.get(j))
		case b.remover == nil:
			return fmt.Errorf("a row is taken back; give the aggregate a method Remove")
		default:
			b.v[g] = b.remover.Remove(b.v[g], in.get(j))
		}
	}
	return nil
}

func (b *buffers[In, Buf, Out]) Encode(groups []uint32) ([][]byte, error) {
	out := make([][]byte, len(groups))
	for j, g := range groups {
		var err error
		if m, ok := any(&b.v[g]).(encoding.BinaryMarshaler); ok {
			out[j], err = m.MarshalBinary()
		} else {
			out[j], err = json.Marshal(&b.v[g])
		}
		if err != nil {
			return nil, fmt.Errorf("its buffer cannot be encoded; make it a MarshalBinary: %w", err)
		}
	}
	return out, nil
}

func decodeBuffer[Buf any](data []byte) (v Buf, err error) {
	if m, ok := any(&v).(encoding.BinaryUnmarshaler); ok {
		err = m.UnmarshalBinary(data)
	} else {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		err = fmt.Errorf("its buffer cannot be decoded; if its type has changed, start from a new checkpoint: %w", err)
	}
	return v, err
}

func (b *buffers[In, Buf, Out]) Decode(groups []uint32, states [][]byte) (err error) {
	for j, g := range groups {
		if b.v[g], err = decodeBuffer[Buf](states[j]); err != nil {
			return err
		}
	}
	return nil
}

func (b *buffers[In, Buf, Out]) Merge(groups []uint32, states [][]byte) error {
	for j, g := range groups {
		v, err := decodeBuffer[Buf](states[j])
		if err != nil {
			return err
		}
		b.v[g] = b.agg.Merge(b.v[g], v)
	}
	return nil
}

func (b *buffers[In, Buf, Out]) Result(groups []uint32) (any, error) {
	out := newResults[Out](len(groups))
	for j, g := range groups {
		out.set(j, b.agg.Result(b.v[g]))
	}
	return out.array(), nil
}

// Bytes counts the buffers themselves, and not what they point to.
func (b *buffers[In, Buf, Out]) Bytes() int64 {
	var zero Buf
	return int64(cap(b.v)) * int64(unsafe.Sizeof(zero))
}
