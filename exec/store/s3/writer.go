package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/minio-go/v7"

	"github.com/riffledata/riffle/exec/store"
)

// partSize is that of the parts of a large object: at most 10,000, so 160 GB. What is
// smaller is sent at once.
const partSize = 16 << 20

var errAborted = errors.New("aborted")

// Create makes a large object. Until Commit there is nothing; what a crash leaves
// are parts of an upload, which a rule of the bucket should remove.
func (s *Store) Create(ctx context.Context, name string) (store.Writer, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	return &writer{ctx: ctx, name: name, s: s}, nil
}

type writer struct {
	ctx    context.Context
	name   string
	s      *Store
	small  bytes.Buffer // while upload is nil
	upload *upload
	closed bool
}

// upload is one that runs.
type upload struct {
	pipe *io.PipeWriter
	done chan struct{} // closed after the upload, with err set
	err  error
}

// Write gathers p, or sends it.
func (w *writer) Write(p []byte) (int, error) {
	if w.upload != nil {
		return w.upload.pipe.Write(p)
	}
	if w.small.Len()+len(p) <= w.s.part {
		return w.small.Write(p)
	}
	w.upload = w.start()
	if _, err := w.upload.pipe.Write(w.small.Bytes()); err != nil {
		return 0, err
	}
	w.small = bytes.Buffer{}
	return w.upload.pipe.Write(p)
}

func (w *writer) start() *upload {
	r, pipe := io.Pipe()
	up := &upload{pipe: pipe, done: make(chan struct{})}
	go func() {
		defer close(up.done)
		up.err = w.send(w.ctx, r, -1)
		r.CloseWithError(errors.Join(w.s.failed(w.ctx, "writing", w.name, up.err), errAborted))
	}()
	return up
}

func (w *writer) send(ctx context.Context, r io.Reader, size int64) error {
	opts := minio.PutObjectOptions{PartSize: uint64(w.s.part)}
	_, err := w.s.client.Client.PutObject(ctx, w.s.conf.Bucket, w.s.key(w.name), r, size, opts)
	return err
}

// Commit makes the object exist.
func (w *writer) Commit() error {
	if w.closed {
		return fmt.Errorf("writing %s: it has been committed or aborted already", w.name)
	}
	w.closed = true
	if w.upload == nil {
		return w.s.retryFor(w.ctx, 0, "writing", w.name, func(ctx context.Context) error {
			return w.send(ctx, bytes.NewReader(w.small.Bytes()), int64(w.small.Len()))
		})
	}
	w.upload.pipe.Close()
	<-w.upload.done
	return w.s.failed(w.ctx, "writing", w.name, w.upload.err)
}

// Abort ends the upload.
func (w *writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.small = bytes.Buffer{}
	if w.upload != nil {
		w.upload.pipe.CloseWithError(errAborted)
		<-w.upload.done
	}
	return nil
}
