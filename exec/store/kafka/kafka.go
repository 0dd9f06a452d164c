package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/store"
)

// Store is a store.Store in a topic.
type Store struct {
	conf   Config
	client *kgo.Client
	admin  *kadm.Client

	mu  sync.Mutex // held while the log is read
	log log
	at  place
}

// Open returns the store. The cluster is first asked when the store is first used.
func Open(conf Config) (*Store, error) {
	client, err := conf.client()
	if err != nil {
		return nil, fmt.Errorf("opening the topic %s: %w", conf.Topic, err)
	}
	return &Store{conf: conf, client: client, admin: kadm.NewClient(client), log: newLog()}, nil
}

// PutIfAbsent appends an attempt, and finds out which one was first.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, bool, error) {
	if err := check(ctx, name); err != nil {
		return nil, false, err
	}
	if err := s.ensureTopic(ctx); err != nil {
		return nil, false, s.failed("creating", name, err)
	}
	w := s.known(name)
	if w == nil {
		a := newAttempt(ctx, s, name)
		_, err := a.Write(data)
		var end int64
		if err == nil {
			end, err = a.finish()
		}
		if err == nil {
			w, err = s.winner(ctx, name, end)
		}
		if err != nil {
			return nil, false, s.failed("creating", name, err)
		}
	}
	now, err := s.content(ctx, w)
	if err != nil {
		return nil, false, s.failed("creating", name, err)
	}
	return now, bytes.Equal(now, data), nil
}

// known returns the winner as far as the log was read.
func (s *Store) known(name string) *object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.winner(name)
}

// winner reads the log up to an offset and returns a name's winner.
func (s *Store) winner(ctx context.Context, name string, end int64) (*object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.read(ctx, end); err != nil {
		return nil, err
	}
	w := s.log.winner(name)
	if w == nil {
		return nil, errors.New("the record that was just written is not in the log: it was deleted by somebody else")
	}
	return w, nil
}

// find reads the log up to its end and returns a name's winner.
func (s *Store) find(ctx context.Context, name string) (*object, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readAll(ctx); err != nil {
		return nil, s.failed("reading", name, err)
	}
	if w := s.log.winner(name); w != nil {
		return w, nil
	}
	return nil, s.failed("reading", name, store.ErrNotFound)
}

// Get returns what a name holds.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	w, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := s.content(ctx, w)
	if err != nil {
		return nil, s.failed("reading", name, err)
	}
	return data, nil
}

// content returns all bytes of an object.
func (s *Store) content(ctx context.Context, o *object) ([]byte, error) {
	return io.ReadAll(&reader{ctx: ctx, s: s, object: o})
}

// Open reads an object, piece by piece.
func (s *Store) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	w, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return &reader{ctx: ctx, s: s, object: w}, nil
}

// List returns the names with a prefix.
func (s *Store) List(ctx context.Context, prefix string) ([]string, error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.readAll(ctx); err != nil {
		return nil, s.failed("listing", prefix, err)
	}
	return s.log.names(prefix), nil
}

// Delete writes tombstones for all attempts of a name.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.readAll(ctx)
	if err != nil {
		return s.failed("deleting", name, err)
	}
	// The winner goes last: what is left of a broken attempt must not let another win.
	var tombs []*kgo.Record
	for _, o := range s.log.attempts(name) {
		for piece := range o.offsets {
			tombs = append(tombs, &kgo.Record{Key: key(name, o.id, piece)})
		}
	}
	if len(tombs) == 0 {
		return nil
	}
	end, err := s.append(ctx, tombs...)
	if err == nil {
		err = s.read(ctx, end)
	}
	return s.failed("deleting", name, err)
}

// append writes records and returns the offset behind the last one.
func (s *Store) append(ctx context.Context, records ...*kgo.Record) (int64, error) {
	end := int64(0)
	for _, r := range s.client.ProduceSync(ctx, records...) {
		if r.Err != nil {
			return 0, r.Err
		}
		end = max(end, r.Record.Offset+1)
	}
	return end, nil
}

// String is the location.
func (s *Store) String() string {
	return "kafka://" + strings.Join(s.conf.Brokers, ",") + "/" + s.conf.Topic
}

// Close ends the client.
func (s *Store) Close() error {
	s.client.Close()
	return nil
}

func (s *Store) failed(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s in %s: %w", doing, name, s, err)
}

func check(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}
