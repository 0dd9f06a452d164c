package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// pairTable numbers the pairs of a group and a tuple of values that a multiset
// has seen. Values are numbered for all groups together. Neither is ever
// forgotten: a multiset most of whose pairs are gone is built anew.
type pairTable struct {
	dts    []arrow.DataType
	exact  bool // the bits of floats are kept apart, as newDictionary has it
	tuples *GroupTable
	pairs  *wordTable
	// Scratch: what the last call of number gave.
	rows  rowChanges
	codes []uint32
	words []uint64
}

// rowChanges are rows of a batch and how often each comes or goes.
type rowChanges struct {
	groups []uint32
	at     []int32 // row numbers
	tuples []uint32
	n      []int64
}

func newPairTable(dts []arrow.DataType, exact bool) (pairTable, error) {
	tuples, err := newGroupTable(dts, exact)
	return pairTable{dts: dts, exact: exact, tuples: tuples, pairs: newWordTable()}, err
}

// number numbers the pairs of the selected rows for which counts holds: which may
// only look at the values of the tuple. A row comes as often as times says, by row
// number; once where nil. What it returns is valid until the next call.
func (t *pairTable) number(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8, times []int64, counts []argValid) (rowChanges, []uint32, error) {
	tuples, err := t.tuples.Groups(args, rows)
	if err != nil {
		return rowChanges{}, nil, err
	}
	c := &t.rows
	c.groups, c.at, c.tuples, c.n, t.words = c.groups[:0], c.at[:0], c.tuples[:0], c.n[:0], t.words[:0]
	for j, g := range groups {
		i := row(rows, j)
		if !allValid(counts, i) {
			continue
		}
		n := changeOf(changes, i)
		if times != nil {
			n *= times[i]
		}
		c.groups, c.at, c.tuples, c.n = append(c.groups, g), append(c.at, int32(i)), append(c.tuples, tuples[j]), append(c.n, n)
		t.words = append(t.words, uint64(g)<<32|uint64(tuples[j]))
	}
	t.codes = resize(t.codes, len(t.words))
	t.pairs.lookup(t.words, t.codes)
	return *c, t.codes, nil
}

// tupleOf and groupOf are the parts of a pair.
func (t *pairTable) tupleOf(p uint32) uint32 { return uint32(t.pairs.words[p]) }
func (t *pairTable) groupOf(p uint32) uint32 { return uint32(t.pairs.words[p] >> 32) }

func (t *pairTable) bytes() int64 {
	return t.tuples.Bytes() + t.pairs.bytes() + int64(cap(t.words))*8 + int64(cap(t.codes))*4 + int64(cap(t.rows.at))*20
}

// crowded tells whether most pairs are gone, so that it pays to begin anew with
// those that are live.
func (t *pairTable) crowded(live int) bool { return t.pairs.len() > 2*live+4096 }

// multisetState is the type of the state of a multiset: the values of a group,
// in order, and how often each is there; a number below nothing for values taken
// back that are to come from elsewhere.
func (t *pairTable) stateType() *arrow.ListType {
	fields := make([]arrow.Field, 0, len(t.dts)+1)
	for k, dt := range t.dts {
		fields = append(fields, arrow.Field{Name: string(rune('a' + k)), Type: dt, Nullable: true})
	}
	fields = append(fields, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64})
	return arrow.ListOfField(arrow.Field{Name: "item", Type: arrow.StructOf(fields...)})
}

// stateOf builds the state of some groups: each calls f with its values in order.
func (t *pairTable) stateOf(groups []uint32, each func(g uint32, f func(p uint32, n int64))) (arrow.Array, error) {
	offsets, codes, times := make([]int32, len(groups)+1), []uint32{}, []int64{}
	for j, g := range groups {
		each(g, func(p uint32, n int64) { codes, times = append(codes, t.tupleOf(p)), append(times, n) })
		offsets[j+1] = int32(len(codes))
	}
	cols, err := t.tuples.Keys(codes)
	if err != nil {
		return nil, err
	}
	dt := t.stateType()
	elem := dt.Elem().(*arrow.StructType)
	cols = append(cols, newFixed(arrow.PrimitiveTypes.Int64, times, nil))
	return listOf(dt, offsets, structOf(elem, cols, len(codes)).Data()), nil
}

// structOf builds a struct array without nulls.
func structOf(dt *arrow.StructType, cols []arrow.Array, n int) arrow.Array {
	children := make([]arrow.ArrayData, len(cols))
	for k, c := range cols {
		children[k] = c.Data()
	}
	return array.MakeFromData(array.NewData(dt, n, []*memory.Buffer{nil}, children, 0, 0))
}

// unpackTimes returns the tuples of a column of states, the group of each, and
// how often it is there by row number.
func unpackTimes(groups []uint32, a arrow.Array) (to []uint32, args []kernel.Value, rows kernel.Rows, times []int64) {
	to, args, rows = unpackState(groups, a)
	last := len(args) - 1
	return to, args[:last], rows, batch.Values[int64](args[last].Array)
}
