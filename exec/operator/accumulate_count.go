package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// count counts rows, or those in which no argument is null.
type count struct {
	storage
	n cells[int64]
}

func newCount(aggregate) (Accumulator, error) {
	c := &count{}
	c.storage = storage{&c.n}
	return c, nil
}

func (c *count) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	valid := validArgs(args)
	if valid == nil && changes == nil {
		for _, g := range groups {
			c.n.v[g]++
		}
		return nil
	}
	for j, g := range groups {
		if i := row(rows, j); allValid(valid, i) {
			c.n.v[g] += changeOf(changes, i)
		}
	}
	return nil
}

func (c *count) StateTypes() []arrow.DataType { return []arrow.DataType{arrow.PrimitiveTypes.Int64} }

func (c *count) State(groups []uint32) ([]arrow.Array, error) {
	a, err := c.Result(groups)
	return []arrow.Array{a}, err
}

func (c *count) Merge(groups []uint32, state []arrow.Array) error {
	n := batch.Values[int64](state[0])
	for j, g := range groups {
		c.n.v[g] += n[j]
	}
	return nil
}

func (c *count) Result(groups []uint32) (arrow.Array, error) {
	return newFixed(arrow.PrimitiveTypes.Int64, c.n.take(groups), nil), nil
}

// argValid tells which rows of an argument are not null; a constant has one row.
type argValid struct {
	bitmap
	index int // row numbers are masked with it
}

// validArgs returns the arguments that have nulls; none where no row has one.
func validArgs(args []kernel.Value) []argValid {
	var out []argValid
	for _, v := range args {
		if v.Array.NullN() > 0 || v.Array.DataType().ID() == arrow.NULL {
			out = append(out, validArg(v))
		}
	}
	return out
}

func validArg(v kernel.Value) argValid {
	a := argValid{validOf(v.Array), -1}
	if v.Array.DataType().ID() == arrow.NULL {
		return argValid{bitmap{[]byte{0}, 0}, 0}
	}
	if v.Const {
		a.index = 0
	}
	return a
}

func (a argValid) row(i int) bool { return a.at(i & a.index) }

func allValid(args []argValid, i int) bool {
	for _, a := range args {
		if !a.row(i) {
			return false
		}
	}
	return true
}

// changeOf is +1 or -1.
func changeOf(changes []int8, i int) int64 {
	if changes == nil {
		return 1
	}
	return int64(changes[i])
}
