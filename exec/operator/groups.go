package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// groups is a GroupTable with the accumulators of an aggregation.
type groups struct {
	agg   *Aggregation
	table *GroupTable
	accs  []Accumulator
}

func (g *groups) len() int { return g.table.Len() }

func (g *groups) grow() {
	for _, acc := range g.accs {
		acc.Grow(g.table.Len())
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
	ids, err := g.table.Groups(values[:len(g.agg.keys)], rowsOf(b))
	g.grow()
	return ids, err
}

// accumulate adds the rows of b that count to the given groups.
func (g *groups) accumulate(ids []uint32, values []kernel.Value, b batch.Batch) error {
	rows, args := rowsOf(b), values[len(g.agg.keys):]
	for i, acc := range g.accs {
		n := len(g.agg.calls[i].Args)
		if err := acc.Update(ids, args[:n:n], rows, b.Changes); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// find returns the group of each row of a partial result without selection.
func (g *groups) find(b batch.Batch) ([]uint32, error) {
	keys := make([]kernel.Value, len(g.agg.keys))
	for c := range keys {
		keys[c].Array = b.Record.Column(c)
	}
	ids, err := g.table.Groups(keys, rowsOf(b))
	g.grow()
	return ids, err
}

// merge adds a partial result, whose rows belong to the given groups.
func (g *groups) merge(ids []uint32, b batch.Batch) error {
	at := len(g.agg.keys)
	for i, acc := range g.accs {
		state := make([]arrow.Array, g.agg.widths[i])
		for k := range state {
			state[k] = b.Record.Column(at + k)
		}
		if err := acc.Merge(ids, state); err != nil {
			return err
		}
		at += len(state)
	}
	return nil
}

// rows returns some groups as rows: of the result, or of a partial result.
func (g *groups) rows(ids []uint32, partial bool) (batch.Batch, error) {
	cols, err := g.table.Keys(ids)
	if err != nil {
		return batch.Batch{}, err
	}
	for _, acc := range g.accs {
		var more []arrow.Array
		if partial {
			more, err = acc.State(ids)
		} else {
			more = make([]arrow.Array, 1)
			more[0], err = acc.Result(ids)
		}
		if err != nil {
			return batch.Batch{}, err
		}
		cols = append(cols, more...)
	}
	schema := g.agg.result
	if partial {
		schema = g.agg.partial
	}
	return newBatch(schema, cols, len(ids)), nil
}

func (g *groups) bytes() int64 {
	n := g.table.Bytes()
	for _, acc := range g.accs {
		n += acc.Bytes()
	}
	return n
}
