package operator

import (
	"errors"
	"math"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// GroupTable numbers the distinct keys of many batches: groups 0, 1, ... in the
// order in which the keys were first seen. Nulls are equal, so are all NaNs, and
// -0 is 0.
//
// It works a column at a time. Each key column has a dictionary that lives as
// long as the table; the codes of a row are packed into one word, and the word
// is found in an open-addressing table, without looking at the key's bytes
// again. Where the codes of all columns do not fit in 64 bits, those of the
// first ones are numbered, and that number is packed with the next ones. With
// one key column its codes are the groups.
//
// It is not safe for concurrent use.
type GroupTable struct {
	dicts  []dictionary
	codes  [][]uint32 // scratch, by column: the codes of the selected rows
	groups []uint32   // scratch, and the result
	packed []uint64   // scratch
	stages []stage    // empty for one column
}

// stage packs codes into words and numbers them. The first part is the number
// that the stage before gave, except in the first stage.
type stage struct {
	parts []part
	table *wordTable
}

// part is the place of one code in a word.
type part struct {
	column int // -1 is the number from the stage before
	shift  uint
	width  uint
}

// ErrTooManyGroups says that there are more groups than can be numbered.
var ErrTooManyGroups = errors.New("more than 4294967295 groups; group by fewer columns")

// NewGroupTable returns an empty table for keys of the given types. Maps cannot
// be keys, which is an error.
func NewGroupTable(keys []arrow.DataType) (*GroupTable, error) { return newGroupTable(keys, false) }

// newGroupTable is NewGroupTable; exact keeps the bits of floats apart.
func newGroupTable(keys []arrow.DataType, exact bool) (*GroupTable, error) {
	t := &GroupTable{codes: make([][]uint32, len(keys))}
	for _, dt := range keys {
		d, err := newDictionary(dt, exact)
		if err != nil {
			return nil, err
		}
		t.dicts = append(t.dicts, d)
	}
	if len(keys) > 1 {
		t.layOut()
	}
	return t, nil
}

// Len is the number of groups. Without key columns there is always one.
func (t *GroupTable) Len() int {
	switch len(t.dicts) {
	case 0:
		return 1
	case 1:
		return t.dicts[0].len()
	}
	return t.stages[len(t.stages)-1].table.len()
}

// Bytes is the memory that the table holds.
func (t *GroupTable) Bytes() int64 {
	n := int64(cap(t.groups))*4 + int64(cap(t.packed))*8
	for c, d := range t.dicts {
		n += d.bytes() + int64(cap(t.codes[c]))*4
	}
	for _, s := range t.stages {
		n += s.table.bytes()
	}
	return n
}

// Groups returns the group of each selected row, making new ones for new keys.
// There is a value for each key column. The result is valid until the next call.
func (t *GroupTable) Groups(keys []kernel.Value, rows kernel.Rows) ([]uint32, error) {
	n := rows.Count()
	t.groups = resize(t.groups, n)
	if len(t.dicts) == 0 {
		clear(t.groups)
		return t.groups, nil
	}
	for c, v := range keys {
		t.codes[c] = resize(t.codes[c], n)
		if err := encode(t.dicts[c], v, rows, t.codes[c]); err != nil {
			return nil, err
		}
		if t.dicts[c].len() >= math.MaxUint32 {
			return nil, ErrTooManyGroups
		}
	}
	if len(t.dicts) == 1 {
		return t.codes[0], nil
	}
	if !t.fits() {
		t.repack()
	}
	t.find(t.codes, t.groups)
	if t.Len() >= math.MaxUint32 {
		return nil, ErrTooManyGroups
	}
	return t.groups, nil
}

// encode sets the codes of a column, which may be a constant.
func encode(d dictionary, v kernel.Value, rows kernel.Rows, out []uint32) error {
	if !v.Const {
		return d.encode(v.Array, rows, out)
	}
	if len(out) == 0 {
		return nil
	}
	if err := d.encode(v.Array, kernel.Rows{N: 1}, out[:1]); err != nil {
		return err
	}
	for j := range out {
		out[j] = out[0]
	}
	return nil
}

// find numbers the rows whose codes are given by column.
func (t *GroupTable) find(codes [][]uint32, out []uint32) {
	t.packed = resize(t.packed, len(out))
	for k, s := range t.stages {
		for i, p := range s.parts {
			in := out
			if p.column >= 0 {
				in = codes[p.column]
			}
			if i == 0 {
				for j, c := range in {
					t.packed[j] = uint64(c)
				}
				continue
			}
			for j, c := range in {
				t.packed[j] |= uint64(c) << p.shift
			}
		}
		t.stages[k].table.lookup(t.packed, out)
	}
}

// fits tells whether every code has the bits it needs.
func (t *GroupTable) fits() bool {
	for _, s := range t.stages {
		for _, p := range s.parts {
			if p.column >= 0 && codeWidth(t.dicts[p.column]) > p.width {
				return false
			}
		}
	}
	return true
}

func codeWidth(d dictionary) uint { return uint(bits.Len(uint(max(d.len(), 1) - 1))) }

// repack gives each code the bits it now needs, and some for growth, and fills
// the tables again. Groups keep their numbers.
func (t *GroupTable) repack() {
	n := t.Len()
	old := make([][]uint32, len(t.dicts))
	for c := range old {
		old[c] = t.codesOf(c, nil, n)
	}
	t.layOut()
	t.refill(old, n)
}

// refill numbers n keys, given by the codes of their columns, in order.
func (t *GroupTable) refill(codes [][]uint32, n int) {
	const step = 8192
	out, part := make([]uint32, step), make([][]uint32, len(codes))
	for from := 0; from < n; from += step {
		to := min(from+step, n)
		for c := range codes {
			part[c] = codes[c][from:to]
		}
		t.find(part, out[:to-from])
	}
}

// layOut places the codes of all columns in words, with empty tables: in one
// word if they fit, with as much room for growth as there is.
func (t *GroupTable) layOut() {
	widths, sum := make([]uint, len(t.dicts)), uint(0)
	for c, d := range t.dicts {
		widths[c] = max(codeWidth(d), 1)
		sum += widths[c]
	}
	slack := uint(4)
	if sum <= 64 {
		slack = (64 - sum) / uint(len(widths)) // a wide code costs no more than a narrow one
	}
	t.stages = t.stages[:0]
	s, used := stage{table: newWordTable()}, uint(0)
	for c, w := range widths {
		w = min(w+slack, 32)
		if used+w > 64 {
			t.stages = append(t.stages, s)
			s, used = stage{parts: []part{{-1, 0, 32}}, table: newWordTable()}, 32
		}
		s.parts = append(s.parts, part{c, used, w})
		used += w
	}
	t.stages = append(t.stages, s)
}

// codesOf returns the codes of column c of the given groups, or where nil of the
// first n.
func (t *GroupTable) codesOf(c int, groups []uint32, n int) []uint32 {
	var codes []uint32
	if groups != nil {
		codes = slices.Clone(groups)
	} else {
		codes = make([]uint32, n)
		for g := range codes {
			codes[g] = uint32(g)
		}
	}
	for k := len(t.stages) - 1; k >= 0; k-- {
		s := &t.stages[k]
		at := slices.IndexFunc(s.parts, func(p part) bool { return p.column == c })
		p := s.parts[max(at, 0)] // where not here: the number from the stage before
		for j, g := range codes {
			codes[j] = uint32(s.table.words[g] >> p.shift & (1<<p.width - 1))
		}
		if at >= 0 {
			break
		}
	}
	return codes
}

// Keys returns the key columns of the given groups.
func (t *GroupTable) Keys(groups []uint32) ([]arrow.Array, error) {
	out := make([]arrow.Array, len(t.dicts))
	for c, d := range t.dicts {
		a, err := d.gather(t.codesOf(c, groups, 0))
		if err != nil {
			return nil, err
		}
		out[c] = a
	}
	return out, nil
}

// Mark is a moment in the life of a GroupTable.
type Mark struct {
	groups int
	dicts  []int
}

// Mark remembers which groups there are now.
func (t *GroupTable) Mark() Mark {
	m := Mark{groups: t.Len()}
	for _, d := range t.dicts {
		m.dicts = append(m.dicts, d.len())
	}
	return m
}

// Rollback forgets all groups made since the mark.
func (t *GroupTable) Rollback(m Mark) {
	old := make([][]uint32, len(t.dicts))
	for c, d := range t.dicts {
		if len(t.dicts) > 1 {
			old[c] = t.codesOf(c, nil, m.groups)
		}
		d.truncate(m.dicts[c])
	}
	if len(t.dicts) > 1 {
		t.layOut()
		t.refill(old, m.groups)
	}
}
