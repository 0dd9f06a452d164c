package operator

import (
	"errors"

	"github.com/riffledata/riffle/exec/batch"
)

// ErrClosed is what a stream's Next returns after Close, unless it had ended
// before.
var ErrClosed = errors.New("the stream is closed")

// done remembers how a stream ended: its first error or io.EOF is returned for
// ever after.
type done struct{ err error }

// once calls next unless the stream has ended.
func (d *done) once(next func() (batch.Batch, error)) (batch.Batch, error) {
	if d.err != nil {
		return batch.Batch{}, d.err
	}
	b, err := next()
	if err != nil {
		d.err = err
		return batch.Batch{}, err
	}
	return b, nil
}

// close ends the stream for Next.
func (d *done) close() {
	if d.err == nil {
		d.err = ErrClosed
	}
}
