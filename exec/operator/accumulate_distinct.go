package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// countedDistinct passes each different tuple of arguments of a group on when it
// first appears, and takes it back when the last row with it is gone.
type countedDistinct struct {
	storage
	aggregate
	seen    *bag
	inner   Accumulator
	groups  []uint32 // scratch: rows to pass on
	at      []int32
	changes []int8 // by row number
}

func newCountedDistinct(a aggregate, inner Accumulator) (Accumulator, error) {
	d := &countedDistinct{aggregate: a, inner: inner}
	dts := make([]arrow.DataType, len(a.args))
	for i := range dts {
		dts[i] = a.arrowArg(i)
	}
	var err error
	if d.seen, err = newBag(dts, false); err != nil {
		return nil, a.errorf("%w", err)
	}
	_, d.seen.ordered = inner.(keeper)
	d.storage = storage{d.seen, inside{inner}}
	return d, nil
}

func (d *countedDistinct) keeps() (multiset, Accumulator) { return d.seen, d.inner }

func (d *countedDistinct) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	args = args[:len(d.args)]
	d.begin(rows.N)
	if err := d.seen.add(groups, args, rows, changes, nil, nil, d.crossed); err != nil {
		return err
	}
	return d.inner.Update(d.groups, args, kernel.Rows{N: rows.N, Sel: d.at}, d.changes)
}

func (d *countedDistinct) begin(rows int) {
	d.groups, d.at, d.changes = d.groups[:0], append(d.at[:0], 0)[:0], resize(d.changes, rows)
}

func (d *countedDistinct) crossed(g uint32, at int32, change int8) {
	d.groups, d.at = append(d.groups, g), append(d.at, at)
	d.changes[at] = change
}

func (d *countedDistinct) StateTypes() []arrow.DataType {
	return []arrow.DataType{d.seen.stateType()}
}

func (d *countedDistinct) State(groups []uint32) ([]arrow.Array, error) {
	a, err := d.seen.state(groups)
	return []arrow.Array{a}, err
}

func (d *countedDistinct) Merge(groups []uint32, state []arrow.Array) error {
	to, args, rows, times := unpackTimes(groups, state[0])
	d.begin(rows.N)
	if err := d.seen.add(to, args, rows, nil, times, nil, d.crossed); err != nil {
		return err
	}
	return d.inner.Update(d.groups, args, kernel.Rows{N: rows.N, Sel: d.at}, d.changes)
}

func (d *countedDistinct) Result(groups []uint32) (arrow.Array, error) {
	return d.inner.Result(groups)
}
