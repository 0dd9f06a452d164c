package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riffledata/riffle/exec/store"
)

// Fault is what goes wrong in one call of a store.
type Fault int

const (
	// Fine is no fault.
	Fine Fault = iota
	// Fails does nothing and answers with ErrInjected.
	Fails
	// Applied does what was asked and answers with ErrInjected, as a connection does
	// that is lost after the request.
	Applied
	// Full does nothing and answers with an error that wraps store.ErrNoSpace.
	Full
	// Slow does what was asked after 20 ms.
	Slow
)

// ErrInjected is the error of an injected fault.
var ErrInjected = errors.New("injected fault")

// Plan tells the fault of call k, from 0, of an operation: "put", "get", "list",
// "open", "create", "write", "commit", "delete". Calls of all operations are counted
// together. It is called by one goroutine at a time.
type Plan func(k int, op, name string) Fault

// At is a plan with one fault, at call k.
func At(k int, f Fault) Plan {
	return func(i int, _, _ string) Fault {
		if i == k {
			return f
		}
		return Fine
	}
}

// Random is a plan in which a share of the calls, 0 to 1, fail, half of them after
// they were applied; the same seed gives the same faults.
func Random(seed uint64, share float64) Plan {
	r := rand.New(rand.NewPCG(seed, 1))
	return func(int, string, string) Fault {
		switch x := r.Float64(); {
		case x < share/2:
			return Fails
		case x < share:
			return Applied
		}
		return Fine
	}
}

// Faulty is a store with the faults of a plan. It closes the store that it stands
// on.
func Faulty(s store.Store, plan Plan) store.Store { return &faulty{Store: s, plan: plan} }

type faulty struct {
	store.Store
	plan Plan

	mu    sync.Mutex
	calls int
}

// do makes a call with its fault.
func (f *faulty) do(ctx context.Context, op, name string, call func() error) error {
	f.mu.Lock()
	fault := f.plan(f.calls, op, name)
	f.calls++
	f.mu.Unlock()
	switch fault {
	case Fails:
		return fmt.Errorf("%s %s: %w", op, name, ErrInjected)
	case Applied:
		if err := call(); err != nil {
			return err
		}
		return fmt.Errorf("%s %s: %w, after it was applied", op, name, ErrInjected)
	case Full:
		return fmt.Errorf("%s %s: %w", op, name, store.ErrNoSpace)
	case Slow:
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return call()
}

// PutIfAbsent is "put".
func (f *faulty) PutIfAbsent(ctx context.Context, name string, data []byte) (now []byte, created bool, err error) {
	err = f.do(ctx, "put", name, func() (err error) {
		now, created, err = f.Store.PutIfAbsent(ctx, name, data)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return now, created, nil
}

// Get is "get".
func (f *faulty) Get(ctx context.Context, name string) (data []byte, err error) {
	err = f.do(ctx, "get", name, func() (err error) {
		data, err = f.Store.Get(ctx, name)
		return err
	})
	return data, err
}

// List is "list".
func (f *faulty) List(ctx context.Context, prefix string) (names []string, err error) {
	err = f.do(ctx, "list", prefix, func() (err error) {
		names, err = f.Store.List(ctx, prefix)
		return err
	})
	return names, err
}

// Open is "open".
func (f *faulty) Open(ctx context.Context, name string) (r io.ReadCloser, err error) {
	err = f.do(ctx, "open", name, func() (err error) {
		r, err = f.Store.Open(ctx, name)
		return err
	})
	if err != nil && r != nil {
		r.Close()
		r = nil
	}
	return r, err
}

// Delete is "delete".
func (f *faulty) Delete(ctx context.Context, name string) error {
	return f.do(ctx, "delete", name, func() error { return f.Store.Delete(ctx, name) })
}

// Create is "create".
func (f *faulty) Create(ctx context.Context, name string) (store.Writer, error) {
	var w store.Writer
	err := f.do(ctx, "create", name, func() (err error) {
		w, err = f.Store.Create(ctx, name)
		return err
	})
	if err != nil {
		if w != nil {
			err = errors.Join(err, w.Abort())
		}
		return nil, err
	}
	return &faultyWriter{w, f, ctx, name}, nil
}

type faultyWriter struct {
	store.Writer
	f    *faulty
	ctx  context.Context
	name string
}

// Write is "write".
func (w *faultyWriter) Write(p []byte) (n int, err error) {
	err = w.f.do(w.ctx, "write", w.name, func() (err error) {
		n, err = w.Writer.Write(p)
		return err
	})
	return n, err
}

// Commit is "commit".
func (w *faultyWriter) Commit() error {
	return w.f.do(w.ctx, "commit", w.name, w.Writer.Commit)
}
