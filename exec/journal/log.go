package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// ErrDeposed is wrapped by the error of a run that has found a later one of the
// same query at work. It must end without doing anything more.
var ErrDeposed = errors.New("a later run of the query has taken over")

// ErrFork is wrapped by the error for records that cannot be: the store has let two
// runs create one name, or a record was changed.
var ErrFork = errors.New("the checkpoint holds two histories")

// Options are what a log is opened with. The zero value are the defaults.
type Options struct {
	// Keep is the number of committed batches whose records stay; 0 is
	// checkpoint.Keep.
	Keep int
	// Staged is set where a batch's rows are staged before its commit.
	Staged bool
	// Pause is that before a record is first written again after an error; it grows
	// fourfold, four times. 0 is 20 ms.
	Pause time.Duration
	// Changes says what of the query may have changed since the last run.
	Changes checkpoint.Changes
}

// Log is the log of one run of a query. It is not safe for concurrent use.
type Log struct {
	store store.Store
	opts  Options
	facts checkpoint.Facts
	// nonce begins those of all records of this run, written numbers them.
	nonce   string
	written int
	// parent is the hash of the last commit's record, "" before the first.
	parent string
	// ownPlan is set where the plan of the batch is this run's own.
	ownPlan bool
	// full hears that a record waits for space; nil: none waits.
	full func(error)
	// confirmed gets the answer of a Get that runs beside the batch; nil where none
	// does. cancel ends it.
	confirmed chan confirmation
	cancel    context.CancelFunc
	garbage   *collector
}

type confirmation struct {
	claimed bool
	err     error
}

// Open returns the log in a store, which it does not own: the caller closes the
// store after the log. Nothing is written or read yet.
func Open(s store.Store, opts Options) *Log {
	if opts.Keep <= 0 {
		opts.Keep = checkpoint.Keep
	}
	if opts.Pause <= 0 {
		opts.Pause = 20 * time.Millisecond
	}
	return &Log{store: s, opts: opts, facts: checkpoint.Begin(opts.Staged), nonce: rand.Text()[:12]}
}

// Next is what the run does next. The log itself does what needs the store alone.
func (l *Log) Next() checkpoint.Action { return checkpoint.Decide(l.facts) }

// Epoch is that of the run; 0 before Begin.
func (l *Log) Epoch() int64 { return l.facts.Epoch }

// Did tells that a step that is not the log's own was done: Restore, Execute, Sink,
// Stage or Publish, of the batch that Next named.
func (l *Log) Did(step checkpoint.Step) error {
	if err := l.expect(step); err != nil {
		return err
	}
	switch step {
	case checkpoint.Restore:
		l.facts = l.facts.Restored()
	case checkpoint.Execute:
		l.facts = l.facts.Ran()
	case checkpoint.Sink, checkpoint.Stage:
		l.facts = l.facts.Wrote()
	case checkpoint.Publish:
		l.facts = l.facts.PublishedBatch()
	default:
		return fmt.Errorf("the step %s is done by the log itself", step)
	}
	return nil
}

// WhenFull makes records wait for space in the store, where without it there is an
// error. f hears of each time that one could not be written.
func (l *Log) WhenFull(f func(error)) { l.full = f }

// Again tells that the batch whose plan is written runs from its beginning once
// more: nothing that was done since counts.
func (l *Log) Again() { l.facts = l.facts.RunsAgain() }

// SinksShow tells the last batch that the sinks show in full: the step AskSinks.
func (l *Log) SinksShow(batch int64) error {
	if err := l.expect(checkpoint.AskSinks); err != nil {
		return err
	}
	l.facts = l.facts.SinksAsked(batch)
	return nil
}

// expect refuses a step that is not the next one.
func (l *Log) expect(step checkpoint.Step) error {
	switch next := l.Next(); {
	case next.Step == checkpoint.Exit:
		return l.deposed()
	case next.Step != step:
		return fmt.Errorf("the step %s is not next in the query's log, which is at %q", step, next)
	}
	return nil
}

func (l *Log) deposed() error {
	return fmt.Errorf("%w: this is run %d, and %s has records of run %d; see who else was started with this checkpoint",
		ErrDeposed, l.facts.Epoch, l.store, l.facts.Seen)
}

// Close ends and waits for all that the log has started. It may be called more than
// once, and after a Begin that failed.
func (l *Log) Close() error {
	if l.garbage != nil {
		l.garbage.close()
	}
	l.endConfirm()
	return nil
}

// nextNonce returns the nonce of one more record.
func (l *Log) nextNonce() string {
	l.written++
	return fmt.Sprintf("%s-%d", l.nonce, l.written)
}

// tries is how often a record is written before its error is given up on, and
// longestPause is that between two tries where the store is full, which only ends
// with the run.
const (
	tries        = 5
	longestPause = 5 * time.Second
)

// put creates a record, again with the same bytes where the outcome is unknown.
func put[R checkpoint.Record](ctx context.Context, l *Log, name string, r R) (now R, raw []byte, created bool, err error) {
	data, err := checkpoint.Encode(r)
	if err != nil {
		return now, nil, false, err
	}
	pause := l.opts.Pause
	for try := 1; ; try++ {
		raw, created, err = l.store.PutIfAbsent(ctx, name, data)
		if err == nil {
			break
		}
		full := l.waits(err)
		if try >= tries && !full || ctx.Err() != nil {
			return now, nil, false, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return now, nil, false, errors.Join(ctx.Err(), err)
		}
		pause = min(4*pause, longestPause)
	}
	if created {
		return r, raw, true, nil
	}
	now, err = checkpoint.Decode[R](raw)
	if err != nil {
		err = fmt.Errorf("%s in %s: %w", name, l.store, err)
	}
	return now, raw, false, err
}

// waits tells whether a record waits for what kept it from being written to go.
func (l *Log) waits(err error) bool {
	if l.full == nil || !errors.Is(err, store.ErrNoSpace) {
		return false
	}
	l.full(err)
	return true
}

// get reads a record.
func get[R checkpoint.Record](ctx context.Context, s store.Store, name string) (r R, raw []byte, err error) {
	raw, err = s.Get(ctx, name)
	if err != nil {
		return r, nil, err
	}
	r, err = checkpoint.Decode[R](raw)
	if err != nil {
		err = fmt.Errorf("%s in %s: %w", name, s, err)
	}
	return r, raw, err
}
