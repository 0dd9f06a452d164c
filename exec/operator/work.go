package operator

import "time"

// Work is how long a task worked on its state in a batch. Waiting for its input, or
// for those who take its result, is no work.
type Work struct {
	// Updates is the time of taking in what the batch brings, Removals that of finding
	// what is due and letting it go.
	Updates, Removals time.Duration
}

// Add returns the sum of two tasks' work.
func (w Work) Add(o Work) Work { return Work{w.Updates + o.Updates, w.Removals + o.Removals} }

// GroupWork is the work of a task that keeps groups.
type GroupWork struct {
	Work
	// Duplicates is the number of rows that a Deduplication has left out.
	Duplicates int64
	// Slots is the number of places for groups in memory: those in use, and those that
	// are free for others.
	Slots int64
}

// stopwatch measures the work of a task. It looks at the clock when one kind of work
// gives way to another, a few times for each batch of rows and never for a row.
type stopwatch struct {
	work  Work
	into  *time.Duration // what is measured; nil: nothing
	since time.Time
}

// reset begins anew, with nothing measured.
func (w *stopwatch) reset() { w.work, w.into = Work{}, nil }

// turn measures something else from now on, and returns what was measured.
func (w *stopwatch) turn(into *time.Duration) (was *time.Duration) {
	now := time.Now()
	if w.into != nil {
		*w.into += now.Sub(w.since)
	}
	was, w.into, w.since = w.into, into, now
	return was
}

// updates runs f as work on updates, then measures what was measured before.
func (w *stopwatch) updates(f func() error) error { return w.during(&w.work.Updates, f) }

// removals runs f as work on removals.
func (w *stopwatch) removals(f func() error) error { return w.during(&w.work.Removals, f) }

func (w *stopwatch) during(into *time.Duration, f func() error) error {
	was := w.turn(into)
	err := f()
	w.turn(was)
	return err
}
