package physical

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// Aggregate aggregates one part in one pass.
type Aggregate struct {
	Input  Op
	agg    *operator.Aggregation
	budget int64
}

// String returns keys and functions.
func (a *Aggregate) String() string { return "HashAggregate" + a.agg.String() }

// Children returns the input.
func (a *Aggregate) Children() []Op { return []Op{a.Input} }

// Schema has the keys, then the aggregates.
func (a *Aggregate) Schema() *arrow.Schema { return a.agg.Schema() }

// Open aggregates the one part.
func (a *Aggregate) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := mapParts(ctx, r, a.Input, func(in batch.Stream) (batch.Stream, error) {
		return a.agg.Complete(in, r.strict(), a.budget)
	})
	return unordered(parts), err
}

// Partial aggregates each part by itself.
type Partial struct {
	Input Op
	agg   *operator.Aggregation
}

// String returns keys and functions.
func (p *Partial) String() string { return "HashAggregate partial" + p.agg.String() }

// Children returns the input.
func (p *Partial) Children() []Op { return []Op{p.Input} }

// Schema has the keys, then the states of the aggregates.
func (p *Partial) Schema() *arrow.Schema { return p.agg.PartialSchema() }

// Open aggregates each part.
func (p *Partial) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := mapParts(ctx, r, p.Input, func(in batch.Stream) (batch.Stream, error) {
		return p.agg.Partial(in, r.envAfter(afterState(p.Input)))
	})
	return unordered(parts), err
}

// unordered forgets the order of the input, which an aggregate does not keep.
func unordered(parts []Part) []Part {
	for i := range parts {
		parts[i].Order = nil
	}
	return parts
}

// HashExchange brings the rows of one key to one task. A single part that stays
// one goes through as it is.
type HashExchange struct {
	Input  Op
	keys   []int // the numbers of their columns
	parts  int
	budget int64
}

// exchange divides an input by its first columns.
func (b *Builder) exchange(in Op, keys, parts int) *HashExchange {
	h := &HashExchange{Input: in, parts: parts, budget: b.StateBytes}
	for k := range keys {
		h.keys = append(h.keys, k)
	}
	return h
}

// String names the exchange.
func (h *HashExchange) String() string {
	return fmt.Sprintf("Exchange hash(%d keys, %d)", len(h.keys), h.parts)
}

// Children returns the input.
func (h *HashExchange) Children() []Op { return []Op{h.Input} }

// Schema is the input's.
func (h *HashExchange) Schema() *arrow.Schema { return h.Input.Schema() }

// Open divides the rows of all parts by the hash of their keys.
func (h *HashExchange) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts, err := h.Input.Open(ctx, r)
	if err != nil || len(parts) == 1 && h.parts == 1 {
		return parts, err
	}
	in := make([]batch.Stream, len(parts))
	for i, p := range parts {
		in[i] = p.Stream
	}
	var out []Part
	for _, s := range operator.HashExchangeOn(in, h.keys, h.parts, h.budget) {
		out = append(out, Part{Stream: s})
	}
	return out, nil
}

// Final merges partial aggregates.
type Final struct {
	Input  Op
	agg    *operator.Aggregation
	budget int64
}

// String returns keys and functions.
func (f *Final) String() string { return "HashAggregate final" + f.agg.String() }

// Children returns the input.
func (f *Final) Children() []Op { return []Op{f.Input} }

// Schema has the keys, then the aggregates.
func (f *Final) Schema() *arrow.Schema { return f.agg.Schema() }

// Open merges each part.
func (f *Final) Open(ctx context.Context, r *Run) ([]Part, error) {
	return mapParts(ctx, r, f.Input, func(in batch.Stream) (batch.Stream, error) {
		return f.agg.Final(in, f.budget)
	})
}
