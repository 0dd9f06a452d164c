package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// collect is the accumulator of collect_list and collect_set where rows only
// come: the values of a group that are not null, in the order in which they came.
type collect struct {
	storage
	aggregate
	lists *tupleLists
}

func newCollect(set bool) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if len(a.args) != 1 {
			return nil, a.errorf("it takes one argument, not %d", len(a.args))
		}
		if a.retract {
			return newOccurrences(a, !set, true, finishCollect)
		}
		lists, err := newTupleLists([]arrow.DataType{a.arrowArg(0)}, set)
		if err != nil {
			return nil, a.errorf("%w", err)
		}
		lists.ordered = true
		return &collect{storage{lists}, a, lists}, nil
	}
}

func (c *collect) keeps() (multiset, Accumulator) { return c.lists, nil }

func (c *collect) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := c.additive(rows, changes); err != nil {
		return err
	}
	_, _, err := c.lists.add(groups, args, rows, validArgs(args))
	return err
}

func (c *collect) stateType() *arrow.ListType {
	return tupleState([]arrow.DataType{c.arrowArg(0)})
}

func (c *collect) StateTypes() []arrow.DataType { return []arrow.DataType{c.stateType()} }

func (c *collect) State(groups []uint32) ([]arrow.Array, error) {
	a, err := c.lists.state(c.stateType(), groups)
	return []arrow.Array{a}, err
}

func (c *collect) Merge(groups []uint32, state []arrow.Array) error {
	to, args, rows := unpackState(groups, state[0])
	_, _, err := c.lists.add(to, args, rows, nil)
	return err
}

func (c *collect) Result(groups []uint32) (arrow.Array, error) {
	offsets, cols, err := c.lists.gather(groups)
	if err != nil {
		return nil, err
	}
	return listOf(types.ToArrow(c.result), offsets, cols[0].Data()), nil
}

// distinct passes each different tuple of arguments of a group on once, where
// rows only come.
type distinct struct {
	storage
	aggregate
	seen  *tupleLists
	inner Accumulator
}

func newDistinct(a aggregate, inner Accumulator) (Accumulator, error) {
	if a.retract {
		return newCountedDistinct(a, inner)
	}
	d := &distinct{aggregate: a, inner: inner}
	var err error
	if d.seen, err = newTupleLists(d.types(), true); err != nil {
		return nil, a.errorf("%w", err)
	}
	_, d.seen.ordered = inner.(keeper)
	d.storage = storage{d.seen, inside{inner}}
	return d, nil
}

func (d *distinct) keeps() (multiset, Accumulator) { return d.seen, d.inner }

func (d *distinct) types() []arrow.DataType {
	dts := make([]arrow.DataType, len(d.args))
	for i := range dts {
		dts[i] = d.arrowArg(i)
	}
	return dts
}

func (d *distinct) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := d.additive(rows, changes); err != nil {
		return err
	}
	to, at, err := d.seen.add(groups, args, rows, nil)
	if err != nil {
		return err
	}
	return d.inner.Update(to, args, kernel.Rows{N: rows.N, Sel: at}, nil)
}

func (d *distinct) StateTypes() []arrow.DataType { return []arrow.DataType{tupleState(d.types())} }

func (d *distinct) State(groups []uint32) ([]arrow.Array, error) {
	a, err := d.seen.state(tupleState(d.types()), groups)
	return []arrow.Array{a}, err
}

func (d *distinct) Merge(groups []uint32, state []arrow.Array) error {
	to, args, rows := unpackState(groups, state[0])
	return d.Update(to, args, rows, nil)
}

func (d *distinct) Result(groups []uint32) (arrow.Array, error) { return d.inner.Result(groups) }

// inside makes a store of the accumulator inside another one.
type inside struct{ Accumulator }

func (s inside) grow(n int)                     { s.Grow(n) }
func (s inside) save(groups []uint32)           { s.Save(groups) }
func (s inside) restore(groups []uint32, n int) { s.Restore(groups, n) }
func (s inside) commit()                        { s.Commit() }
func (s inside) bytes() int64                   { return s.Bytes() }
