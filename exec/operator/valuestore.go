package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// valueStore is a store of one value of any type a group, null at first.
type valueStore interface {
	store
	// assign sets groups[k] to row rows[k] of a, in order.
	assign(groups []uint32, a arrow.Array, rows []int32) error
	// gather returns the values of the given groups.
	gather(groups []uint32) (arrow.Array, error)
}

func newValueStore(dt arrow.DataType) (valueStore, error) {
	switch dt.ID() {
	case arrow.STRING, arrow.BINARY:
		return &textStore{dt: dt}, nil
	case arrow.INT8:
		return &fixedStore[int8]{dt: dt}, nil
	case arrow.INT16:
		return &fixedStore[int16]{dt: dt}, nil
	case arrow.INT32, arrow.DATE32:
		return &fixedStore[int32]{dt: dt}, nil
	case arrow.INT64, arrow.TIMESTAMP:
		return &fixedStore[int64]{dt: dt}, nil
	case arrow.FLOAT32:
		return &fixedStore[float32]{dt: dt}, nil
	case arrow.FLOAT64:
		return &fixedStore[float64]{dt: dt}, nil
	case arrow.DECIMAL128, arrow.INTERVAL_MONTH_DAY_NANO:
		return &fixedStore[[2]uint64]{dt: dt}, nil
	}
	dict, err := newDictionary(dt, true)
	return &codeStore{dt: dt, dict: dict}, err
}

// fixedStore holds fixed-width values.
type fixedStore[T any] struct {
	cells[optional[T]]
	dt arrow.DataType
}

type optional[T any] struct {
	v   T
	set bool
}

func (s *fixedStore[T]) assign(groups []uint32, a arrow.Array, rows []int32) error {
	if a.DataType().ID() == arrow.NULL {
		return nil
	}
	vals, valid := batch.Values[T](a), validOf(a)
	for k, g := range groups {
		s.v[g] = optional[T]{}
		if i := rows[k]; valid.at(int(i)) {
			s.v[g] = optional[T]{vals[i], true}
		}
	}
	return nil
}

func (s *fixedStore[T]) gather(groups []uint32) (arrow.Array, error) {
	out, valid := make([]T, len(groups)), newBitset(len(groups))
	for j, g := range groups {
		out[j] = s.v[g].v
		valid.put(j, s.v[g].set)
	}
	return newFixed(s.dt, out, valid), nil
}

// codeStore holds the codes of values in a dictionary, which only grows: for
// booleans and nested values.
type codeStore struct {
	cells[uint32] // plus one; 0 is null
	dt            arrow.DataType
	dict          dictionary
	scratch       []uint32
}

func (s *codeStore) assign(groups []uint32, a arrow.Array, rows []int32) error {
	s.scratch = resize(s.scratch, len(groups))
	if len(rows) == 0 {
		return nil
	}
	taken, err := kernel.Take(a, rows) // rows may come in any order, and twice
	if err != nil {
		return err
	}
	if err := s.dict.encode(taken, kernel.Rows{N: len(rows)}, s.scratch); err != nil {
		return err
	}
	for k, g := range groups {
		s.v[g] = s.scratch[k] + 1
	}
	return nil
}

func (s *codeStore) gather(groups []uint32) (arrow.Array, error) {
	rows, codes := make([]int32, len(groups)), make([]uint32, 0, len(groups))
	for j, g := range groups {
		rows[j] = -1
		if c := s.v[g]; c > 0 {
			rows[j] = int32(len(codes))
			codes = append(codes, c-1)
		}
	}
	if len(codes) == 0 {
		return newNulls(s.dt, len(groups)), nil
	}
	vals, err := s.dict.gather(codes)
	if err != nil {
		return nil, err
	}
	return kernel.Take(vals, rows)
}

func (s *codeStore) bytes() int64 { return s.cells.bytes() + s.dict.bytes() + int64(cap(s.scratch))*4 }

// textStore holds strings. Old ones are left in the arena until more than half
// of it is such.
type textStore struct {
	cells[span]
	dt    arrow.DataType
	arena []byte
	live  uint64 // bytes of the arena that are in use
}

type span struct {
	at, n uint64
	set   bool
}

func (s *textStore) assign(groups []uint32, a arrow.Array, rows []int32) error {
	if a.DataType().ID() == arrow.NULL {
		return nil
	}
	offsets, data := batch.Texts(a)
	valid := validOf(a)
	for k, g := range groups {
		if i := rows[k]; valid.at(int(i)) {
			s.put(g, data[offsets[i]:offsets[i+1]])
		} else {
			s.live -= s.v[g].n
			s.v[g] = span{}
		}
	}
	return nil
}

// put sets the value of a group, in the old one's place if it fits and no one
// may want that back.
func (s *textStore) put(g uint32, value []byte) {
	old, n := s.v[g], uint64(len(value))
	s.live += n - old.n
	if n <= old.n && len(s.saved) == 0 {
		s.v[g] = span{old.at, n, true}
		copy(s.arena[old.at:], value)
		return
	}
	s.v[g] = span{uint64(len(s.arena)), n, true}
	s.arena = append(s.arena, value...)
	if len(s.saved) == 0 {
		s.compact()
	}
}

func (s *textStore) at(g uint32) []byte {
	c := s.v[g]
	return s.arena[c.at : c.at+c.n]
}

// compact copies what is in use together once most of the arena is not.
func (s *textStore) compact() {
	if len(s.arena) < 1<<16 || uint64(len(s.arena)) < 2*s.live {
		return
	}
	arena := make([]byte, 0, s.live+s.live/4)
	for g := range s.v {
		c := &s.v[g]
		from := c.at
		c.at = uint64(len(arena))
		arena = append(arena, s.arena[from:from+c.n]...)
	}
	s.arena = arena
}

func (s *textStore) restore(groups []uint32, n int) {
	s.cells.restore(groups, n)
	s.live = 0
	for g := range s.v {
		s.live += s.v[g].n
	}
}

func (s *textStore) commit() {
	s.cells.commit()
	s.compact()
}

func (s *textStore) bytes() int64 { return s.cells.bytes() + int64(cap(s.arena)) }

func (s *textStore) gather(groups []uint32) (arrow.Array, error) {
	valid := newBitset(len(groups))
	for j, g := range groups {
		valid.put(j, s.v[g].set)
	}
	return gatherTexts(s.dt, len(groups), valid, func(j int) []byte { return s.at(groups[j]) })
}
