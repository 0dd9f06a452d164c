package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/riffledata/riffle/exec/store"
)

// ErrOverwrites is wrapped by the error of a service that overwrites what it was
// asked to create only where it is not there.
var ErrOverwrites = errors.New("the service ignores If-None-Match and overwrites objects; a checkpoint is not safe there")

// tries is how often a request is made, with a pause that doubles from firstPause.
const (
	tries      = 8
	firstPause = 50 * time.Millisecond
)

// Store is a store.Store in a bucket.
type Store struct {
	conf   Config
	client *minio.Core
	pause  time.Duration
	part   int // bytes

	probing sync.Mutex
	probed  bool
}

// Open returns the store. The service is first asked when the store is first used.
func Open(conf Config) (*Store, error) {
	client, err := conf.client()
	if err != nil {
		return nil, err
	}
	conf.Timeout = cmp.Or(conf.Timeout, 15*time.Second)
	return &Store{conf: conf, client: client, pause: firstPause, part: partSize}, nil
}

// PutIfAbsent creates name with data.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) ([]byte, bool, error) {
	if err := check(ctx, name); err != nil {
		return nil, false, err
	}
	if err := s.probe(ctx); err != nil {
		return nil, false, err
	}
	return s.create(ctx, name, data)
}

// create creates an object, and finds out where the answer does not tell.
func (s *Store) create(ctx context.Context, name string, data []byte) (now []byte, created bool, err error) {
	err = s.retry(ctx, "creating", name, func(ctx context.Context) error {
		errPut := s.put(ctx, name, data)
		if errPut == nil {
			now, created = append([]byte{}, data...), true
			return nil
		}
		if status(errPut) == http.StatusConflict {
			return errPut // another create is under way
		}
		got, err := s.get(ctx, name)
		switch {
		case err == nil:
			now, created = got, bytes.Equal(got, data)
			return nil
		case missing(err):
			return errPut
		}
		return errors.Join(errPut, err)
	})
	return now, created, err
}

func (s *Store) put(ctx context.Context, name string, data []byte) error {
	opts := minio.PutObjectOptions{DisableMultipart: true}
	opts.SetMatchETagExcept("*")
	_, err := s.client.Client.PutObject(ctx, s.conf.Bucket, s.key(name), bytes.NewReader(data), int64(len(data)), opts)
	return err
}

func (s *Store) get(ctx context.Context, name string) ([]byte, error) {
	r, _, _, err := s.client.GetObject(ctx, s.conf.Bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// probe creates an object twice, once: a service that lets both has to be refused.
func (s *Store) probe(ctx context.Context) error {
	s.probing.Lock()
	defer s.probing.Unlock()
	if s.probed {
		return nil
	}
	name := "probe-" + strings.ToLower(rand.Text())
	for i, want := range []bool{true, false} {
		_, created, err := s.create(ctx, name, fmt.Append(nil, i))
		if err != nil {
			return err
		}
		if created != want {
			err = fmt.Errorf("%s: %w; use another service or a folder", s, ErrOverwrites)
			return errors.Join(err, s.Delete(ctx, name))
		}
	}
	if err := s.Delete(ctx, name); err != nil {
		return err
	}
	s.probed = true
	return nil
}

// Get returns what a name holds.
func (s *Store) Get(ctx context.Context, name string) (data []byte, err error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	err = s.retry(ctx, "reading", name, func(ctx context.Context) (err error) {
		data, err = s.get(ctx, name)
		return err
	})
	return data, err
}

// List returns the names with a prefix.
func (s *Store) List(ctx context.Context, prefix string) (names []string, err error) {
	if err := store.CheckPrefix(prefix); err != nil {
		return nil, err
	}
	err = s.retry(ctx, "listing", prefix, func(ctx context.Context) error {
		names = nil
		for o := range s.client.ListObjectsIter(ctx, s.conf.Bucket, minio.ListObjectsOptions{Prefix: s.key(prefix), Recursive: true}) {
			if o.Err != nil {
				return o.Err
			}
			if name := strings.TrimPrefix(o.Key, s.key("")); store.CheckName(name) == nil {
				names = append(names, name)
			}
		}
		return ctx.Err()
	})
	slices.Sort(names)
	return names, err
}

// Open reads an object.
func (s *Store) Open(ctx context.Context, name string) (r io.ReadCloser, err error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	err = s.retryFor(ctx, 0, "reading", name, func(ctx context.Context) (err error) {
		r, _, _, err = s.client.GetObject(ctx, s.conf.Bucket, s.key(name), minio.GetObjectOptions{})
		return err
	})
	return r, err
}

// Delete removes a name.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	return s.retry(ctx, "deleting", name, func(ctx context.Context) error {
		err := s.client.RemoveObject(ctx, s.conf.Bucket, s.key(name), minio.RemoveObjectOptions{})
		if missing(err) {
			return nil
		}
		return err
	})
}

// String is the location.
func (s *Store) String() string {
	out := "s3://" + s.conf.Bucket
	if s.conf.Prefix != "" {
		out += "/" + s.conf.Prefix
	}
	if s.conf.Endpoint != "" {
		out += " at " + s.conf.Endpoint
	}
	return out
}

// Close gives idle connections back.
func (s *Store) Close() error {
	if t, ok := s.conf.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	return nil
}

func (s *Store) key(name string) string {
	if s.conf.Prefix == "" {
		return name
	}
	return s.conf.Prefix + "/" + name
}

func check(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// retry makes a request again while its error may pass.
func (s *Store) retry(ctx context.Context, doing, name string, request func(ctx context.Context) error) error {
	return s.retryFor(ctx, s.conf.Timeout, doing, name, request)
}

// retryFor bounds each attempt by a time; 0 is none.
func (s *Store) retryFor(ctx context.Context, bound time.Duration, doing, name string, request func(ctx context.Context) error) error {
	pause := s.pause
	for try := 1; ; try++ {
		err := attempt(ctx, bound, request)
		if err == nil || try == tries || !passes(err) || ctx.Err() != nil {
			return s.failed(ctx, doing, name, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return s.failed(ctx, doing, name, err)
		}
		pause *= 2
	}
}

func attempt(ctx context.Context, bound time.Duration, request func(ctx context.Context) error) error {
	if bound == 0 {
		return request(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	return request(ctx)
}

func (s *Store) failed(ctx context.Context, doing, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s in %s: %w", doing, name, s, ctx.Err())
	case missing(err):
		return fmt.Errorf("%s %s in %s: %w", doing, name, s, store.ErrNotFound)
	case status(err) == http.StatusInsufficientStorage:
		return fmt.Errorf("%s %s in %s: %w; make some: %w", doing, name, s, store.ErrNoSpace, err)
	}
	return fmt.Errorf("%s %s in %s: %w", doing, name, s, err)
}

// status is the answer's, 0 where there was none.
func status(err error) int { return minio.ToErrorResponse(err).StatusCode }

func missing(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }

// passes tells an error after which the same request may succeed: no answer, or one
// that says so.
func passes(err error) bool {
	switch s := status(err); {
	case s == 0, s >= 500 && s != http.StatusNotImplemented && s != http.StatusInsufficientStorage:
		return true
	case s == http.StatusConflict, s == http.StatusRequestTimeout, s == http.StatusTooManyRequests:
		return true
	}
	return false
}
