package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// newUserAggregate returns the constructor for a user-defined aggregate. Where
// rows are taken back and its buffers cannot follow, the rows of each group are
// kept, and aggregated anew for each result.
func newUserAggregate(u *expr.UDF) accumulatorMaker {
	return func(a aggregate) (Accumulator, error) {
		if !a.retract || u.Removes {
			s := &userBuffers{Buffers: u.Buffers(), udf: u}
			return &userAggregate{storage{s}, a, s}, nil
		}
		dts := make([]arrow.DataType, len(a.args))
		for i := range dts {
			dts[i] = a.arrowArg(i)
		}
		b, err := newBag(dts, true)
		return &userRows{storage{b}, a, b, u}, err
	}
}

func (u *userRows) keeps() (multiset, Accumulator) { return u.rows, nil }

// userAggregate is the accumulator over the buffers of a user's function.
type userAggregate struct {
	storage
	aggregate
	buffers *userBuffers
}

func (u *userAggregate) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if !u.retract {
		if err := u.additive(rows, changes); err != nil {
			return err
		}
	}
	dense := make([]any, len(args))
	for i, v := range args {
		a, err := v.Dense(rows)
		if err != nil {
			return err
		}
		dense[i] = a
	}
	var signs []int8
	if changes != nil {
		signs = make([]int8, len(groups))
		for j := range signs {
			signs[j] = changes[row(rows, j)]
		}
	}
	return u.buffers.run(func(b expr.Buffers) error { return b.Update(groups, dense, signs) })
}

func (u *userAggregate) StateTypes() []arrow.DataType {
	return []arrow.DataType{arrow.BinaryTypes.Binary}
}

func (u *userAggregate) State(groups []uint32) ([]arrow.Array, error) {
	var states [][]byte
	err := u.buffers.run(func(b expr.Buffers) (err error) {
		states, err = b.Encode(groups)
		return err
	})
	if err != nil {
		return nil, err
	}
	a, err := gatherTexts(arrow.BinaryTypes.Binary, len(groups), nil, func(j int) []byte { return states[j] })
	return []arrow.Array{a}, err
}

func (u *userAggregate) Merge(groups []uint32, state []arrow.Array) error {
	offsets, data := batch.Texts(state[0])
	states := make([][]byte, len(groups))
	for j := range states {
		states[j] = data[offsets[j]:offsets[j+1]]
	}
	return u.buffers.run(func(b expr.Buffers) error { return b.Merge(groups, states) })
}

func (u *userAggregate) Result(groups []uint32) (arrow.Array, error) { return u.buffers.result(groups) }

// userBuffers is a store of a user's buffers. What is saved of them is encoded:
// nobody knows what they share.
type userBuffers struct {
	expr.Buffers
	udf   *expr.UDF
	saved [][]byte
	err   error // of saving, told by the next step
}

// run calls the user's code.
func (s *userBuffers) run(f func(expr.Buffers) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the user-defined aggregate %s panicked: %v", s.udf.Name, p)
		}
	}()
	if s.err != nil {
		return s.err
	}
	if err := f(s.Buffers); err != nil {
		return fmt.Errorf("the user-defined aggregate %s failed: %w", s.udf.Name, err)
	}
	return nil
}

func (s *userBuffers) result(groups []uint32) (out arrow.Array, err error) {
	err = s.run(func(b expr.Buffers) error {
		v, err := b.Result(groups)
		out, _ = v.(arrow.Array)
		return err
	})
	return out, err
}

func (s *userBuffers) grow(n int) {
	if err := s.run(func(b expr.Buffers) error { b.Grow(n); return nil }); err != nil {
		s.err = err
	}
}

func (s *userBuffers) save(groups []uint32) {
	s.err = s.run(func(b expr.Buffers) error {
		states, err := b.Encode(groups)
		s.saved = append(s.saved, states...)
		return err
	})
}

func (s *userBuffers) restore(groups []uint32, n int) {
	failed := s.err
	s.err = nil
	if len(s.saved) == len(groups) {
		s.err = s.run(func(b expr.Buffers) error {
			err := b.Decode(groups, s.saved)
			b.Truncate(n)
			return err
		})
	} else {
		s.err = failed // what was not saved cannot be put back
	}
	s.saved = nil
}

func (s *userBuffers) commit()      { s.saved = nil }
func (s *userBuffers) bytes() int64 { return s.Bytes() }

// userRows is the accumulator of a user's function that cannot take rows back.
type userRows struct {
	storage
	aggregate
	rows *bag
	udf  *expr.UDF
}

func (u *userRows) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	return u.rows.add(groups, args, rows, changes, nil, nil, nil)
}

func (u *userRows) StateTypes() []arrow.DataType { return []arrow.DataType{u.rows.stateType()} }

func (u *userRows) State(groups []uint32) ([]arrow.Array, error) {
	a, err := u.rows.state(groups)
	return []arrow.Array{a}, err
}

func (u *userRows) Merge(groups []uint32, state []arrow.Array) error {
	return u.rows.merge(groups, state[0], nil)
}

// Result gives each group's rows, in the order in which they came, to new
// buffers.
func (u *userRows) Result(groups []uint32) (arrow.Array, error) {
	var to, codes, all []uint32
	for j, g := range groups {
		all = append(all, uint32(j))
		u.rows.each(g, func(p uint32, n int64) {
			for ; n > 0; n-- {
				to, codes = append(to, uint32(j)), append(codes, u.rows.tupleOf(p))
			}
		})
	}
	cols, err := u.rows.tuples.Keys(codes)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(cols))
	for i, c := range cols {
		args[i] = c
	}
	fresh := &userBuffers{Buffers: u.udf.Buffers(), udf: u.udf}
	fresh.grow(len(groups))
	if err := fresh.run(func(b expr.Buffers) error { return b.Update(to, args, nil) }); err != nil {
		return nil, err
	}
	return fresh.result(all)
}
