package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/exec/store"
)

// Options say how much a suite does.
type Options struct {
	// Creators is the number of concurrent creators of each name, Names that of the
	// names. Default 64 and 20.
	Creators, Names int
	// Large is the size in bytes of the large object; default 3 MiB.
	Large int
	// Forgets is set for stores that keep nothing beyond their value.
	Forgets bool
}

// A check is one property of a store. open opens another store over the same data.
type check struct {
	name string
	run  func(ctx context.Context, open func() (store.Store, error), opts Options) error
}

var checks = []check{
	{"creators", creators},
	{"read after write", readAfterWrite},
	{"again", again},
	{"list", list},
	{"writer", writer},
	{"delete", deletes},
	{"odd names", oddNames},
	{"reopen", reopen},
	{"cancelled", cancelled},
}

// Run checks a store against the contract. open opens a new store over the same
// data each time that it is called; the data are empty at first.
func Run(t *testing.T, open func() (store.Store, error), opts Options) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), open, opts.withDefaults()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Failures returns the names of the checks that a store fails, for tests of the
// suite itself.
func Failures(ctx context.Context, open func() (store.Store, error), opts Options) (failed []string) {
	for _, c := range checks {
		if c.run(ctx, open, opts.withDefaults()) != nil {
			failed = append(failed, c.name)
		}
	}
	return failed
}

func (o Options) withDefaults() Options {
	if o.Creators == 0 {
		o.Creators = 64
	}
	if o.Names == 0 {
		o.Names = 20
	}
	if o.Large == 0 {
		o.Large = 3 << 20
	}
	return o
}

// with opens a store for the time of a check.
func with(open func() (store.Store, error), f func(s store.Store) error) error {
	s, err := open()
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.Close())
}

func readAfterWrite(ctx context.Context, open func() (store.Store, error), _ Options) error {
	return with(open, func(s store.Store) error {
		if _, err := s.Get(ctx, "rw/none"); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("a name that is not there: %v, want %v", err, store.ErrNotFound) //nolint:errorlint // the error may be none
		}
		for i, data := range [][]byte{[]byte("some bytes"), {}, {0, 0xff, '\n'}} {
			name := fmt.Sprint("rw/", i)
			now, created, err := s.PutIfAbsent(ctx, name, data)
			if err != nil || !created || !bytes.Equal(now, data) {
				return fmt.Errorf("creating %s: %q, created %t, %v", name, now, created, err) //nolint:errorlint // the error may be none
			}
			if got, err := s.Get(ctx, name); err != nil || !bytes.Equal(got, data) {
				return fmt.Errorf("reading %s: %q, %v; want %q", name, got, err, data) //nolint:errorlint // the error may be none
			}
			if err := reads(ctx, s, name, data); err != nil {
				return err
			}
		}
		return nil
	})
}

func reads(ctx context.Context, s store.Store, name string, want []byte) error {
	r, err := s.Open(ctx, name)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s has %d bytes, want %d", name, len(got), len(want))
	}
	return nil
}

// again: the same bytes a second time count as created, so that a call can be
// repeated; other bytes do not, and change nothing.
func again(ctx context.Context, open func() (store.Store, error), _ Options) error {
	return with(open, func(s store.Store) error {
		for i, test := range []struct {
			data    string
			created bool
		}{{"mine", true}, {"mine", true}, {"other", false}, {"mine", true}} {
			now, created, err := s.PutIfAbsent(ctx, "again", []byte(test.data))
			if err != nil || created != test.created || string(now) != "mine" {
				return fmt.Errorf("call %d with %q: holds %q, created %t, %v", i, test.data, now, created, err) //nolint:errorlint // the error may be none
			}
		}
		return nil
	})
}

func list(ctx context.Context, open func() (store.Store, error), _ Options) error {
	return with(open, func(s store.Store) error {
		want := []string{"ls/10", "ls/2", "ls/a.b/c-d/e_f", "ls/a.b/d", "ls/b"}
		for _, name := range []string{"ls/b", "ls/2", "ls/a.b/d", "ls/10", "ls/a.b/c-d/e_f", "lst/x"} {
			if _, _, err := s.PutIfAbsent(ctx, name, []byte(name)); err != nil {
				return err
			}
		}
		for prefix, want := range map[string][]string{"ls/": want, "ls/a.b/": want[2:4], "ls/nothing/": nil} {
			if got, err := s.List(ctx, prefix); err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("list %q: %q, %v; want %q", prefix, got, err, want) //nolint:errorlint // the error may be none
			}
		}
		all, err := s.List(ctx, "")
		if err != nil || !slices.IsSorted(all) || !slices.Contains(all, "lst/x") || !slices.Contains(all, "ls/2") {
			return fmt.Errorf("list of all: %q, %v", all, err) //nolint:errorlint // the error may be none
		}
		return nil
	})
}

func deletes(ctx context.Context, open func() (store.Store, error), _ Options) error {
	return with(open, func(s store.Store) error {
		if _, _, err := s.PutIfAbsent(ctx, "del/1", []byte("x")); err != nil {
			return err
		}
		for range 2 {
			if err := s.Delete(ctx, "del/1"); err != nil {
				return err
			}
		}
		if _, err := s.Get(ctx, "del/1"); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("reading what was deleted: %v, want %v", err, store.ErrNotFound) //nolint:errorlint // the error may be none
		}
		if names, err := s.List(ctx, "del/"); err != nil || len(names) != 0 {
			return fmt.Errorf("after deleting, the list is %q, %v", names, err) //nolint:errorlint // the error may be none
		}
		now, created, err := s.PutIfAbsent(ctx, "del/1", []byte("y"))
		if err != nil || !created || string(now) != "y" {
			return fmt.Errorf("creating it once more: %q, created %t, %v", now, created, err) //nolint:errorlint // the error may be none
		}
		return nil
	})
}

func oddNames(ctx context.Context, open func() (store.Store, error), _ Options) error {
	return with(open, func(s store.Store) error {
		for _, name := range []string{"", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", ".hidden", "a/.b", "a b", "ä", "a\x00b",
			"a:b", "a\\b", "a\nb", strings.Repeat("x", 201), strings.Repeat("abc/", 200) + "d"} {
			_, _, errPut := s.PutIfAbsent(ctx, name, []byte("x"))
			_, errGet := s.Get(ctx, name)
			_, errCreate := s.Create(ctx, name)
			_, errOpen := s.Open(ctx, name)
			for _, err := range []error{errPut, errGet, errCreate, errOpen, s.Delete(ctx, name)} {
				if err == nil || errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("the name %q was not refused", name)
				}
			}
		}
		if _, err := s.List(ctx, "od"); err == nil {
			return errors.New("a prefix without / was not refused")
		}
		return nil
	})
}

func reopen(ctx context.Context, open func() (store.Store, error), opts Options) error {
	if opts.Forgets {
		return nil
	}
	err := with(open, func(s store.Store) error {
		_, _, err := s.PutIfAbsent(ctx, "re/1", []byte("kept"))
		return err
	})
	if err != nil {
		return err
	}
	return with(open, func(s store.Store) error {
		if got, err := s.Get(ctx, "re/1"); err != nil || string(got) != "kept" {
			return fmt.Errorf("after it was opened again: %q, %v", got, err) //nolint:errorlint // the error may be none
		}
		now, created, err := s.PutIfAbsent(ctx, "re/1", []byte("late"))
		if err != nil || created || string(now) != "kept" {
			return fmt.Errorf("creating it after it was opened again: %q, created %t, %v", now, created, err) //nolint:errorlint // the error may be none
		}
		return nil
	})
}

func cancelled(ctx context.Context, open func() (store.Store, error), _ Options) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	return with(open, func(s store.Store) error {
		_, _, errPut := s.PutIfAbsent(ended, "can/1", []byte("x"))
		_, errGet := s.Get(ended, "again")
		_, errList := s.List(ended, "")
		for _, err := range []error{errPut, errGet, errList, s.Delete(ended, "again")} {
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("under a context that has ended: %v", err) //nolint:errorlint // the error may be none
			}
		}
		return nil
	})
}
