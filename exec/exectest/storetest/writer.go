package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/riffledata/riffle/exec/store"
)

// writer makes large objects: nothing is there before Commit and after Abort.
func writer(ctx context.Context, open func() (store.Store, error), opts Options) error {
	data := make([]byte, opts.Large)
	for i := range data {
		data[i] = byte(i*7 ^ i>>8)
	}
	return with(open, func(s store.Store) error {
		if err := errors.Join(aborted(ctx, s, data), committed(ctx, s, "big/1", data), committed(ctx, s, "big/0", nil)); err != nil {
			return err
		}
		if names, err := s.List(ctx, "big/"); err != nil || !slices.Equal(names, []string{"big/0", "big/1"}) {
			return fmt.Errorf("the list is %q, %v; want big/0 and big/1", names, err) //nolint:errorlint // the error may be none
		}
		return with(open, func(other store.Store) error { return reads(ctx, other, "big/1", data) })
	})
}

func committed(ctx context.Context, s store.Store, name string, data []byte) error {
	w, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	if err := write(w, data); err != nil {
		return errors.Join(err, w.Abort())
	}
	if err := absent(ctx, s, name); err != nil {
		return errors.Join(err, w.Abort())
	}
	if err := errors.Join(w.Commit(), w.Abort()); err != nil {
		return err
	}
	if w.Commit() == nil {
		return fmt.Errorf("%s was committed twice", name)
	}
	return reads(ctx, s, name, data)
}

func aborted(ctx context.Context, s store.Store, data []byte) error {
	w, err := s.Create(ctx, "big/aborted")
	if err != nil {
		return err
	}
	if err := errors.Join(write(w, data), w.Abort(), w.Abort()); err != nil {
		return err
	}
	if w.Commit() == nil {
		return errors.New("an aborted object was committed")
	}
	return absent(ctx, s, "big/aborted")
}

// write writes in pieces of odd sizes.
func write(w store.Writer, data []byte) error {
	for size := 1; len(data) > 0; size = size*3 + 1 {
		n := min(size, len(data))
		if _, err := w.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

func absent(ctx context.Context, s store.Store, name string) error {
	_, errGet := s.Get(ctx, name)
	_, errOpen := s.Open(ctx, name)
	if !errors.Is(errGet, store.ErrNotFound) || !errors.Is(errOpen, store.ErrNotFound) {
		return fmt.Errorf("%s is there before it was committed: %v, %v", name, errGet, errOpen) //nolint:errorlint // the error may be none
	}
	return nil
}
