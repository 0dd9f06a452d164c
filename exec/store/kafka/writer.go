package kafka

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/store"
)

// pieceSize is the most bytes of a record's value: well below the million that brokers
// take by default.
const pieceSize = 512 << 10

// Create makes a large object.
func (s *Store) Create(ctx context.Context, name string) (store.Writer, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	if err := s.ensureTopic(ctx); err != nil {
		return nil, s.failed("creating", name, err)
	}
	return newAttempt(ctx, s, name), nil
}

// attempt writes an object piece by piece.
type attempt struct {
	s        *Store
	ctx      context.Context
	name, id string
	buf      []byte
	pieces   int // written
	done     bool
}

func newAttempt(ctx context.Context, s *Store, name string) *attempt {
	return &attempt{s: s, ctx: ctx, name: name, id: rand.Text()[:16]}
}

// Write writes the pieces that are full.
func (a *attempt) Write(p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		if len(a.buf) == pieceSize {
			if _, err := a.flush(more); err != nil {
				return all - len(p), a.s.failed("writing", a.name, err)
			}
		}
		n := min(len(p), pieceSize-len(a.buf))
		a.buf = append(a.buf, p[:n]...)
		p = p[n:]
	}
	return all, nil
}

// flush writes what was gathered and returns the offset behind it.
func (a *attempt) flush(mark byte) (int64, error) {
	value := append([]byte{mark}, a.buf...)
	end, err := a.s.append(a.ctx, &kgo.Record{Key: key(a.name, a.id, a.pieces), Value: value})
	if err == nil {
		a.pieces++
		a.buf = a.buf[:0]
	}
	return end, err
}

// finish writes the last piece.
func (a *attempt) finish() (int64, error) {
	a.done = true
	return a.flush(last)
}

// Commit writes the last piece, and sees that this attempt has won.
func (a *attempt) Commit() error {
	if a.done {
		return fmt.Errorf("writing %s: it has been committed or aborted already", a.name)
	}
	end, err := a.finish()
	if err != nil {
		return a.s.failed("writing", a.name, err)
	}
	w, err := a.s.winner(a.ctx, a.name, end)
	if err == nil && w.id != a.id {
		err = fmt.Errorf("the name is taken; large objects need names of their own")
	}
	return a.s.failed("writing", a.name, err)
}

// Abort writes tombstones for the pieces.
func (a *attempt) Abort() error {
	if a.done {
		return nil
	}
	a.done, a.buf = true, nil
	var tombs []*kgo.Record
	for piece := range a.pieces {
		tombs = append(tombs, &kgo.Record{Key: key(a.name, a.id, piece)})
	}
	if len(tombs) == 0 {
		return nil
	}
	_, err := a.s.append(a.ctx, tombs...)
	return a.s.failed("aborting", a.name, err)
}
