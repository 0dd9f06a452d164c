package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// aheadFeed reads what is fetched ahead of one partition.
type aheadFeed struct {
	a    *ahead
	p    *part
	id   [16]byte
	to   int64
	self *direct // takes over where fetching ahead has stopped
}

// next returns the chunk that covers pos, which stays queued until the position
// is behind it: the next range may begin within.
func (f *aheadFeed) next(ctx context.Context, pos int64) (chunk, error) {
	patience := time.NewTimer(f.a.s.conf.client.apiTimeout / 2)
	defer patience.Stop()
	for f.self == nil {
		f.a.mu.Lock()
		before := len(f.p.queue)
		f.p.drop(pos)
		if len(f.p.queue) < before {
			f.a.tell() // there is room again
		}
		trouble, changed := f.p.trouble, f.a.changed
		var c chunk
		if len(f.p.queue) > 0 {
			c = f.p.queue[0]
		}
		f.a.mu.Unlock()
		switch {
		case c.next > pos:
			return c, nil
		case trouble != nil:
			f.takeOver(pos)
			continue
		}
		select {
		case <-changed:
		case <-patience.C:
			f.takeOver(pos)
		case <-ctx.Done():
			return chunk{}, ctx.Err()
		}
	}
	return f.self.next(ctx, pos)
}

// takeOver fetches the rest of the range without the lanes: it either gets it,
// or has the right error.
func (f *aheadFeed) takeOver(pos int64) { f.self = newDirect(f.a.s, f.p.at, f.id, pos, f.to) }

func (f *aheadFeed) close() {
	if f.self != nil {
		f.self.close()
	}
	f.a.mu.Lock()
	defer f.a.mu.Unlock()
	f.p.reading = false
	f.a.tell()
}

// outOfRange tells whether fetching stopped because the position is not in the
// log.
func outOfRange(err error) bool { return errors.Is(err, kerr.OffsetOutOfRange) }
