package operator

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// JoinOutput says what a join gives of the rows that match.
type JoinOutput int

const (
	// JoinPairs gives a row for each pair that matches: left columns, then right.
	JoinPairs JoinOutput = iota
	// JoinExists gives each probe row that has a match, once.
	JoinExists
	// JoinMissing gives each probe row that has none.
	JoinMissing
)

// JoinSpec describes a join of a probe side, which flows, with a build side,
// which is held in memory as a JoinTable.
type JoinSpec struct {
	Output JoinOutput
	// ProbeOuter gives also each probe row without a match, with nulls for the build
	// side; BuildOuter each build row without one, after all others. Both are for
	// JoinPairs.
	ProbeOuter, BuildOuter bool
	// BuildLeft says that the build side is the left one.
	BuildLeft bool
	// ProbeKeys are bound over the probe side, BuildKeys over the build side, pair by
	// pair of the same type. NullSafe tells where null equals null.
	ProbeKeys, BuildKeys []expr.Expr
	NullSafe             []bool
	// Cond is a condition over the left columns, then the right ones; nil is none.
	Cond expr.Expr
	// Schema is that of the result.
	Schema *arrow.Schema
	// Name is the join's line in explain, for errors.
	Name string
}

// HashJoin looks the rows of its input up in a JoinTable. The result has the
// order of the input, the matches of a row that of the build side; build rows
// without a match come last. Changes of the input are carried on: a pair has the
// change of its probe row.
//
// A batch that was begun is worked off in slices of about batch.MaxRows pairs,
// however many matches a row has.
type HashJoin struct {
	done
	in    batch.Stream
	spec  *JoinSpec
	table *JoinTable
	env   Env
	keys  *kernel.List
	cond  *joinCond // nil: none
	now   probing
	seen  bitset // build rows that matched, where BuildOuter asks
	ended bool
	rest  int // the next build row to look at for BuildOuter
}

// NewHashJoin returns the join of in with a table that was built for the same
// spec. The table may be shared by several streams, unless spec has BuildOuter.
func NewHashJoin(in batch.Stream, spec *JoinSpec, table *JoinTable, env Env) (*HashJoin, error) {
	h := &HashJoin{in: in, spec: spec, table: table, env: env}
	var err error
	if h.keys, err = kernel.CompileList(spec.ProbeKeys); err != nil {
		return nil, err
	}
	if spec.Cond != nil {
		if h.cond, err = newJoinCond(spec, in.Schema(), table.record.Schema()); err != nil {
			return nil, err
		}
	}
	if spec.BuildOuter {
		h.seen = newBitset(table.rows())
	}
	return h, nil
}

// String shows the join.
func (h *HashJoin) String() string { return h.spec.Name }

// Schema is the spec's.
func (h *HashJoin) Schema() *arrow.Schema { return h.spec.Schema }

// Next returns the next rows of the result.
func (h *HashJoin) Next(ctx context.Context) (batch.Batch, error) {
	return h.once(func() (batch.Batch, error) {
		for {
			if err := ctx.Err(); err != nil {
				return batch.Batch{}, context.Cause(ctx)
			}
			if h.ended {
				return h.unmatched()
			}
			if !h.now.open {
				err := h.begin(ctx)
				if batch.IsEnd(err) {
					h.ended = true
					continue
				}
				if err != nil {
					return batch.Batch{}, err
				}
				continue
			}
			out, err := h.step()
			if err != nil || out.Record != nil && out.NumRows() > 0 {
				return out, err
			}
		}
	})
}

// begin reads the next batch of the input and finds where the matches of its
// rows begin.
func (h *HashJoin) begin(ctx context.Context) error {
	b, err := h.in.Next(ctx)
	if err != nil {
		return err
	}
	if h.spec.BuildOuter && b.Changes != nil {
		return errors.New("internal: a join that keeps the rows of its build side came over changes")
	}
	values, b, err := evaluate(h.env, h.keys, b)
	if err != nil || b.NumRows() == 0 {
		return err
	}
	return h.now.begin(h.table, h.spec.NullSafe, values, b)
}

// step works off a part of the batch, or all of it where probe rows alone leave.
func (h *HashJoin) step() (batch.Batch, error) {
	if h.spec.Output != JoinPairs {
		return h.exists()
	}
	from := h.now.j
	probe, build, err := h.pairs()
	if err != nil {
		return batch.Batch{}, err
	}
	if h.seen != nil {
		for _, r := range build {
			h.seen.set(int(r))
		}
	}
	if h.spec.ProbeOuter {
		probe, build = h.now.outer(from, probe, build)
	}
	if len(probe) == 0 {
		return batch.Batch{}, nil
	}
	return h.emit(h.now.b, probe, build)
}

// pairs returns the next pairs that match, as rows of the probe batch and of the
// table.
func (h *HashJoin) pairs() (probe, build []int32, err error) {
	h.now.candidates(h.table)
	if h.now.probe, h.now.build, err = h.table.verify(&h.now); err != nil {
		return nil, nil, err
	}
	if h.cond != nil && len(h.now.probe) > 0 {
		err = h.cond.filter(h.env, &h.now, h.table.record)
	}
	return h.now.probe, h.now.build, err
}

// exists selects the rows of the batch that have a match, or that have none.
func (h *HashJoin) exists() (batch.Batch, error) {
	b := h.now.b
	found := newBitset(int(b.Record.NumRows()))
	for h.now.open {
		probe, _, err := h.pairs()
		if err != nil {
			return b, err
		}
		for _, i := range probe {
			found.set(int(i))
		}
	}
	sel := make([]int32, 0, b.NumRows())
	rows := rowsOf(b)
	for j := range b.NumRows() {
		if i := row(rows, j); found.has(i) == (h.spec.Output == JoinExists) {
			sel = append(sel, int32(i))
		}
	}
	if len(sel) < int(b.Record.NumRows()) {
		b.Sel = sel
	}
	if b.Record.Schema() != h.spec.Schema {
		b.Record = newBatch(h.spec.Schema, append([]arrow.Array(nil), b.Record.Columns()...), int(b.Record.NumRows())).Record
	}
	return b, nil
}

// emit builds result rows: those of pairs, -1 being a row of nulls.
func (h *HashJoin) emit(b batch.Batch, probe, build []int32) (batch.Batch, error) {
	left, err := takeAll(b.Record, probe)
	if err != nil {
		return b, err
	}
	right, err := takeAll(h.table.record, build)
	if err != nil {
		return b, err
	}
	if h.spec.BuildLeft {
		left, right = right, left
	}
	out := newBatch(h.spec.Schema, append(left, right...), len(probe))
	if b.Changes != nil {
		out.Changes = make([]int8, len(probe))
		for k, i := range probe {
			out.Changes[k] = b.Changes[i]
		}
	}
	return out, nil
}

// takeAll takes rows of all columns of a record.
func takeAll(rec arrow.RecordBatch, rows []int32) ([]arrow.Array, error) {
	cols := make([]arrow.Array, rec.NumCols())
	whole := len(rows) == int(rec.NumRows())
	for k := 0; whole && k < len(rows); k++ {
		whole = rows[k] == int32(k)
	}
	for c := range cols {
		if cols[c] = rec.Column(c); whole {
			continue
		}
		var err error
		if cols[c], err = kernel.Take(rec.Column(c), rows); err != nil {
			return nil, err
		}
	}
	return cols, nil
}

// unmatched gives the build rows that no probe row matched.
func (h *HashJoin) unmatched() (batch.Batch, error) {
	var build []int32
	for n := h.table.rows(); h.seen != nil && h.rest < n && len(build) < batch.MaxRows; h.rest++ {
		if !h.seen.has(h.rest) {
			build = append(build, int32(h.rest))
		}
	}
	if len(build) == 0 {
		return batch.Batch{}, io.EOF
	}
	nulls := make([]arrow.Array, h.in.Schema().NumFields())
	for c, f := range h.in.Schema().Fields() {
		nulls[c] = newNulls(f.Type, len(build))
	}
	cols, err := takeAll(h.table.record, build)
	if err != nil {
		return batch.Batch{}, err
	}
	if h.spec.BuildLeft {
		cols = append(cols, nulls...)
	} else {
		cols = append(nulls, cols...)
	}
	return newBatch(h.spec.Schema, cols, len(build)), nil
}

// Close closes the input.
func (h *HashJoin) Close() error {
	h.close()
	h.now = probing{}
	return h.in.Close()
}
