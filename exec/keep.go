package exec

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/store"
)

// keep gives the sources that keep a log their places in the checkpoint.
func (s *starting) keep(ctx context.Context) error {
	if s.config.Files == nil {
		return nil
	}
	for i, scan := range s.plan.Scans {
		k, ok := scan.Source.(source.Keeper)
		if !ok {
			continue
		}
		if err := k.Keep(ctx, records{s.config.Files, checkpoint.SourcePrefix(i)}); err != nil {
			return fmt.Errorf("%s: %w", scan.Description(), err)
		}
	}
	return nil
}

// records are the objects of a store under a prefix.
type records struct {
	files  store.Store
	prefix string
}

// PutIfAbsent creates a record.
func (r records) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, error) {
	now, _, err := r.files.PutIfAbsent(ctx, r.prefix+name, data)
	return now, err
}

// Get returns a record.
func (r records) Get(ctx context.Context, name string) ([]byte, error) {
	data, err := r.files.Get(ctx, r.prefix+name)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("%w: %w", source.ErrNoRecord, err)
	}
	return data, err
}

// List returns the names of the records.
func (r records) List(ctx context.Context) ([]string, error) {
	names, err := r.files.List(ctx, r.prefix)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], r.prefix)
	}
	return names, err
}

// Delete removes a record.
func (r records) Delete(ctx context.Context, name string) error {
	return r.files.Delete(ctx, r.prefix+name)
}
