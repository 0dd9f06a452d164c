package exec

import (
	"sync"

	"github.com/riffledata/riffle/dataframe/engine"
)

// bus hands events to those who listen. Each listener has a queue and a
// goroutine of its own, so that a slow one holds up neither queries nor others.
type bus struct {
	mu        sync.Mutex
	listeners []*listener
	closed    bool
	running   sync.WaitGroup
}

// listener is one function that hears events, and those that it has not heard
// yet.
type listener struct {
	f       func(engine.Event)
	mu      sync.Mutex
	more    sync.Cond
	waiting []engine.Event
	done    bool
}

// Listen calls f for each event from now on until remove is called; remove does
// not wait for a call that is running.
func (b *bus) Listen(f func(engine.Event)) (remove func()) {
	l := &listener{f: f}
	l.more.L = &l.mu
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return func() {}
	}
	b.listeners = append(b.listeners, l)
	b.running.Go(l.run)
	return func() {
		b.mu.Lock()
		for i, other := range b.listeners {
			if other == l {
				b.listeners = append(b.listeners[:i:i], b.listeners[i+1:]...)
				break
			}
		}
		b.mu.Unlock()
		l.drop()
	}
}

// send queues an event for all listeners.
func (b *bus) send(e engine.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.listeners {
		l.add(e)
	}
}

// close waits until all events have been heard.
func (b *bus) close() {
	b.mu.Lock()
	b.closed = true
	for _, l := range b.listeners {
		l.end()
	}
	b.listeners = nil
	b.mu.Unlock()
	b.running.Wait()
}

func (l *listener) add(e engine.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, e)
	l.more.Signal()
}

// end lets the goroutine end after what is queued.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = true
	l.more.Signal()
}

// drop lets it end at once.
func (l *listener) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.done = nil, true
	l.more.Signal()
}

func (l *listener) run() {
	for {
		e, ok := l.next()
		if !ok {
			return
		}
		l.f(e)
	}
}

func (l *listener) next() (engine.Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 && !l.done {
		l.more.Wait()
	}
	if len(l.waiting) == 0 {
		return engine.Event{}, false
	}
	e := l.waiting[0]
	l.waiting = l.waiting[1:]
	return e, true
}
