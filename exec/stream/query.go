package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
)

// Config is a query that is ready to run: its sources are connected and its sink
// is open. The query closes both.
type Config struct {
	Plan *physical.Plan
	// Outputs are the sinks, that of the result first.
	Outputs []Output
	// Resume says where the query begins.
	Resume Resume
	// Journal is where the query writes down its decisions, Files where the state
	// and staged rows go; nil where it has no checkpoint.
	Journal Journal
	Files   store.Store
	// State holds the tables of the stateful ops, restored; nil where they hold
	// their state themselves and nothing is to be written down. The query closes it.
	State state.Store
	// OnDisk tells that the state is on disk; else Spill is how it gets there, nil
	// where it may not.
	OnDisk bool
	Spill  *Spill
	// Reopen opens state on disk anew; nil where there is no checkpoint.
	Reopen Reopen
	// Temporary is a folder that goes when the query ends, or "".
	Temporary string
	// Staged is set where the plan may give other rows when a batch runs again: they
	// are then written down with the commit, before they are shown.
	Staged bool
	// PlanHash is a fingerprint of the plan.
	PlanHash string
	// Crash is told of each named place that the query comes to, and its sinks, from
	// several goroutines at once; nil outside tests.
	Crash func(point string)
	// Events hears of the query's start, its batches and its end; it may not block.
	Events func(engine.Event)
	// QueryName is the user's name for the query, or "".
	QueryName string
	Trigger   plan.Trigger
	Conf      engine.Conf
	// Log hears of each batch (debug) and of records that could not be used (warn).
	Log       *slog.Logger
	Explained engine.Explained
	// Table returns a snapshot of a table of the engine.
	Table func(name string) ([]batch.Batch, error)
}

// kept is how many progress reports a query remembers, as in Spark.
const kept = 100

// Query is a running streaming query. It implements engine.Query.
type Query struct {
	Config
	started time.Time
	reports []*report // of the plan's scans, in order
	dropped rowErrors
	jail    jail
	late    lateRows
	outputs outputs
	times   *eventTimes
	files   *stateFiles
	begun   time.Time      // when the last batch began, or the query; the loop's own, as are those that follow
	base    state.Database // what the database had done when the last batch ended
	warned  int64          // bad records at the last warning
	cramped bool           // it has been told that the query waits for space
	quiet   bool           // it has been told that there is nothing new
	onced   bool           // the one batch of the trigger once has run

	cancel context.CancelFunc
	done   chan struct{}
	nudge  chan struct{} // tells an idle loop to look again

	mu      sync.Mutex
	status  engine.Status
	recent  []engine.Progress
	totals  engine.Totals
	waiters []chan struct{}
	stopped bool
	err     error
}

// Start runs a query until it is stopped, fails, or has read all there is.
func Start(c Config) *Query {
	ctx, cancel := context.WithCancel(context.Background())
	if c.Crash != nil {
		ctx = sink.WithCrashPoints(ctx, c.Crash)
	}
	q := &Query{Config: c, cancel: cancel, done: make(chan struct{}), nudge: make(chan struct{}, 1)}
	q.started = time.Now()
	q.begun = q.started
	q.status.Message = "Initializing sources"
	if q.Journal == nil {
		q.Journal = unwritten{}
	}
	q.Journal.WhenFull(q.stalled)
	q.outputs.list = c.Outputs
	if c.Staged {
		q.outputs.staging = &staging{c.Files, c.Resume.Epoch}
	}
	q.times = newEventTimes(c.Plan, c.Conf.WatermarkMax(), c.Conf.WatermarkIdle(), c.Resume, q.started)
	q.files = newStateFiles(c.Files, c.Log, c.Resume, int(c.Conf.Int("riffle.checkpoint.deltas")))
	q.dropped.jail = &q.jail
	for _, s := range c.Plan.Scans {
		r := &report{maxRate: c.Conf.MaxBadRate(), source: s.Description(), jail: &q.jail}
		s.Report = r
		q.reports = append(q.reports, r)
	}
	go q.live(ctx)
	return q
}

// live is the query's one goroutine.
func (q *Query) live(ctx context.Context) {
	defer close(q.done)
	q.send(engine.Event{Kind: engine.QueryStarted})
	err := guard(func() error { return q.loop(ctx) })
	if closed := q.close(); err == nil {
		err = closed
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil && !q.stopped {
		q.err = fmt.Errorf("the query %sfailed: %w", q.label(), err)
	}
	q.status = engine.Status{Message: "Stopped"}
	if q.err != nil {
		q.status.Message = "Terminated with exception: " + q.err.Error()
	}
	q.send(engine.Event{Kind: engine.QueryTerminated, Err: q.err})
}

// send tells those who listen.
func (q *Query) send(e engine.Event) {
	if q.Events != nil {
		e.ID, e.RunID, e.Name, e.Time = q.ID(), q.RunID(), q.QueryName, time.Now()
		q.Events(e)
	}
}

// syncs is the number of fsyncs of the checkpoint so far, where it tells.
func (q *Query) syncs() int64 {
	if s, ok := q.Files.(interface{ Syncs() int64 }); ok {
		return s.Syncs()
	}
	return 0
}

func (q *Query) label() string {
	if q.QueryName == "" {
		return ""
	}
	return q.QueryName + " "
}

func (q *Query) close() error {
	var errs []error
	for _, s := range q.Plan.Sources() {
		errs = append(errs, s.Source.Close())
	}
	q.files.close()
	errs = append(errs, q.outputs.close(), q.Journal.Close())
	errs = append(errs, q.closeState())
	if q.Files != nil {
		errs = append(errs, q.Files.Close())
	}
	if q.Temporary != "" {
		errs = append(errs, os.RemoveAll(q.Temporary))
	}
	return errors.Join(errs...)
}

// guard turns a panic into an error: a fault of ours, or of a user's function,
// ends the query and not the process.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = operator.Panicked(p)
		}
	}()
	return f()
}

// ID is the query's UUID.
func (q *Query) ID() string { return q.Resume.ID }

// RunID is the UUID of this run.
func (q *Query) RunID() string { return q.Resume.RunID }

// Name is the user's name for the query, or "".
func (q *Query) Name() string { return q.QueryName }

// Started is when the query was started.
func (q *Query) Started() time.Time { return q.started }

// Explain describes how batches are computed.
func (q *Query) Explain() engine.Explained { return q.Explained }

// Done is closed once the query has ended.
func (q *Query) Done() <-chan struct{} { return q.done }

// Err is why the query failed, once it has.
func (q *Query) Err() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// Status says what the query is doing.
func (q *Query) Status() engine.Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.status
}

// Recent returns the progress of the last batches, oldest first.
func (q *Query) Recent() []engine.Progress {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]engine.Progress(nil), q.recent...)
}

// Totals sums up all batches that were committed.
func (q *Query) Totals() engine.Totals {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.totals
	out.Fields = maps.Clone(q.totals.Fields)
	return out
}

// Stop ends the query and waits for it.
func (q *Query) Stop() error {
	q.mu.Lock()
	q.stopped = true
	q.mu.Unlock()
	q.cancel()
	<-q.done
	return nil
}

// ProcessAllAvailable waits until a look at the sources that began after the
// call has found nothing new.
func (q *Query) ProcessAllAvailable(ctx context.Context) error {
	ready := make(chan struct{})
	q.mu.Lock()
	q.waiters = append(q.waiters, ready)
	q.mu.Unlock()
	select {
	case q.nudge <- struct{}{}:
	default:
	}
	select {
	case <-ready:
		return nil
	case <-q.done:
		if err := q.Err(); err != nil {
			return err
		}
		select {
		case <-ready:
			return nil
		default:
		}
		if q.ends() {
			return nil // it has read all there was
		}
		return fmt.Errorf("the query %swas stopped", q.label())
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Query) setStatus(message string, data, active bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status = engine.Status{Message: message, IsDataAvailable: data, IsTriggerActive: active}
}

func (q *Query) takeWaiters() []chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.waiters
	q.waiters = nil
	return w
}

func (q *Query) putWaiters(w []chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiters = append(w, q.waiters...)
}

func (q *Query) remember(p engine.Progress, took time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.totals.Batches++
	q.totals.Rows += p.NumInputRows
	q.totals.Bad += p.Bad.Dropped + p.Bad.Quarantined
	q.totals.Late += p.Late.Rows
	q.totals.Busy += took
	for field, n := range p.Bad.Fields {
		if q.totals.Fields == nil {
			q.totals.Fields = map[string]int64{}
		}
		q.totals.Fields[field] += n
	}
	q.recent = append(q.recent, p)
	if len(q.recent) > kept {
		q.recent = q.recent[1:]
	}
}

// ends are the positions of all sources, in the order of the plan's scans.
type ends []source.Offset

func (e ends) equal(o ends) bool {
	for i := range e {
		if string(e[i]) != string(o[i]) {
			return false
		}
	}
	return true
}
