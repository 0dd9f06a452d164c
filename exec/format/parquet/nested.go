package parquet

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// node gives the values of a column, or of a part of one, for the rows that its
// leaves have read. A file that contradicts itself is an error.
type node interface {
	build() (*array.Data, error)
	// first is a leaf under the node, by whose levels it finds its own values.
	first() *leaf
}

var errLevels = errors.New("the file is damaged: its levels of repetition contradict each other")

// group is a struct.
type group struct {
	at     level
	typ    arrow.DataType
	fields []node
	keyed  bool // of a map: the first field is the key, and not null
}

func (g *group) first() *leaf { return g.fields[0].first() }

func (g *group) build() (*array.Data, error) {
	valid := g.valid()
	children := make([]arrow.ArrayData, len(g.fields))
	for i, f := range g.fields {
		data, err := f.build()
		switch {
		case err != nil:
			return nil, err
		case data.Len() != valid.n:
			return nil, fmt.Errorf("the file is damaged: %d values for %d of the struct around them", data.Len(), valid.n)
		case i == 0 && g.keyed && data.NullN() > 0:
			return nil, errors.New("a map has a key that is null; keys may not be")
		}
		children[i] = data
	}
	return array.NewData(g.typ, valid.n, []*memory.Buffer{valid.buffer()}, children, valid.nulls, 0), nil
}

// valid tells which structs there are, and which of them are null.
func (g *group) valid() *bits {
	l := g.first()
	out := newBits(l.entries)
	defs, reps := l.levels()
	for i, d := range defs {
		if int(d) >= g.at.base && int(reps[i]) <= g.at.rep {
			out.add(int(d) >= g.at.def)
		}
	}
	return out
}

// list is a list, or a map, whose elements are structs of key and value.
type list struct {
	at   level
	typ  arrow.DataType
	elem node
}

func (l *list) first() *leaf { return l.elem.first() }

func (l *list) build() (*array.Data, error) {
	leaf := l.first()
	valid := newBits(leaf.entries)
	offsets := make([]int32, 1, leaf.entries+1)
	defs, reps := leaf.levels()
	total := int32(0)
	for i, d := range defs {
		r := int(reps[i])
		switch {
		case r > l.at.rep+1 || int(d) < l.at.base:
			continue
		case r == l.at.rep+1:
			if valid.n == 0 || int(d) <= l.at.def {
				return nil, errLevels
			}
			total++
			offsets[valid.n] = total
			continue
		}
		if valid.add(int(d) >= l.at.def); int(d) > l.at.def {
			total++
		}
		offsets = append(offsets, total)
	}
	elem, err := l.elem.build()
	if err != nil {
		return nil, err
	}
	if elem.Len() != int(total) {
		return nil, fmt.Errorf("the file is damaged: %d elements in lists of %d", elem.Len(), total)
	}
	return array.NewData(l.typ, valid.n, []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(arrow.GetBytes(offsets))},
		[]arrow.ArrayData{elem}, valid.nulls, 0), nil
}

func entryType(m arrow.DataType) arrow.DataType { return m.(*arrow.MapType).Elem() }

// bits gathers which values are null.
type bits struct {
	set      []byte
	n, nulls int
}

func newBits(n int) *bits { return &bits{set: make([]byte, (n+7)/8)} }

func (b *bits) add(valid bool) {
	if valid {
		b.set[b.n/8] |= 1 << (b.n % 8)
	} else {
		b.nulls++
	}
	b.n++
}

// has tells whether value i is there.
func (b *bits) has(i int) bool { return b.set[i/8]>>(i%8)&1 != 0 }

// buffer is nil where nothing is null.
func (b *bits) buffer() *memory.Buffer {
	if b.nulls == 0 {
		return nil
	}
	return memory.NewBufferBytes(b.set)
}
