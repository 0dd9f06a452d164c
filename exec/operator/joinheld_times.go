package operator

import (
	"cmp"
	"math"
	"slices"
)

// heldTimes is an index of the times of one side's rows: runs of rows in order of
// their times, one for each batch. Small ones are merged, so that they stay few.
type heldTimes struct {
	runs    []heldRun
	pending []heldTime // of the running batch
	next    int        // of pending: the first that has not passed
}

// heldTime is the time of a row.
type heldTime struct {
	time int64
	ref  uint32
}

// heldRun is rows in order of time: at is the first that had not passed before the
// batch, next the first that has not now.
type heldRun struct {
	list     []heldTime
	at, next int
}

// mergedRun is the length up to which runs are merged.
const mergedRun = 8192

func (t *heldTimes) add(time int64, ref uint32) { t.pending = append(t.pending, heldTime{time, ref}) }

// settle puts what was added into order.
func (t *heldTimes) settle() {
	byTime := func(a, b heldTime) int { return cmp.Compare(a.time, b.time) }
	if !slices.IsSortedFunc(t.pending, byTime) {
		slices.SortStableFunc(t.pending, byTime)
	}
}

// first is the first time; math.MaxInt64 where there is none.
func (t *heldTimes) first() int64 {
	first := int64(math.MaxInt64)
	for i := range t.runs {
		if r := &t.runs[i]; r.next < len(r.list) {
			first = min(first, r.list[r.next].time)
		}
	}
	return first
}

// pop calls f for the rows whose time has come.
func (t *heldTimes) pop(upTo int64, f func(ref uint32)) {
	for i := range t.runs {
		r := &t.runs[i]
		r.next = pass(r.list, r.next, upTo, f)
	}
	t.next = pass(t.pending, t.next, upTo, f)
}

func pass(list []heldTime, next int, upTo int64, f func(ref uint32)) int {
	for next < len(list) && list[next].time <= upTo {
		f(list[next].ref)
		next++
	}
	return next
}

// popped calls f for the rows of earlier batches whose time the batch has let pass.
func (t *heldTimes) popped(f func(ref uint32)) {
	for _, r := range t.runs {
		for _, one := range r.list[r.at:r.next] {
			f(one.ref)
		}
	}
}

// commit keeps what the batch did.
func (t *heldTimes) commit() {
	if rest := t.pending[t.next:]; len(rest) > 0 {
		t.runs = append(t.runs, heldRun{list: slices.Clone(rest)})
	}
	t.pending, t.next = t.pending[:0], 0
	kept := t.runs[:0]
	for _, r := range t.runs {
		if r.at = r.next; r.at < len(r.list) {
			kept = append(kept, r)
		}
	}
	clear(t.runs[len(kept):])
	t.runs = kept
	t.merge()
}

// merge merges the last runs as long as they are small, and none is much smaller
// than the one after it.
func (t *heldTimes) merge() {
	for n := len(t.runs); n > 1; n-- {
		a, b := t.runs[n-2], t.runs[n-1]
		x, y := a.list[a.at:], b.list[b.at:]
		if len(x)+len(y) > mergedRun || len(x) > 2*len(y) {
			return
		}
		t.runs[n-2], t.runs[n-1] = heldRun{list: mergeTimes(x, y)}, heldRun{}
		t.runs = t.runs[:n-1]
	}
}

func mergeTimes(a, b []heldTime) []heldTime {
	out := make([]heldTime, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].time <= b[0].time {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// rollback forgets what the batch did.
func (t *heldTimes) rollback() {
	t.pending, t.next = t.pending[:0], 0
	for i := range t.runs {
		t.runs[i].next = t.runs[i].at
	}
}

func (t *heldTimes) bytes() int64 {
	n := cap(t.pending)
	for _, r := range t.runs {
		n += cap(r.list)
	}
	return 16*int64(n) + 40*int64(cap(t.runs))
}
