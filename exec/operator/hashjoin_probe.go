package operator

import (
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// probing is the probe batch that is being worked off.
type probing struct {
	open    bool
	b       batch.Batch
	keys    []joinKey
	scratch [][]uint64
	hashes  []uint64
	heads   []int32 // by selected row: where its chain begins, plus one

	j       int   // the selected row whose turn it is,
	chain   int32 // and where in its chain to go on, plus one
	inside  bool  // whether chain is that of row j; else it begins at its head
	matched bool  // whether row j had a match in a slice before

	probe, build []int32 // the pairs of the slice
}

// begin finds the chains of the rows of a batch, given the values of their keys.
func (p *probing) begin(t *JoinTable, safe []bool, values []kernel.Value, b batch.Batch) error {
	n := int(b.Record.NumRows())
	if p.scratch == nil {
		p.scratch = make([][]uint64, len(values))
	}
	keys, err := joinKeys(values, n, p.scratch)
	if err != nil {
		return err
	}
	p.open, p.b, p.keys = true, b, keys
	p.j, p.inside, p.matched = 0, false, false
	rows := rowsOf(b)
	p.heads = resize(p.heads, rows.Count())
	if len(keys) == 0 {
		first := int32(min(t.rows(), 1))
		for j := range p.heads {
			p.heads[j] = first
		}
		return nil
	}
	p.hashes = resize(p.hashes, n)
	hashKeys(keys, p.hashes)
	nulls := anyNoKey(keys, safe)
	for j := range p.heads {
		i := row(rows, j)
		p.heads[j] = t.heads[p.hashes[i]>>t.shift]
		if nulls && noKey(keys, safe, i) {
			p.heads[j] = 0
		}
	}
	return nil
}

// candidates collects the next pairs that may match, and at most a few more
// than batch.MaxRows. It closes the batch after its last row.
func (p *probing) candidates(t *JoinTable) {
	p.probe, p.build = p.probe[:0], p.build[:0]
	rows := rowsOf(p.b)
	for p.j < len(p.heads) && len(p.probe) < batch.MaxRows {
		if !p.inside {
			p.chain = p.heads[p.j]
		}
		i := int32(row(rows, p.j))
		switch {
		case len(p.keys) == 0:
			p.every(t, i)
		case t.exact:
			p.words(t, i)
		default:
			p.hashed(t, i)
		}
		if p.inside = p.chain > 0; !p.inside {
			p.j++
		}
	}
	p.open = p.j < len(p.heads)
}

// words collects the rows of the chain that have the word of row i.
func (p *probing) words(t *JoinTable, i int32) {
	w, words, at := p.keys[0].words[i], t.keys[0].words, p.chain
	for ; at > 0 && len(p.probe) < batch.MaxRows; at = t.next[at-1] {
		if words[at-1] == w {
			p.probe, p.build = append(p.probe, i), append(p.build, at-1)
		}
	}
	p.chain = at
}

// hashed collects the rows of the chain that have the hash of row i.
func (p *probing) hashed(t *JoinTable, i int32) {
	h, at := p.hashes[i], p.chain
	for ; at > 0 && len(p.probe) < batch.MaxRows; at = t.next[at-1] {
		if t.hashes[at-1] == h {
			p.probe, p.build = append(p.probe, i), append(p.build, at-1)
		}
	}
	p.chain = at
}

// every collects all rows of the table.
func (p *probing) every(t *JoinTable, i int32) {
	n, at := int32(t.rows()), p.chain
	for ; at > 0 && at <= n && len(p.probe) < batch.MaxRows; at++ {
		p.probe, p.build = append(p.probe, i), append(p.build, at-1)
	}
	if p.chain = at; at > n {
		p.chain = 0
	}
}

// outer adds to the pairs of a slice, which began with selected row from, a pair
// with -1 for each row that has turned out to have none.
func (p *probing) outer(from int, probe, build []int32) (withNone, rows []int32) {
	withNone, rows = make([]int32, 0, len(probe)+p.j-from), make([]int32, 0, len(probe)+p.j-from)
	k, all := 0, rowsOf(p.b)
	for j := from; j < len(p.heads) && j <= p.j; j++ {
		i, had := int32(row(all, j)), p.matched && j == from
		for ; k < len(probe) && probe[k] == i; k++ {
			withNone, rows, had = append(withNone, i), append(rows, build[k]), true
		}
		if j == p.j { // not at its end yet
			p.matched = had
			return withNone, rows
		}
		if !had {
			withNone, rows = append(withNone, i), append(rows, -1)
		}
	}
	p.matched = false
	return withNone, rows
}
