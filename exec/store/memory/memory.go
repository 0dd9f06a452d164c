package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/riffledata/riffle/exec/store"
)

// Store is a store.Store in memory. What it holds lives as long as the value, after
// Close too.
type Store struct {
	mu      sync.RWMutex
	objects map[string][]byte
}

// New returns an empty store.
func New() *Store { return &Store{objects: map[string][]byte{}} }

// PutIfAbsent creates name with a copy of data.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, bool, error) {
	if err := check(ctx, name); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, ok := s.objects[name]; ok {
		return bytes.Clone(now), bytes.Equal(now, data), nil
	}
	s.objects[name] = append([]byte{}, data...)
	return append([]byte{}, data...), true, nil
}

// Get returns a copy of what a name holds.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	now, ok := s.objects[name]
	if !ok {
		return nil, fmt.Errorf("%s in memory: %w", name, store.ErrNotFound)
	}
	return append([]byte{}, now...), nil
}

// List returns the names with a prefix.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for name := range s.objects {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Create makes an object that is gathered in memory until its Commit.
func (s *Store) Create(ctx context.Context, name string) (store.Writer, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	return &writer{ctx: ctx, s: s, name: name}, nil
}

// Open reads an object.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	data, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Delete removes a name.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, name)
	return nil
}

// String is "memory".
func (s *Store) String() string { return "memory" }

// Close does nothing.
func (s *Store) Close() error { return nil }

func check(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

type writer struct {
	ctx  context.Context
	s    *Store
	name string
	buf  bytes.Buffer
	done bool
}

// Write gathers p.
func (w *writer) Write(p []byte) (int, error) { return w.buf.Write(p) }

// Commit makes the object exist.
func (w *writer) Commit() error {
	if w.done {
		return fmt.Errorf("writing %s: it has been committed or aborted already", w.name)
	}
	w.done = true
	_, created, err := w.s.PutIfAbsent(w.ctx, w.name, w.buf.Bytes())
	if err == nil && !created {
		return fmt.Errorf("writing %s: the name is taken; large objects need names of their own", w.name)
	}
	return err
}

// Abort drops it.
func (w *writer) Abort() error {
	w.done = true
	w.buf = bytes.Buffer{}
	return nil
}
