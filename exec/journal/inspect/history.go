package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// history is what the names of a store tell.
type history struct {
	meta    checkpoint.Meta
	epochs  []int64
	batches []int64 // that have a plan, in order
	last    int64   // commit, NoBatch for none
}

// read reads a record. An error names it and the store.
func read[R checkpoint.Record](ctx context.Context, s store.Store, name string) (r R, err error) {
	raw, err := s.Get(ctx, name)
	if err != nil {
		return r, err
	}
	if r, err = checkpoint.Decode[R](raw); err != nil {
		err = fmt.Errorf("%s in %s: %w", name, s, err)
	}
	return r, err
}

func load(ctx context.Context, s store.Store) (h history, err error) {
	h.meta, err = read[checkpoint.Meta](ctx, s, checkpoint.MetaName)
	if errors.Is(err, store.ErrNotFound) {
		return h, fmt.Errorf("there is no checkpoint in %s: it has no record %s; name the place that the query was started with", s, checkpoint.MetaName)
	}
	if err != nil {
		return h, err
	}
	if h.epochs, err = numbers(ctx, s, checkpoint.EpochsPrefix); err != nil {
		return h, err
	}
	if h.batches, err = numbers(ctx, s, checkpoint.OffsetsPrefix); err != nil {
		return h, err
	}
	commits, err := numbers(ctx, s, checkpoint.CommitsPrefix)
	h.last = checkpoint.NoBatch
	if len(commits) > 0 {
		h.last = commits[len(commits)-1]
	}
	return h, err
}

func numbers(ctx context.Context, s store.Store, prefix string) ([]int64, error) {
	names, err := s.List(ctx, prefix)
	var out []int64
	for _, name := range names {
		if n, ok := checkpoint.Number(name, prefix); ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, err
}

// batch is a batch's records; the commit is nil where there is none.
type batch struct {
	Offsets checkpoint.Plan    `json:"offsets"`
	Commit  *checkpoint.Commit `json:"commit,omitempty"`
}

func loadBatch(ctx context.Context, s store.Store, h history, n int64) (b batch, err error) {
	b.Offsets, err = read[checkpoint.Plan](ctx, s, checkpoint.OffsetsName(n))
	if errors.Is(err, store.ErrNotFound) {
		return b, fmt.Errorf("there is no batch %d in %s; %s", n, s, h.kept())
	}
	if err != nil {
		return b, err
	}
	commit, err := read[checkpoint.Commit](ctx, s, checkpoint.CommitsName(n))
	if errors.Is(err, store.ErrNotFound) {
		return b, nil
	}
	b.Commit = &commit
	return b, err
}

func (h history) kept() string {
	if len(h.batches) == 0 {
		return "the query has run none yet"
	}
	return fmt.Sprintf("it keeps batches %d to %d", h.batches[0], h.batches[len(h.batches)-1])
}

// compact is JSON on one line.
func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
