package operator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// spaceValues is the space of the entries of the first call that keeps values, in a
// table of state; those of the others follow. As many calls as there are spaces keep
// them so, and any further call has all that it gathered in the row of the group.
const (
	spaceValues = 0x80
	maxKept     = 0x70
)

// keptValues are the entries of one call in a table: a space of its own, whose keys
// are those of the group, then what the entry is known by.
type keptValues struct {
	call       int // the number of its accumulator
	space      byte
	name       string
	form       entryForm
	inRow      bool          // the row of the group says what the call gives
	key, value []arrow.Field // of an entry, without the keys of its group
}

// keep lays out the state of one more accumulator: the columns of the group's row,
// and its entries.
func (a *Aggregation) keep(i int, name string, acc Accumulator) {
	types := acc.StateTypes()
	if k, ok := acc.(keeper); ok && len(a.kept) < maxKept {
		row := rowOf(k)
		types = row.types()
		v := a.valuesOf(i, name, row.form())
		v.inRow = row.inner != nil
		a.kept = append(a.kept, v)
	}
	a.rowWidths = append(a.rowWidths, len(types))
	for c, dt := range types {
		a.row = append(a.row, arrow.Field{Name: fmt.Sprintf("%s.state%d_%d", name, i, c), Type: dt, Nullable: true})
	}
}

func (a *Aggregation) valuesOf(i int, name string, form entryForm) keptValues {
	k := keptValues{call: i, space: byte(spaceValues + len(a.kept)), name: fmt.Sprintf("%s.values%d", name, i), form: form}
	position := a.field("position", arrow.BinaryTypes.String)
	var tuple []arrow.Field
	for c, dt := range form.types {
		label := "value"
		if len(form.types) > 1 {
			label += fmt.Sprint(c)
		}
		tuple = append(tuple, a.field(label, dt))
	}
	switch {
	case form.list:
		k.key, k.value = []arrow.Field{position}, tuple
	case form.rank.first > 0:
		k.key, k.value = []arrow.Field{a.field("order", arrow.BinaryTypes.Binary)}, tuple
	default:
		k.key = tuple
	}
	if form.counted {
		k.value = append(k.value, a.field("times", arrow.PrimitiveTypes.Int64))
	}
	if form.ordered && !form.list {
		k.value = append(k.value, a.field("position", arrow.PrimitiveTypes.Int64))
	}
	return k
}

// field is a column of an entry, under a name that no key of the group has.
func (a *Aggregation) field(name string, dt arrow.DataType) arrow.Field {
	for slices.ContainsFunc(a.keyFields, func(f arrow.Field) bool { return strings.EqualFold(f.Name, name) }) {
		name += "_"
	}
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

func typesOf(fields []arrow.Field) []arrow.DataType {
	out := make([]arrow.DataType, len(fields))
	for i, f := range fields {
		out[i] = f.Type
	}
	return out
}

// rowState returns the rows of some groups in a table.
func (g *groups) rowState(ids []uint32) (cols []arrow.Array, err error) {
	kept := g.agg.kept
	for i, acc := range g.accs {
		state := acc.State
		if len(kept) > 0 && kept[0].call == i {
			state, kept = rowOf(acc.(keeper)).state, kept[1:]
		}
		more, err := state(ids)
		if err != nil {
			return nil, err
		}
		cols = append(cols, more...)
	}
	return cols, nil
}

// mergeRows adds rows of a table to the given groups.
func (g *groups) mergeRows(ids []uint32, cols []arrow.Array) error {
	kept := g.agg.kept
	for i, acc := range g.accs {
		n, merge := g.agg.rowWidths[i], acc.Merge
		if len(kept) > 0 && kept[0].call == i {
			merge, kept = rowOf(acc.(keeper)).merge, kept[1:]
		}
		if err := merge(ids, cols[:n:n]); err != nil {
			return err
		}
		cols = cols[n:]
	}
	return nil
}

// keeper returns the accumulator whose values the k-th space has.
func (g *groups) keeper(k int) keeper { return g.accs[g.agg.kept[k].call].(keeper) }

// values returns the multiset whose entries the k-th space has.
func (g *groups) values(k int) multiset {
	m, _ := g.keeper(k).keeps()
	return m
}

// settle puts what was loaded of groups in order.
func (g *groups) settle(ids []uint32) error {
	for k := range g.agg.kept {
		if err := settle(g.keeper(k), ids); err != nil {
			return err
		}
	}
	return nil
}

// copyTo adds some groups to others, entry by entry.
func (g *groups) copyTo(to *groups, ids []uint32) error {
	keys, err := g.keys(ids)
	if err != nil {
		return err
	}
	places, err := to.number(valuesOf(keys), kernel.Rows{N: len(ids)})
	if err != nil {
		return err
	}
	cols, err := g.rowState(ids)
	if err != nil {
		return err
	}
	if err := to.mergeRows(places, cols); err != nil {
		return err
	}
	place := make(map[uint32]uint32, len(ids)) // of some thousand groups at a time
	for j, id := range ids {
		place[id] = places[j]
	}
	for k := range g.agg.kept {
		if err := copyEntries(to.values(k), g.values(k), ids, func(g uint32) uint32 { return place[g] }); err != nil {
			return err
		}
	}
	return to.settle(places)
}

// setPartial notes that of a group there are more entries than are here.
func (g *groups) setPartial(k int, id uint32) {
	if g.partial == nil {
		g.partial = make([][]bool, len(g.agg.kept))
	}
	if n := int(id) + 1; n > len(g.partial[k]) {
		g.partial[k] = append(g.partial[k], make([]bool, n-len(g.partial[k]))...)
	}
	g.partial[k][id] = true
}

func (g *groups) isPartial(k int, id uint32) bool {
	return g.partial != nil && int(id) < len(g.partial[k]) && g.partial[k][id]
}

func (g *groups) anyPartial(k int, ids []uint32) bool {
	return g.partial != nil && len(g.partial[k]) > 0 && slices.ContainsFunc(ids, func(id uint32) bool { return g.isPartial(k, id) })
}
