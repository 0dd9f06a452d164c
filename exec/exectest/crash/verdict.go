package crash

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Verdict is what a verifier found in the result of a query.
type Verdict struct {
	// Rows are those that the query had to give.
	Rows int
	// Lost rows are missing, Doubled ones came again, Disordered are keys whose rows
	// came in another order, and Wrong rows that should not be there.
	Lost, Doubled, Disordered, Wrong int
	// Examples show a few faults.
	Examples []string
}

// OK tells whether the result is right.
func (v Verdict) OK() bool { return v.Lost+v.Doubled+v.Disordered+v.Wrong == 0 }

// add sums up verdicts.
func (v *Verdict) add(o Verdict) {
	v.Rows += o.Rows
	v.Lost, v.Doubled, v.Disordered, v.Wrong = v.Lost+o.Lost, v.Doubled+o.Doubled, v.Disordered+o.Disordered, v.Wrong+o.Wrong
	v.Examples = append(v.Examples, o.Examples...)
}

func (v *Verdict) note(format string, args ...any) {
	if len(v.Examples) < 10 {
		v.Examples = append(v.Examples, fmt.Sprintf(format, args...))
	}
}

// compare holds a result against the right one.
func compare(want, got rows, ordered bool) Verdict {
	v := Verdict{}
	all := maps.Clone(got)
	maps.Copy(all, want)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		v.Rows += len(want[key])
		v.key(key, want[key], got[key], ordered)
	}
	return v
}

// key compares the rows of one key.
func (v *Verdict) key(key string, want, got []string, ordered bool) {
	should, is := tally(want), tally(got)
	for _, row := range slices.Sorted(maps.Keys(should)) {
		switch n := is[row] - should[row]; {
		case n < 0:
			v.Lost -= n
			v.note("lost: %s %s, which belongs there %d times and is there %d times", key, row, should[row], is[row])
		case n > 0:
			v.Doubled += n
			v.note("doubled: %s %s, which belongs there %d times and is there %d times", key, row, should[row], is[row])
		}
	}
	for _, row := range slices.Sorted(maps.Keys(is)) {
		if should[row] == 0 {
			v.Wrong += is[row]
			v.note("wrong: %s %s", key, row)
		}
	}
	if i := disorder(want, got, is); ordered && i >= 0 {
		v.Disordered++
		v.note("out of order: %s %s", key, got[i])
	}
}

func tally(rows []string) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		out[r]++
	}
	return out
}

// disorder returns the place of a row that comes for the first time and after one
// that belongs behind it, or -1.
func disorder(want, got []string, is map[string]int) int {
	place := map[string]int{}
	for i, r := range want {
		if _, there := place[r]; !there && is[r] > 0 {
			place[r] = i
		}
	}
	last := -1
	for i, r := range got {
		p, known := place[r]
		if !known {
			continue
		}
		if p < last {
			return i
		}
		last = p
		delete(place, r) // what comes again is doubled, and no disorder
	}
	return -1
}

// verify reads the result of a run and holds it against the right one.
func (h *harness) verify(ctx context.Context) (Verdict, error) {
	var in []map[int32][]record
	for _, name := range append(inputs(h.Workload), "out") {
		t, err := readAll(ctx, h.Brokers, topic(h.prefix(), name))
		if err != nil {
			return Verdict{}, err
		}
		in = append(in, t)
	}
	got := results(in[len(in)-1])
	if h.Workload == Join {
		return compare(joined(in[0], in[1]), got, false), nil
	}
	read, bad := sift(in[0])
	kept, err := h.imprisoned(ctx)
	if err != nil {
		return Verdict{}, err
	}
	h.result.Quarantined = len(bad["quarantine"])
	want, err := h.right(ctx, read)
	v := compare(want, got, true)
	v.add(compare(bad, kept, false))
	return v, err
}

// right is the answer of a workload with one input.
func (h *harness) right(ctx context.Context, in map[int32][]record) (rows, error) {
	switch h.Workload {
	case Copy, Staged:
		return copies(in), nil
	case Running:
		return runs(in), nil
	}
	plans, err := readPlans(ctx, h.checkpoint())
	if err != nil {
		return nil, err
	}
	return counts(topic(h.prefix(), "in"), in, plans)
}
