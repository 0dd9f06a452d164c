package operator

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// best is the accumulator of min, max, min_by and max_by where rows only come: the value of the row
// whose key is the smallest or largest of the group. Rows whose key is null do
// not count; of rows with equal keys the first one wins.
type best struct {
	storage
	aggregate
	largest bool
	order   order
	keys    valueStore
	values  valueStore // nil where the keys are the values
}

// order keeps the best key of each group in a form that compares fast.
type order interface {
	store
	// winners finds the rows of a that are better than what their group has, and
	// remembers their keys: groups, and rows of the array.
	winners(groups []uint32, v kernel.Value, rows kernel.Rows, largest bool) ([]uint32, []int32, error)
}

func newBest(largest bool) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) != 1 {
			return nil, a.errorf("it takes one argument, not %d", len(a.args))
		}
		return a.best(largest, 0)
	}
}

func newBestBy(largest bool) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) != 2 {
			return nil, a.errorf("it takes a value and what to order by, not %d arguments", len(a.args))
		}
		return a.best(largest, 1)
	}
}

func (a aggregate) best(largest bool, by int) (Accumulator, error) {
	if a.retract {
		return a.rankedBest(largest, by)
	}
	b, dt := &best{aggregate: a, largest: largest}, a.arrowArg(by)
	if orderedWords(newNulls(dt, 0)) != nil {
		b.order = &wordOrder{}
	} else if _, err := newAppender(newNulls(dt, 0), false, true); err == nil {
		b.order = &byteOrder{textStore: textStore{dt: arrow.BinaryTypes.Binary}}
	} else {
		return nil, a.errorf("%s has no order", a.args[by].Name())
	}
	var err error
	if b.keys, err = newValueStore(dt); err != nil {
		return nil, err
	}
	b.storage = storage{b.order, b.keys}
	if by > 0 {
		if b.values, err = newValueStore(a.arrowArg(0)); err != nil {
			return nil, err
		}
		b.storage = append(b.storage, b.values)
	}
	return b, nil
}

func (b *best) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := b.additive(rows, changes); err != nil {
		return err
	}
	key := args[len(args)-1]
	won, at, err := b.order.winners(groups, key, rows, b.largest)
	if err != nil || len(won) == 0 {
		return err
	}
	if err := b.keys.assign(won, key.Array, arrayRows(key, at)); err != nil || b.values == nil {
		return err
	}
	return b.values.assign(won, args[0].Array, arrayRows(args[0], at))
}

// arrayRows are the rows of an array that stand for rows of the batch.
func arrayRows(v kernel.Value, rows []int32) []int32 {
	if v.Const {
		return make([]int32, len(rows))
	}
	return rows
}

func (b *best) StateTypes() []arrow.DataType {
	if b.values == nil {
		return []arrow.DataType{b.arrowArg(0)}
	}
	return []arrow.DataType{b.arrowArg(0), b.arrowArg(1)}
}

func (b *best) State(groups []uint32) ([]arrow.Array, error) {
	key, err := b.keys.gather(groups)
	if err != nil || b.values == nil {
		return []arrow.Array{key}, err
	}
	value, err := b.values.gather(groups)
	return []arrow.Array{value, key}, err
}

func (b *best) Merge(groups []uint32, state []arrow.Array) error {
	args := make([]kernel.Value, len(state))
	for k, a := range state {
		args[k].Array = a
	}
	return b.Update(groups, args, kernel.Rows{N: len(groups)}, nil)
}

func (b *best) Result(groups []uint32) (arrow.Array, error) {
	if b.values != nil {
		return b.values.gather(groups)
	}
	return b.keys.gather(groups)
}

// wordOrder keeps keys as integers.
type wordOrder struct{ cells[optional[int64]] }

func (o *wordOrder) winners(groups []uint32, v kernel.Value, rows kernel.Rows, largest bool) (won []uint32, at []int32, _ error) {
	if v.Array.DataType().ID() == arrow.NULL {
		return nil, nil, nil
	}
	words, valid := orderedWords(v.Array), validArg(v)
	for j, g := range groups {
		i := row(rows, j)
		if !valid.row(i) {
			continue
		}
		w, c := words(i&valid.index), &o.v[g]
		if !c.set || w > c.v && largest || w < c.v && !largest {
			*c = optional[int64]{w, true}
			won, at = append(won, g), append(at, int32(i))
		}
	}
	return won, at, nil
}

// byteOrder keeps keys as bytes: text as it is, others as newAppender has them.
type byteOrder struct {
	textStore
	key []byte // scratch
}

func (o *byteOrder) winners(groups []uint32, v kernel.Value, rows kernel.Rows, largest bool) (won []uint32, at []int32, err error) {
	if v.Array.DataType().ID() == arrow.NULL {
		return nil, nil, nil
	}
	valid := validArg(v)
	keyAt, err := o.keysOf(v.Array)
	if err != nil {
		return nil, nil, err
	}
	for j, g := range groups {
		i := row(rows, j)
		if !valid.row(i) {
			continue
		}
		key := keyAt(i & valid.index)
		if o.v[g].set {
			if c := bytes.Compare(key, o.at(g)); c == 0 || c > 0 != largest {
				continue
			}
		}
		o.put(g, key)
		won, at = append(won, g), append(at, int32(i))
	}
	return won, at, nil
}

func (o *byteOrder) keysOf(a arrow.Array) (func(i int) []byte, error) {
	if id := a.DataType().ID(); id == arrow.STRING || id == arrow.BINARY {
		offsets, data := batch.Texts(a)
		return func(i int) []byte { return data[offsets[i]:offsets[i+1]] }, nil
	}
	f, err := newAppender(a, false, true)
	return func(i int) []byte {
		o.key = f(o.key[:0], i)
		return o.key
	}, err
}
