package operator

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// SortSetting is the setting that bounds the memory of a sort.
const SortSetting = "riffle.sort.bytes"

// sorter gathers rows and puts them in order. Rows with equal keys keep the
// order in which they came.
type sorter struct {
	name   string // the operator, for errors
	schema *arrow.Schema
	keys   []*expr.Order
	list   *kernel.List
	env    Env
	budget int64
	chunks []chunk
	rows   int
	bytes  int64
}

// chunk is some rows, and the values of their keys.
type chunk struct {
	n          int
	cols, keys []arrow.Array
}

func newSorter(name string, schema *arrow.Schema, keys []*expr.Order, env Env, budget int64) (*sorter, error) {
	list := make([]expr.Expr, len(keys))
	for i, k := range keys {
		list[i] = k.Child
	}
	compiled, err := kernel.CompileList(list)
	return &sorter{name: name, schema: schema, keys: keys, list: compiled, env: env, budget: budget}, err
}

// values computes the keys of a batch and copies the rows that count together.
func (s *sorter) values(b batch.Batch) (chunk, error) {
	values, b, err := evaluate(s.env, s.list, b)
	if err != nil || b.NumRows() == 0 {
		return chunk{}, err
	}
	for _, c := range b.Changes {
		if c < 0 {
			return chunk{}, fmt.Errorf("%s: a row of its input is taken back, which a sort cannot follow; sort a result that is whole", s.name)
		}
	}
	c := chunk{n: b.NumRows(), keys: make([]arrow.Array, len(values))}
	for i, v := range values {
		if c.keys[i], err = v.Dense(rowsOf(b)); err != nil {
			return chunk{}, err
		}
	}
	b, err = kernel.Compact(b)
	c.cols = slices.Clone(b.Record.Columns()) // concat lets go of them one by one
	return c, err
}

// add keeps the rows of a chunk. It fails where that is more than the budget.
func (s *sorter) add(c chunk) error {
	const perRow = 16 + 16 // an entry of the order and, about, its key
	s.chunks = append(s.chunks, c)
	s.rows += c.n
	s.bytes += sizeOf(c.cols) + int64(c.n)*perRow
	if s.bytes > s.budget {
		return fmt.Errorf("%s: %d rows need more than the %d bytes allowed; raise %s, or sort fewer rows or columns",
			s.name, s.rows, s.budget, SortSetting)
	}
	return nil
}

// concat makes one chunk of all, a column at a time.
func (s *sorter) concat() (chunk, error) {
	if len(s.chunks) == 1 {
		return s.chunks[0], nil
	}
	all := chunk{n: s.rows}
	for i := range s.chunks[0].cols {
		a, err := s.concatColumn(func(c *chunk) *arrow.Array { return &c.cols[i] })
		if err != nil {
			return all, err
		}
		all.cols = append(all.cols, a)
	}
	for i := range s.chunks[0].keys {
		a, err := s.concatColumn(func(c *chunk) *arrow.Array { return &c.keys[i] })
		if err != nil {
			return all, err
		}
		all.keys = append(all.keys, a)
	}
	s.chunks = append(s.chunks[:0], all)
	return all, nil
}

// concatColumn joins a column of all chunks and lets go of its parts.
func (s *sorter) concatColumn(column func(c *chunk) *arrow.Array) (arrow.Array, error) {
	parts := make([]arrow.Array, len(s.chunks))
	for k := range s.chunks {
		at := column(&s.chunks[k])
		if parts[k] = *at; k > 0 {
			*at = nil
		}
	}
	a, err := kernel.Concat(parts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; sort fewer rows or columns", s.name, err)
	}
	return a, nil
}

// entry of the order: the first 8 bytes of a row's key, and its number.
type orderEntry struct {
	prefix uint64
	row    int32
}

// order returns the numbers of the rows of a chunk in order.
func (s *sorter) order(c chunk) ([]int32, error) {
	keys, ends, err := s.encode(c)
	if err != nil {
		return nil, err
	}
	key := func(i int32) []byte {
		if i == 0 {
			return keys[:ends[0]]
		}
		return keys[ends[i-1]:ends[i]]
	}
	list := make([]orderEntry, c.n)
	long := false
	for i := range list {
		k := key(int32(i))
		list[i] = orderEntry{prefixOf(k), int32(i)}
		long = long || len(k) > 8
	}
	slices.SortFunc(list, func(a, b orderEntry) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if long {
			if c := bytes.Compare(key(a.row), key(b.row)); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.row, b.row)
	})
	out := make([]int32, c.n)
	for k, e := range list {
		out[k] = e.row
	}
	return out, nil
}

// prefixOf returns the first 8 bytes of a key; a shorter key is never the
// beginning of a longer one, so that zeros may stand for what it lacks.
func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var word [8]byte
	copy(word[:], key)
	return binary.BigEndian.Uint64(word[:])
}

// encode returns the keys of all rows, one after the other, and where each ends.
func (s *sorter) encode(c chunk) (keys []byte, ends []int, err error) {
	appenders, err := s.appenders(c, false)
	if err != nil {
		return nil, nil, err
	}
	ends = make([]int, c.n)
	for i := range ends {
		for _, f := range appenders {
			keys = f(keys, i)
		}
		ends[i] = len(keys)
	}
	return keys, ends, nil
}

// appenders returns those of the keys. Keys of several chunks can be compared
// only if mark is set; else columns without nulls do without their mark.
func (s *sorter) appenders(c chunk, mark bool) ([]appender, error) {
	out := make([]appender, len(s.keys))
	for k, o := range s.keys {
		var err error
		if !mark && c.keys[k].NullN() == 0 && c.keys[k].DataType().ID() != arrow.NULL {
			out[k], err = valuesAppender(c.keys[k], o.Desc)
		} else {
			out[k], err = newAppender(c.keys[k], o.Desc, o.NullsFirst)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return out, nil
}

// take returns rows of a chunk in the given order.
func (c chunk) take(rows []int32) (chunk, error) {
	out := chunk{n: len(rows)}
	for _, a := range c.cols {
		t, err := kernel.Take(a, rows)
		if err != nil {
			return out, err
		}
		out.cols = append(out.cols, t)
	}
	for _, a := range c.keys {
		t, err := kernel.Take(a, rows)
		if err != nil {
			return out, err
		}
		out.keys = append(out.keys, t)
	}
	return out, nil
}
