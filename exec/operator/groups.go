package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// groups is a GroupTable with the accumulators of an aggregation. The number of
// a group is its place in the accumulators.
type groups struct {
	agg    *Aggregation
	table  *GroupTable
	places *places // nil: groups have the numbers of the table
	accs   []Accumulator
	rows   *count // the last of accs, where rows can be taken back
	// With groups on disk: by call that keeps values, and by group, whether only some
	// of many entries are here; and what gives the results of such groups.
	partial [][]bool
	peek    func(g *groups, k int, ids []uint32) (arrow.Array, error)
}

func (g *groups) len() int {
	if g.places != nil {
		return len(g.places.keys)
	}
	return g.table.Len()
}

func (g *groups) grow() {
	for _, acc := range g.accs {
		acc.Grow(g.len())
	}
}

// update adds the rows of b that count, given the values of keys and arguments.
func (g *groups) update(values []kernel.Value, b batch.Batch) error {
	ids, err := g.findRows(values, b)
	if err != nil {
		return err
	}
	return g.accumulate(ids, values, b)
}

// findRows returns the group of each row of b that counts.
func (g *groups) findRows(values []kernel.Value, b batch.Batch) ([]uint32, error) {
	return g.number(values[:len(g.agg.keys)], rowsOf(b))
}

// find returns the group of each row of a partial result without selection.
func (g *groups) find(b batch.Batch) ([]uint32, error) {
	keys := make([]kernel.Value, len(g.agg.keys))
	for c := range keys {
		keys[c].Array = b.Record.Column(c)
	}
	return g.number(keys, rowsOf(b))
}

func (g *groups) number(keys []kernel.Value, rows kernel.Rows) ([]uint32, error) {
	ids, err := g.table.Groups(keys, rows)
	if err == nil && g.places != nil {
		ids = g.places.find(ids, g.table.Len())
	}
	g.grow()
	return ids, err
}

// accumulate adds the rows of b that count to the given groups.
func (g *groups) accumulate(ids []uint32, values []kernel.Value, b batch.Batch) error {
	rows, args := rowsOf(b), values[len(g.agg.keys):]
	for i, acc := range g.accs {
		n := 0
		if i < len(g.agg.calls) {
			n = len(g.agg.calls[i].Args)
		}
		if err := acc.Update(ids, args[:n:n], rows, b.Changes); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// merge adds a partial result, whose rows belong to the given groups.
func (g *groups) merge(ids []uint32, b batch.Batch) error {
	return g.mergeState(ids, b.Record.Columns()[len(g.agg.keys):])
}

// mergeState adds the states of all accumulators, a row for each given group.
func (g *groups) mergeState(ids []uint32, cols []arrow.Array) error {
	for i, acc := range g.accs {
		n := g.agg.widths[i]
		if err := acc.Merge(ids, cols[:n:n]); err != nil {
			return err
		}
		cols = cols[n:]
	}
	return nil
}

// keys returns the key columns of some groups.
func (g *groups) keys(ids []uint32) ([]arrow.Array, error) {
	if g.places != nil {
		ids = g.places.numbers(ids)
	}
	return g.table.Keys(ids)
}

// state returns the states of all accumulators for some groups.
func (g *groups) state(ids []uint32) (cols []arrow.Array, err error) {
	for _, acc := range g.accs {
		more, err := acc.State(ids)
		if err != nil {
			return nil, err
		}
		cols = append(cols, more...)
	}
	return cols, nil
}

// results returns the values of the calls for some groups.
func (g *groups) results(ids []uint32) ([]arrow.Array, error) {
	cols := make([]arrow.Array, len(g.agg.calls))
	kept := 0
	for i := range cols {
		result := g.accs[i].Result
		if kept < len(g.agg.kept) && g.agg.kept[kept].call == i {
			if k := kept; g.anyPartial(k, ids) {
				result = func(ids []uint32) (arrow.Array, error) { return g.peek(g, k, ids) }
			}
			kept++
		}
		a, err := result(ids)
		if err != nil {
			return nil, err
		}
		cols[i] = a
	}
	return cols, nil
}

// output returns some groups as rows: of the result, or of a partial result.
func (g *groups) output(ids []uint32, partial bool) (batch.Batch, error) {
	cols, err := g.keys(ids)
	if err != nil {
		return batch.Batch{}, err
	}
	values, schema := g.results, g.agg.result
	if partial {
		values, schema = g.state, g.agg.partial
	}
	more, err := values(ids)
	if err != nil {
		return batch.Batch{}, err
	}
	return newBatch(schema, append(cols, more...), len(ids)), nil
}

func (g *groups) bytes() int64 {
	n := g.table.Bytes()
	if g.places != nil {
		n += g.places.bytes()
	}
	for _, acc := range g.accs {
		n += acc.Bytes()
	}
	return n
}
