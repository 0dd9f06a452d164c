package stateread

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// Changes calls f for each pair in which a state differs from a version once
// changes have been made to it, which are ordered as a store gives them: a nil
// value is a pair that was deleted. A nil version is the state before the first
// batch. Specs describe the state after the changes.
func Changes(ctx context.Context, before *Version, specs []state.Spec, changes []state.Pair, f func(Change) error) error {
	after := &Version{Specs: specs}
	old := &pairs{}
	if before == nil {
		before = after
	} else {
		var err error
		if old, err = before.pairs(ctx); err != nil {
			return err
		}
	}
	defer old.close()
	d := differ{a: before, b: after, f: f, known: decoders{}}
	p, perr := old.next()
	for _, c := range changes {
		for perr == nil && comparePairs(p, c) < 0 {
			p, perr = old.next()
		}
		if perr != nil && perr != io.EOF { //nolint:errorlint // wrapped, it is no end
			return perr
		}
		var was []byte
		if perr == nil && comparePairs(p, c) == 0 {
			was = p.Value
		}
		if slices.Equal(was, c.Value) && (was == nil) == (c.Value == nil) {
			continue
		}
		if err := d.tell(c.Operator, c.Key, was, c.Value); err != nil {
			return err
		}
	}
	return nil
}

func comparePairs(a, b state.Pair) int {
	return cmp.Or(cmp.Compare(a.Operator, b.Operator), bytes.Compare(a.Key, b.Key))
}
