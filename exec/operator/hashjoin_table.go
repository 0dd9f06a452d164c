package operator

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// JoinSetting is the setting that bounds the memory of the build side of a join.
const JoinSetting = "riffle.join.bytes"

// JoinTable is the build side of a join: its rows in one record, and a chained
// hash table over their keys in arrays of row numbers. It never changes once it
// is built and is safe for concurrent use.
type JoinTable struct {
	record arrow.RecordBatch
	keys   []joinKey
	exact  bool     // one key of words that is never equal to null: no hash is kept
	hashes []uint64 // by row; nil where exact or without keys
	shift  uint
	heads  []int32 // by the upper bits of the hash: the first row plus one
	next   []int32 // by row: the next row of the chain plus one
}

// BuildJoin reads the build side of a join to its end, closes it, and returns
// its table, which together with the rows may take budget bytes.
func BuildJoin(ctx context.Context, in batch.Stream, spec *JoinSpec, env Env, budget int64) (t *JoinTable, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
		if closed := in.Close(); err == nil && closed != nil {
			t, err = nil, closed
		}
	}()
	rec, err := readBuild(ctx, in, spec, budget)
	if err != nil {
		return nil, err
	}
	t = &JoinTable{record: rec}
	if len(spec.BuildKeys) == 0 {
		return t, nil
	}
	list, err := kernel.CompileList(spec.BuildKeys)
	if err != nil {
		return nil, err
	}
	values, err := list.Eval(env.Env, rec, kernel.Rows{N: t.rows()})
	if err != nil {
		return nil, err
	}
	if t.keys, err = joinKeys(values, t.rows(), nil); err != nil {
		return nil, err
	}
	t.index(spec)
	if n := t.Bytes(); n > budget {
		return nil, tooLarge(spec, n, budget)
	}
	return t, nil
}

func tooLarge(spec *JoinSpec, n, budget int64) error {
	side := "right"
	if spec.BuildLeft {
		side = "left"
	}
	return fmt.Errorf("%s: the %s side, which is held in memory, needs %d bytes or more, and %d are allowed; raise %s, filter that side first, or give the smaller input on that side",
		spec.Name, side, n, budget, JoinSetting)
}

// readBuild returns the rows of a stream as one record.
func readBuild(ctx context.Context, in batch.Stream, spec *JoinSpec, budget int64) (arrow.RecordBatch, error) {
	var parts []arrow.RecordBatch
	size, rows := int64(0), int64(0)
	for {
		b, err := in.Next(ctx)
		if batch.IsEnd(err) {
			return concatRecords(in.Schema(), parts, rows)
		}
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err != nil {
			return nil, err
		}
		for _, c := range b.Changes {
			if c < 0 {
				return nil, fmt.Errorf("internal: %s: the build side takes a row back", spec.Name)
			}
		}
		size += sizeOf(b.Record.Columns())
		if rows += b.Record.NumRows(); size > budget || rows >= math.MaxInt32 {
			return nil, tooLarge(spec, size, budget)
		}
		parts = append(parts, b.Record)
	}
}

func concatRecords(schema *arrow.Schema, parts []arrow.RecordBatch, rows int64) (arrow.RecordBatch, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	cols := make([]arrow.Array, schema.NumFields())
	for c := range cols {
		if len(parts) == 0 {
			cols[c] = newNulls(schema.Field(c).Type, 0)
			continue
		}
		chunks := make([]arrow.Array, len(parts))
		text := 0
		for k, p := range parts {
			chunks[k] = p.Column(c)
			if id := chunks[k].DataType().ID(); id == arrow.STRING || id == arrow.BINARY {
				offsets, _ := batch.Texts(chunks[k])
				text += int(offsets[len(offsets)-1] - offsets[0])
			}
		}
		if text > math.MaxInt32 {
			return nil, textTooLong(text)
		}
		whole, err := kernel.Concat(chunks)
		if err != nil {
			return nil, err
		}
		cols[c] = whole
	}
	return array.NewRecordBatch(schema, cols, rows), nil
}

// joinKeys converts the values of key columns; words is scratch for each.
func joinKeys(values []kernel.Value, rows int, scratch [][]uint64) ([]joinKey, error) {
	keys := make([]joinKey, len(values))
	for c, v := range values {
		full, err := v.Full(kernel.Rows{N: rows})
		if err != nil {
			return nil, err
		}
		var words []uint64
		if scratch != nil {
			words = scratch[c]
		}
		if keys[c], err = newJoinKey(full, words); err != nil {
			return nil, err
		}
		if scratch != nil {
			scratch[c] = keys[c].words
		}
	}
	return keys, nil
}

func (t *JoinTable) rows() int { return int(t.record.NumRows()) }

// index fills the hash table from the last row to the first, so that chains
// have the order of the rows. Where only the existence of a match counts, one
// row of each key is enough.
func (t *JoinTable) index(spec *JoinSpec) {
	n := t.rows()
	t.exact = len(t.keys) == 1 && t.keys[0].words != nil && !spec.NullSafe[0]
	hashes := make([]uint64, n)
	hashKeys(t.keys, hashes)
	size := max(bits.Len(uint(n+n/2)), 4)
	t.shift, t.heads, t.next = 64-uint(size), make([]int32, 1<<size), make([]int32, n)
	once := spec.Output != JoinPairs && spec.Cond == nil
	nulls := anyNoKey(t.keys, spec.NullSafe)
	for i := n - 1; i >= 0; i-- {
		if nulls && noKey(t.keys, spec.NullSafe, i) {
			continue
		}
		head := &t.heads[hashes[i]>>t.shift]
		if once && t.holds(hashes, *head, int32(i)) {
			continue
		}
		t.next[i], *head = *head, int32(i)+1
	}
	if !t.exact {
		t.hashes = hashes
	}
}

// holds tells whether a chain has a row with the key of row i.
func (t *JoinTable) holds(hashes []uint64, head, i int32) bool {
	for ; head > 0; head = t.next[head-1] {
		if r := head - 1; hashes[r] == hashes[i] && equalKeys(t.keys, r, t.keys, i) {
			return true
		}
	}
	return false
}

func equalKeys(a []joinKey, i int32, b []joinKey, j int32) bool {
	for c := range a {
		if !a[c].equal(i, &b[c], j) {
			return false
		}
	}
	return true
}

// verify keeps those of the candidate pairs whose keys are equal.
func (t *JoinTable) verify(p *probing) (probe, build []int32, err error) {
	if t.exact || len(t.keys) == 0 {
		return p.probe, p.build, nil
	}
	n := 0
	for k, i := range p.probe {
		if r := p.build[k]; equalKeys(p.keys, i, t.keys, r) {
			p.probe[n], p.build[n] = i, r
			n++
		}
	}
	return p.probe[:n], p.build[:n], nil
}

// Rows is the number of rows, and Bytes the memory that they and the table take.
func (t *JoinTable) Rows() int64 { return t.record.NumRows() }

// Bytes is the memory of the rows and of the table.
func (t *JoinTable) Bytes() int64 {
	n := sizeOf(t.record.Columns()) + int64(len(t.hashes))*8 + int64(len(t.heads)+len(t.next))*4
	for _, k := range t.keys {
		n += int64(len(k.words)) * 8
	}
	return n
}
