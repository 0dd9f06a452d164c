package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// tupleLists keeps a list of tuples of values for each group, or a set, in the
// order in which they came. Tuples are numbered, and the lists are chained in
// one array, so that nothing in them is a pointer.
type tupleLists struct {
	types   []arrow.DataType
	tuples  *GroupTable
	pairs   *wordTable // of sets: the groups and tuples that are in; nil for lists
	entries []entry
	ends    cells[chain]
	next    cells[int64] // the greatest position in each list
	old     int          // entries that were there at the last commit
	words   []uint64
	codes   []uint32
	ordered bool // the order of a set counts too
	tracked bool
	added   []listed    // entries that the batch has made, if tracked
	find    entryFinder // where only what a batch touches is in memory
	found   []int64     // how often it said that the pairs from seen on are there
	seen    int
	mixed   []uint32 // groups whose entries were loaded in another order than theirs
}

// entry is a tuple in a list, at a position from 1 on; next is the number of the
// next one plus one.
type entry struct{ tuple, next, at uint32 }

// listed is an entry and its group.
type listed struct{ group, entry uint32 }

// chain is where the list of a group begins and ends, plus one; 0 is empty.
type chain struct{ head, tail uint32 }

func newTupleLists(dts []arrow.DataType, set bool) (*tupleLists, error) {
	t := &tupleLists{types: dts}
	if set {
		t.pairs = newWordTable()
	}
	var err error
	t.tuples, err = newGroupTable(dts, !set)
	return t, err
}

// add appends the selected rows for which counts holds to the lists of their
// groups. It returns those that were appended: to a set, the new ones.
func (t *tupleLists) add(groups []uint32, args []kernel.Value, rows kernel.Rows, counts []argValid) (to []uint32, at []int32, err error) {
	tuples, err := t.tuples.Groups(args, rows)
	if err != nil {
		return nil, nil, err
	}
	if t.pairs != nil {
		t.words, t.codes = t.words[:0], resize(t.codes, len(groups))
		for j, g := range groups {
			t.words = append(t.words, uint64(g)<<32|uint64(tuples[j]))
		}
		if err := t.meet(); err != nil {
			return nil, nil, err
		}
	}
	at = []int32{}
	for j, g := range groups {
		i := row(rows, j)
		if !allValid(counts, i) {
			continue
		}
		if t.pairs != nil {
			c := int(t.pairs.code(t.words[j]))
			if c < len(t.entries) {
				continue
			}
			if t.find != nil && t.found[c-t.seen] > 0 {
				t.push(g, tuples[j], 0)
				continue
			}
		}
		t.next.v[g]++
		if t.push(g, tuples[j], uint32(t.next.v[g])); t.tracked {
			t.added = append(t.added, listed{g, uint32(len(t.entries) - 1)})
		}
		to, at = append(to, g), append(at, int32(i))
	}
	return to, at, nil
}

func (t *tupleLists) push(g, tuple, at uint32) {
	t.entries = append(t.entries, entry{tuple: tuple, at: at})
	t.attach(g, uint32(len(t.entries)))
}

// attach puts an entry, the given number less one, at the end of its list.
func (t *tupleLists) attach(g, n uint32) {
	c := &t.ends.v[g]
	if c.tail > 0 {
		t.entries[c.tail-1].next = n
	} else {
		c.head = n
	}
	c.tail = n
}

// gather returns the lists of groups: offsets, and the tuples' columns.
func (t *tupleLists) gather(groups []uint32) ([]int32, []arrow.Array, error) {
	offsets, codes := make([]int32, len(groups)+1), []uint32{}
	for j, g := range groups {
		for e := t.ends.v[g].head; e > 0; e = t.entries[e-1].next {
			codes = append(codes, t.entries[e-1].tuple)
		}
		offsets[j+1] = int32(len(codes))
	}
	cols, err := t.tuples.Keys(codes)
	return offsets, cols, err
}

// state returns the lists as a column of lists of structs.
func (t *tupleLists) state(dt *arrow.ListType, groups []uint32) (arrow.Array, error) {
	offsets, cols, err := t.gather(groups)
	if err != nil {
		return nil, err
	}
	children := make([]arrow.ArrayData, len(cols))
	for k, c := range cols {
		children[k] = c.Data()
	}
	tuples := array.NewData(dt.Elem(), int(offsets[len(groups)]), []*memory.Buffer{nil}, children, 0, 0)
	return listOf(dt, offsets, tuples), nil
}

// listOf builds a list array without nulls.
func listOf(dt arrow.DataType, offsets []int32, elems arrow.ArrayData) arrow.Array {
	return array.MakeFromData(array.NewData(dt, len(offsets)-1, []*memory.Buffer{nil, memory.NewBufferBytes(batch.Bytes(offsets))},
		[]arrow.ArrayData{elems}, 0, 0))
}

// tupleState is the type of state's column.
func tupleState(dts []arrow.DataType) *arrow.ListType {
	fields := make([]arrow.Field, len(dts))
	for k, dt := range dts {
		fields[k] = arrow.Field{Name: string(rune('a' + k)), Type: dt, Nullable: true}
	}
	return arrow.ListOfField(arrow.Field{Name: "item", Type: arrow.StructOf(fields...)})
}

// unpackState returns the tuples of a column of states, and the group of each.
func unpackState(groups []uint32, a arrow.Array) ([]uint32, []kernel.Value, kernel.Rows) {
	list := a.(*array.List)
	tuples := list.ListValues().(*array.Struct)
	var to []uint32
	rows := kernel.Rows{N: tuples.Len(), Sel: []int32{}}
	for j, g := range groups {
		from, end := list.ValueOffsets(j)
		for e := from; e < end; e++ {
			to, rows.Sel = append(to, g), append(rows.Sel, int32(e))
		}
	}
	args := make([]kernel.Value, tuples.NumField())
	for k := range args {
		args[k].Array = tuples.Field(k)
	}
	return to, args, rows
}

func (t *tupleLists) grow(n int) {
	t.ends.grow(n)
	t.next.grow(n)
}

func (t *tupleLists) save(groups []uint32) {
	t.ends.save(groups)
	t.next.save(groups)
}

// restore forgets the entries that came since the last commit: they are the
// last ones.
func (t *tupleLists) restore(groups []uint32, n int) {
	t.ends.restore(groups, n)
	t.next.restore(groups, n)
	t.entries, t.added = t.entries[:t.old], t.added[:0]
	for _, c := range t.ends.v {
		if c.tail > 0 {
			t.entries[c.tail-1].next = 0
		}
	}
	if t.pairs != nil {
		t.pairs.truncate(t.old)
	}
}

func (t *tupleLists) commit() {
	t.ends.commit()
	t.next.commit()
	t.old, t.added = len(t.entries), t.added[:0]
}

func (t *tupleLists) bytes() int64 {
	n := t.tuples.Bytes() + t.ends.bytes() + t.next.bytes() + int64(cap(t.entries))*12 + int64(cap(t.added))*8 + int64(cap(t.words))*8 + int64(cap(t.codes))*4
	if t.pairs != nil {
		n += t.pairs.bytes()
	}
	return n
}
