package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/memory"
)

// liar is a store that gets one thing wrong.
type liar struct {
	store.Store
	put  func(ctx context.Context, s store.Store, name string, data []byte) ([]byte, bool, error)
	list func(names []string) []string
	get  func(data []byte) []byte
}

// PutIfAbsent is what put makes of it.
func (l liar) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, bool, error) {
	if l.put != nil {
		return l.put(ctx, l.Store, name, data)
	}
	return l.Store.PutIfAbsent(ctx, name, data)
}

// List is what list makes of it.
func (l liar) List(ctx context.Context, prefix string) ([]string, error) {
	names, err := l.Store.List(ctx, prefix)
	if l.list != nil {
		names = l.list(names)
	}
	return names, err
}

// Get is what get makes of it.
func (l liar) Get(ctx context.Context, name string) ([]byte, error) {
	data, err := l.Store.Get(ctx, name)
	if l.get != nil {
		data = l.get(data)
	}
	return data, err
}

// overwrite is a put without a condition.
func overwrite(ctx context.Context, s store.Store, name string, data []byte) ([]byte, bool, error) {
	if err := s.Delete(ctx, name); err != nil {
		return nil, false, err
	}
	return s.PutIfAbsent(ctx, name, data)
}

// looksFirst creates in two steps, and so lets two creators win.
func looksFirst(ctx context.Context, s store.Store, name string, data []byte) ([]byte, bool, error) {
	now, err := s.Get(ctx, name)
	if err == nil {
		return now, bytes.Equal(now, data), nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, false, err
	}
	runtime.Gosched()
	return overwrite(ctx, s, name, data)
}

// A store that lies fails the suite.
func TestLiars(t *testing.T) {
	for name, test := range map[string]struct {
		liar liar
		want string
	}{
		"none":                     {liar{}, ""},
		"overwrites":               {liar{put: overwrite}, "creators"},
		"looks first, then writes": {liar{put: looksFirst}, "creators"},
		"tells all that they won": {liar{put: func(ctx context.Context, s store.Store, name string, data []byte) ([]byte, bool, error) {
			_, _, err := s.PutIfAbsent(ctx, name, data)
			return data, true, err
		}}, "again"},
		"lists in no order":   {liar{list: func(names []string) []string { slices.Reverse(names); return names }}, "list"},
		"loses the last byte": {liar{get: func(data []byte) []byte { return data[:max(0, len(data)-1)] }}, "read after write"},
	} {
		s := memory.New()
		test.liar.Store = s
		failed := storetest.Failures(t.Context(), func() (store.Store, error) { return test.liar, nil }, storetest.Options{Large: 1000})
		if test.want == "" && len(failed) > 0 || test.want != "" && !slices.Contains(failed, test.want) {
			t.Errorf("a store that %s fails at %q, want %q", name, failed, test.want)
		}
	}
}

// Each fault does what it says, at its call and no other.
func TestFaulty(t *testing.T) {
	ctx := t.Context()
	for _, test := range []struct {
		fault   storetest.Fault
		err     error
		applied bool
	}{
		{storetest.Fine, nil, true},
		{storetest.Fails, storetest.ErrInjected, false},
		{storetest.Applied, storetest.ErrInjected, true},
		{storetest.Full, store.ErrNoSpace, false},
		{storetest.Slow, nil, true},
	} {
		inner := memory.New()
		s := storetest.Faulty(inner, storetest.At(1, test.fault))
		if _, _, err := s.PutIfAbsent(ctx, "a", nil); err != nil {
			t.Errorf("fault %d, call 0: %v", test.fault, err)
		}
		if _, _, err := s.PutIfAbsent(ctx, "b", []byte("x")); !errors.Is(err, test.err) {
			t.Errorf("fault %d, call 1: %v, want %v", test.fault, err, test.err)
		}
		if _, err := inner.Get(ctx, "b"); (err == nil) != test.applied {
			t.Errorf("fault %d: applied %t, want %t", test.fault, err == nil, test.applied)
		}
		if _, created, err := s.PutIfAbsent(ctx, "b", []byte("x")); err != nil || !created {
			t.Errorf("fault %d, again: created %t, %v", test.fault, created, err)
		}
	}
}

// Every operation can fail, and a writer that did can be aborted.
func TestFaultyOperations(t *testing.T) {
	ctx := t.Context()
	failing := ""
	inner := memory.New()
	s := storetest.Faulty(inner, func(_ int, op, _ string) storetest.Fault {
		if op == failing {
			return storetest.Fails
		}
		return storetest.Fine
	})
	run := func() error {
		w, err := s.Create(ctx, "big")
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte("x")); err != nil {
			return errors.Join(err, w.Abort())
		}
		if err := w.Commit(); err != nil {
			return errors.Join(err, w.Abort())
		}
		r, err := s.Open(ctx, "big")
		if err != nil {
			return err
		}
		_, err = io.ReadAll(r)
		_, errGet := s.Get(ctx, "big")
		_, errList := s.List(ctx, "")
		return errors.Join(err, r.Close(), errGet, errList, s.Delete(ctx, "big"))
	}
	for _, failing = range []string{"create", "write", "commit", "open", "get", "list", "delete"} {
		if err := run(); !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("%s: %v", failing, err)
		}
		if err := inner.Delete(ctx, "big"); err != nil {
			t.Error(err)
		}
	}
	failing = ""
	if err := run(); err != nil {
		t.Error(err)
	}
}
