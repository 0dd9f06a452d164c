package recovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
)

// end says where a run ends; the zero value where all is read.
type end struct {
	point string // a point of the loop, the times-th time it is reached
	times int
	call  int // a call of the store, counted from 1
	after bool
}

func (e end) String() string {
	switch {
	case e.point != "":
		return fmt.Sprintf("at %s for the %d. time", e.point, e.times)
	case e.call > 0 && e.after:
		return fmt.Sprintf("after call %d of the store", e.call)
	case e.call > 0:
		return fmt.Sprintf("before call %d of the store", e.call)
	}
	return "when all is read"
}

// life is one run of the query.
type life struct {
	query   *Query
	streams *memory.Streams
	out     *exectest.Collect
	disk    store.Store // what stays
	cores   int
	backend string
	end     end
	full    int // from this call on, the next one of a batch that writes finds no space; 0: none does
	filled  int // the call that did

	mu    sync.Mutex
	calls int
	seen  int
	dead  bool
	died  chan struct{}
}

// errCrash is what a point of the loop panics with.
var errCrash = errors.New("crash")

// live runs the query, and tells whether it came to its end before it had read all.
func (l *life) live(ctx context.Context) (crashed bool, err error) {
	l.died = make(chan struct{})
	opts := append([]exec.Option{exec.Cores(l.cores), exec.Streams(l.streams), exec.WithSink(l.out), exec.CrashPoints(l.reached),
		exec.Stores(func(string) (store.Store, error) { return storetest.Faulty(l.disk, l.fault), nil })}, l.query.Options...)
	s := dataframe.Open(ctx, exec.Local(opts...))
	err = l.run(ctx, s)
	if closed := s.Close(); err == nil {
		err = closed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return true, nil // whatever it says of it
	}
	return false, err
}

func (l *life) run(ctx context.Context, s *dataframe.Session) error {
	for key, value := range l.query.Conf {
		if err := s.Conf().Set(key, value); err != nil {
			return err
		}
	}
	if err := s.Conf().Set("riffle.state.backend", l.backend); err != nil {
		return err
	}
	var in []*dataframe.DataFrame
	for i := range l.query.Inputs {
		in = append(in, s.ReadStream().Format("memory").Option("name", name(i)).Option("maxBatchesPerTrigger", 1).Load())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() { // a process that is gone waits for nothing
		defer close(ended)
		select {
		case <-l.died:
			cancel()
		case <-ctx.Done():
		}
	}()
	q, err := l.query.Build(in...).WriteStream().Format("collect").OutputMode(l.query.Mode).Checkpoint("memory").
		Trigger(dataframe.AvailableNow()).Start(ctx)
	if err == nil {
		err = errors.Join(q.AwaitTermination(ctx), q.Stop())
	}
	cancel()
	<-ended
	return err
}

// fault is the plan of the store: from the run's end on, nothing works.
func (l *life) fault(_ int, op, name string) storetest.Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return storetest.Fails
	}
	l.calls++
	if l.full > 0 && l.calls >= l.full && writes(op, name) {
		l.full, l.filled = 0, l.calls
		return storetest.Full
	}
	if l.calls != l.end.call {
		return storetest.Fine
	}
	l.die()
	if l.end.after {
		return storetest.Applied
	}
	return storetest.Fails
}

// writes tells a call that a query that runs waits for if there is no space; one
// that cannot even begin fails.
func writes(op, name string) bool {
	return slices.Contains([]string{"put", "create", "write", "commit"}, op) && !strings.HasPrefix(name, "epochs/") && strings.Contains(name, "/")
}

// die is called once, with the lock held.
func (l *life) die() {
	l.dead = true
	close(l.died)
}

// reached ends the run at a point of the loop, by a panic, so that no step follows.
// The first point is no part of the loop.
func (l *life) reached(point string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if point != l.end.point || l.dead {
		return
	}
	if l.seen++; l.seen == l.end.times {
		l.die()
		panic(errCrash)
	}
}
