package dataframe

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/riffledata/riffle/dataframe/engine"
)

// Event tells what has happened to a streaming query.
type Event = engine.Event

// StreamingQueryListener hears of the streaming queries of a session, one event
// after the other. Queries do not wait for it.
type StreamingQueryListener interface {
	// OnQueryStarted is called when a query has been started.
	OnQueryStarted(e Event)
	// OnQueryProgress is called after each batch; e.Progress describes it.
	OnQueryProgress(e Event)
	// OnQueryIdle is called when a query has found nothing new.
	OnQueryIdle(e Event)
	// OnQueryTerminated is called when a query has ended; e.Err is why it failed, or
	// nil.
	OnQueryTerminated(e Event)
}

// StreamingQueryManager knows the streaming queries of a session. It is safe for
// concurrent use.
type StreamingQueryManager struct {
	s *Session

	mu        sync.Mutex
	listeners map[StreamingQueryListener]func()
	started   []*StreamingQuery // that have not been seen to end since ResetTerminated
	more      chan struct{}     // closed when started grows
}

// Streams manages the session's streaming queries.
func (s *Session) Streams() *StreamingQueryManager { return &s.streams }

// add keeps a query that was started.
func (m *StreamingQueryManager) add(q *StreamingQuery) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started = append(m.started, q)
	if m.more != nil {
		close(m.more)
		m.more = nil
	}
}

// Active returns the queries that are running, oldest first.
func (m *StreamingQueryManager) Active() []*StreamingQuery {
	var out []*StreamingQuery
	for _, q := range m.s.engine.Queries() {
		out = append(out, &StreamingQuery{q, m.s.out})
	}
	return out
}

// Get returns the running query with an id or a name, or nil.
func (m *StreamingQueryManager) Get(idOrName string) *StreamingQuery {
	for _, q := range m.Active() {
		if q.ID() == idOrName || q.RunID() == idOrName || idOrName != "" && q.Name() == idOrName {
			return q
		}
	}
	return nil
}

// AddListener adds a listener; adding it twice does nothing.
func (m *StreamingQueryManager) AddListener(l StreamingQueryListener) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.listeners[l]; there {
		return
	}
	if m.listeners == nil {
		m.listeners = map[StreamingQueryListener]func(){}
	}
	m.listeners[l] = m.s.engine.Listen(func(e Event) {
		switch e.Kind {
		case engine.QueryStarted:
			l.OnQueryStarted(e)
		case engine.QueryProgress:
			l.OnQueryProgress(e)
		case engine.QueryIdle:
			l.OnQueryIdle(e)
		case engine.QueryTerminated:
			l.OnQueryTerminated(e)
		}
	})
}

// RemoveListener removes a listener. A call of it that is running goes on.
func (m *StreamingQueryManager) RemoveListener(l StreamingQueryListener) {
	m.mu.Lock()
	remove, there := m.listeners[l]
	delete(m.listeners, l)
	m.mu.Unlock()
	if there {
		remove()
	}
}

// AwaitAnyTermination waits until a query of the session has ended, since the
// session was opened or ResetTerminated was called, and returns why it failed, or
// nil. One that failed counts before those that did not. It returns ctx's error if
// that ends first.
func (m *StreamingQueryManager) AwaitAnyTermination(ctx context.Context) error {
	for {
		m.mu.Lock()
		started := slices.Clone(m.started)
		if m.more == nil {
			m.more = make(chan struct{})
		}
		more := m.more
		m.mu.Unlock()
		if done, err := anyEnded(started); done {
			return err
		}
		if err := awaitOne(ctx, started, more); err != nil {
			return err
		}
	}
}

// anyEnded tells whether one of some queries has ended, and why it failed.
func anyEnded(queries []*StreamingQuery) (bool, error) {
	ended := false
	for _, q := range queries {
		if q.IsActive() {
			continue
		}
		if err := q.Exception(); err != nil {
			return true, err
		}
		ended = true
	}
	return ended, nil
}

// awaitOne waits until one of some queries ends, or more is closed.
func awaitOne(ctx context.Context, queries []*StreamingQuery, more <-chan struct{}) error {
	cases := []reflect.SelectCase{receive(ctx.Done()), receive(more)}
	for _, q := range queries {
		cases = append(cases, receive(q.Done()))
	}
	if i, _, _ := reflect.Select(cases); i == 0 {
		return ctx.Err()
	}
	return nil
}

func receive(c <-chan struct{}) reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c)}
}

// ResetTerminated forgets the queries that have ended.
func (m *StreamingQueryManager) ResetTerminated() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started = slices.DeleteFunc(m.started, func(q *StreamingQuery) bool { return !q.IsActive() })
}
