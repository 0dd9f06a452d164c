package parquet

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	pq "github.com/parquet-go/parquet-go"
)

// place is where values stand in the lists around them.
type place struct {
	// first is the level of repetition of the first value, rest that of the others.
	first, rest int
}

// at is the place of one value of several.
func (p place) at(i int) place {
	if i > 0 {
		p.first = p.rest
	}
	return p
}

// shredder takes arrays apart into values with levels.
type shredder interface {
	// shred appends the values [from, to) of an array.
	shred(a arrow.Array, from, to int, at place) error
	// missing appends that there is nothing: something around it is null or empty,
	// which def says.
	missing(def int, at place)
}

var errNull = errors.New("a null where the schema allows none; declare the column as nullable")

// column gathers the values of a leaf.
type column struct {
	index    int
	nullable bool
	def      int // of a value that is not null
	fill     filler
	values   []pq.Value
}

func (c *column) missing(def int, at place) {
	c.values = append(c.values, pq.Value{}.Level(at.first, def, c.index))
}

func (c *column) shred(a arrow.Array, from, to int, at place) error {
	begin := len(c.values)
	var ok bool
	if c.values, ok = c.fill(c.values, a, from, to); !ok {
		return fmt.Errorf("an array of type %s is not of the file's", a.DataType())
	}
	rep := at.first
	for i := range c.values[begin:] {
		v := &c.values[begin+i]
		switch {
		case a.IsValid(from + i):
			*v = v.Level(rep, c.def, c.index)
		case !c.nullable:
			return errNull
		default:
			*v = pq.Value{}.Level(rep, c.def-1, c.index)
		}
		rep = at.rest
	}
	return nil
}

// structs takes apart the fields.
type structs struct {
	nullable bool
	fields   []shredder
	def      int // of a struct that is not null
}

func (s *structs) missing(def int, at place) {
	for _, f := range s.fields {
		f.missing(def, at)
	}
}

func (s *structs) shred(a arrow.Array, from, to int, at place) error {
	in, ok := a.(*array.Struct)
	if !ok || in.NumField() != len(s.fields) {
		return fmt.Errorf("an array of type %s is not of the file's", a.DataType())
	}
	for i := from; i < to; {
		end := i + 1
		for end < to && in.IsNull(end) == in.IsNull(i) {
			end++
		}
		if err := s.run(in, i, end, at.at(i-from)); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// run takes structs that are all null, or all not.
func (s *structs) run(in *array.Struct, from, to int, at place) error {
	if in.IsNull(from) {
		if !s.nullable {
			return errNull
		}
		for i := range to - from {
			s.missing(s.def-1, at.at(i))
		}
		return nil
	}
	for i, f := range s.fields {
		if err := f.shred(in.Field(i), from, to, at); err != nil {
			return err
		}
	}
	return nil
}

// lists takes apart the elements of lists or maps.
type lists struct {
	nullable bool
	elem     shredder
	def      int // of a list that is not null
	rep      int // of its elements
}

func (l *lists) missing(def int, at place) { l.elem.missing(def, at) }

func (l *lists) shred(a arrow.Array, from, to int, at place) error {
	in, ok := a.(array.ListLike)
	if !ok {
		return fmt.Errorf("an array of type %s is not of the file's", a.DataType())
	}
	for i := from; i < to; i++ {
		here := at.at(i - from)
		begin, end := in.ValueOffsets(i)
		switch {
		case in.IsNull(i) && !l.nullable:
			return errNull
		case in.IsNull(i):
			l.elem.missing(l.def-1, here)
		case begin == end:
			l.elem.missing(l.def, here)
		default:
			if err := l.elem.shred(in.ListValues(), int(begin), int(end), place{here.first, l.rep}); err != nil {
				return err
			}
		}
	}
	return nil
}
