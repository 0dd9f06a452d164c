package stateread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/stream"
)

// Last asks for the last batch that was committed.
const Last = -1

// Version is the state after a batch.
type Version struct {
	Batch int64
	// Specs describe the operators with state, as the run that committed the batch
	// had them.
	Specs []state.Spec

	store  store.Store
	commit checkpoint.Commit
}

// Load finds the state after a batch, or after the Last. It fails where the
// checkpoint does not keep the batch.
func Load(ctx context.Context, s store.Store, batch int64) (*Version, error) {
	kept, err := Kept(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("there is no batch in %s that was committed, and so no state", s)
	}
	if batch == Last {
		batch = kept[len(kept)-1]
	}
	if !slices.Contains(kept, batch) {
		return nil, fmt.Errorf("the checkpoint %s does not keep the state after batch %d; it keeps that after batches %d to %d", s, batch, kept[0], kept[len(kept)-1])
	}
	v := &Version{Batch: batch, store: s}
	if v.commit, err = read[checkpoint.Commit](ctx, s, checkpoint.CommitsName(batch)); err != nil {
		return nil, err
	}
	epoch, err := read[checkpoint.Epoch](ctx, s, checkpoint.EpochName(v.commit.Epoch))
	if err != nil {
		return nil, err
	}
	for _, raw := range epoch.Operators {
		var spec state.Spec
		if err := json.Unmarshal(raw, &spec); err != nil {
			return nil, fmt.Errorf("the spec of an operator of epoch %d in %s: %w", epoch.Epoch, s, err)
		}
		v.Specs = append(v.Specs, spec)
	}
	return v, nil
}

// Manifest says which files make up the state.
func (v *Version) Manifest() checkpoint.Manifest { return v.commit.State }

// Kept returns the batches whose commits a checkpoint keeps, ascending.
func Kept(ctx context.Context, s store.Store) ([]int64, error) {
	if _, err := s.Get(ctx, checkpoint.MetaName); errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("there is no checkpoint in %s; name the place that the query was started with", s)
	} else if err != nil {
		return nil, err
	}
	names, err := s.List(ctx, checkpoint.CommitsPrefix)
	var out []int64
	for _, name := range names {
		if n, ok := checkpoint.Number(name, checkpoint.CommitsPrefix); ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, err
}

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

// Choice says which pairs are wanted: those of an operator and of one of its
// states, by name; "" is all.
type Choice struct{ Operator, State string }

// Check refuses names that the version does not have.
func (v *Version) Check(c Choice) error {
	var operators, states []string
	found := false
	for _, s := range v.Specs {
		operators = append(operators, s.Operator)
		if c.Operator != "" && s.Operator != c.Operator {
			continue
		}
		found = true
		for _, sp := range s.Spaces {
			states = append(states, sp.Name)
		}
	}
	switch {
	case len(v.Specs) == 0:
		return fmt.Errorf("the query keeps no state: none of its operators needs any")
	case !found:
		return fmt.Errorf("no operator %q keeps state; there are %s%s", c.Operator, strings.Join(operators, ", "), types.DidYouMean(c.Operator, operators))
	case c.State != "" && !slices.Contains(states, c.State):
		return fmt.Errorf("no state is called %q; there are %s%s", c.State, strings.Join(states, ", "), types.DidYouMean(c.State, states))
	}
	return nil
}

// takes tells whether pairs of a space are wanted.
func (c Choice) takes(operator string, sp state.Space) bool {
	return (c.Operator == "" || c.Operator == operator) && (c.State == "" || c.State == sp.Name)
}

// space returns what the operator keeps in a key's space; one that no spec
// describes has the byte as its name.
func (v *Version) space(operator string, key []byte) state.Space {
	id := key[state.KeyPrefix-1]
	for _, s := range v.Specs {
		if s.Operator != operator {
			continue
		}
		for _, sp := range s.Spaces {
			if sp.ID == id {
				return sp
			}
		}
	}
	return state.Space{ID: id, Name: fmt.Sprintf("%q", id)}
}

// pairs opens the pairs of the version, ordered by operator and key.
func (v *Version) pairs(ctx context.Context) (*pairs, error) {
	files, err := stream.OpenState(ctx, v.store, v.commit.State)
	if err != nil {
		return nil, err
	}
	p := &pairs{files: files, ctx: ctx}
	if len(files) == 0 {
		return p, nil
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		readers[i] = f
	}
	opened, err := state.OpenState(v.commit.State.Version, readers...)
	if err != nil {
		p.close()
		return nil, err
	}
	p.merger = state.NewMerger(opened...)
	return p, nil
}

// pairs goes through the pairs that there are.
type pairs struct {
	files  []io.ReadCloser
	merger *state.Merger   // nil: there are none
	ctx    context.Context //nolint:containedctx // that of the one reading
}

// next returns the next pair, or io.EOF.
func (p *pairs) next() (state.Pair, error) {
	if p.merger == nil {
		return state.Pair{}, io.EOF
	}
	for {
		if err := p.ctx.Err(); err != nil {
			return state.Pair{}, err
		}
		got, err := p.merger.Next()
		if err != nil || got.Value != nil {
			if err == nil && len(got.Key) < state.KeyPrefix {
				err = fmt.Errorf("a key of %s has %d bytes: %w", got.Operator, len(got.Key), state.ErrDamaged)
			}
			return got, err
		}
	}
}

func (p *pairs) close() { stream.CloseState(p.files) }
