package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// direct is a feed that fetches one partition for itself: for batch queries,
// parts of a partition, and ranges that another reader stands in the way of. It
// is one fetch ahead of its reader.
type direct struct {
	s      *kafkaSource
	at     tp
	id     [16]byte
	to     int64
	chunks chan chunk // closed by run at the end of the range, or with err set
	err    error
	cancel context.CancelFunc
	done   chan struct{}
}

// newDirect starts to fetch [pos, to).
func newDirect(s *kafkaSource, at tp, id [16]byte, pos, to int64) *direct {
	ctx, cancel := context.WithCancel(s.ctx)
	d := &direct{s: s, at: at, id: id, to: to, chunks: make(chan chunk, 1), cancel: cancel, done: make(chan struct{})}
	go d.run(ctx, pos)
	return d
}

func (d *direct) next(ctx context.Context, pos int64) (chunk, error) {
	for {
		select {
		case c, ok := <-d.chunks:
			if !ok && d.err == nil {
				return chunk{}, fmt.Errorf("%s: offset %d is beyond the range that is read", d.at, pos)
			}
			if !ok {
				return chunk{}, d.err
			}
			if c.next > pos {
				return c, nil
			}
		case <-ctx.Done():
			return chunk{}, ctx.Err()
		}
	}
}

func (d *direct) close() {
	d.cancel()
	<-d.done
}

func (d *direct) run(ctx context.Context, pos int64) {
	defer close(d.done)
	defer close(d.chunks)
	p := &puller{s: d.s, at: d.at, id: d.id, to: d.to, pos: pos, lastEpoch: -1, replica: -1, bytes: d.s.conf.client.partitionBytes}
	for p.pos < d.to {
		c, err := p.pull(ctx)
		if err != nil {
			d.err = err
			return
		}
		select {
		case d.chunks <- c:
		case <-ctx.Done():
			d.err = ctx.Err()
			return
		}
	}
}

// puller fetches one partition from position to position, and gets over
// everything that passes: leaders that move, brokers that are away for a while.
type puller struct {
	s         *kafkaSource
	at        tp
	id        [16]byte
	pos, to   int64
	lastEpoch int32
	replica   int32 // to fetch from instead of the leader, -1 for none
	bytes     int32
	large     bool  // a record batch did not fit into an answer of the usual size
	cause     error // why there was no progress lately
}

// pull returns the next chunk, and moves pos behind it. It gives up after the
// time that kafka.default.api.timeout.ms allows without progress.
func (p *puller) pull(ctx context.Context) (chunk, error) {
	begin := time.Now()
	for try := 0; ; try++ {
		c, done, err := p.once(ctx, try > 0)
		if done || err != nil {
			return c, err
		}
		if err := ctx.Err(); err != nil {
			return chunk{}, err
		}
		if time.Since(begin) > p.s.conf.client.apiTimeout {
			what := fmt.Sprintf("%s: no progress at offset %d for %s", p.at, p.pos, p.s.conf.client.apiTimeout)
			if p.cause == nil {
				return chunk{}, fmt.Errorf("%s: the broker answers with nothing; is it over its quota, or its log damaged?", what)
			}
			return chunk{}, p.s.cluster.explain(ctx, what, p.cause)
		}
		if try > 0 {
			sleep(ctx, p.s.conf.client.backoff)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// once tries one fetch. Neither done nor an error means: try again.
func (p *puller) once(ctx context.Context, fresh bool) (c chunk, done bool, err error) {
	cat, err := p.s.catalog(ctx, fresh)
	if err != nil {
		return c, false, err
	}
	if err := checkTopic(cat, p.at, p.id, p.pos); err != nil {
		return p.skip(err, p.to)
	}
	leader, id, _ := cat.leader(p.at)
	node := leader.node
	if p.replica >= 0 {
		node = p.replica
	}
	if node < 0 {
		p.cause = kerr.LeaderNotAvailable
		return c, false, nil
	}
	w := want{at: p.at, id: id, pos: p.pos, epoch: leader.epoch, lastEpoch: p.lastEpoch, bytes: p.bytes}
	cl := p.s.cluster.cl
	if p.large {
		p.s.usedLarge.Store(true)
		if cl, err = p.s.large(); err != nil {
			return c, false, err
		}
	}
	answers, err := p.s.cluster.fetch(ctx, cl, node, []want{w}, 0)
	switch {
	case tooLarge(err) && !p.large:
		p.large = true
		return c, false, nil
	case err != nil:
		p.cause, p.replica = err, -1
		return c, false, lasting(err)
	case len(answers) == 0:
		return c, false, nil
	}
	return p.accept(ctx, answers[0])
}

func (p *puller) accept(ctx context.Context, g got) (c chunk, done bool, err error) {
	switch {
	case g.diverged:
		return p.skip(&Loss{p.at.topic, p.at.partition, p.pos, -1, "a broker was elected leader without them, and their offsets now hold other records"}, p.to)
	case errors.Is(g.err, kerr.OffsetOutOfRange):
		return p.outOfRange(ctx)
	case g.err != nil && retriable(g.err):
		p.cause, p.replica = g.err, -1
		return c, false, nil
	case g.err != nil:
		return c, false, p.s.cluster.explain(ctx, p.at.String(), g.err)
	case g.replica >= 0:
		p.replica = g.replica
		return c, false, nil
	case g.partial:
		p.bytes = min(p.bytes*2, 1<<30)
		return c, false, nil
	}
	if g.empty() && g.end >= p.to {
		if g.hole, err = p.s.isHole(ctx, &g); err != nil {
			return c, false, err
		}
		if g.hole {
			g.chunk.next = p.to
		}
	}
	if g.chunk.next == p.pos {
		p.cause = fmt.Errorf("the log is readable up to %d, the range goes to %d", g.end, p.to)
		return c, false, nil
	}
	p.pos = g.chunk.next
	if g.chunk.epoch >= 0 {
		p.lastEpoch = g.chunk.epoch
	}
	return g.chunk, true, nil
}

// outOfRange finds out on which side of the log the position lies.
func (p *puller) outOfRange(ctx context.Context) (chunk, bool, error) {
	one := offsets{p.at: earliest}
	low, err := p.s.cluster.listOffsets(ctx, one)
	if err != nil {
		return chunk{}, false, err
	}
	if low[p.at] > p.pos {
		loss := &Loss{p.at.topic, p.at.partition, p.pos, min(low[p.at], p.to), "they were deleted by retention or by request before they were read"}
		return p.skip(loss, min(low[p.at], p.to))
	}
	epochs := offsets{}
	high, err := p.s.cluster.list(ctx, one.all(latest), p.s.conf.client.isolation(), epochs)
	if err != nil {
		return chunk{}, false, err
	}
	cat, err := p.s.catalog(ctx, false)
	if err != nil {
		return chunk{}, false, err
	}
	leader, id, _ := cat.leader(p.at)
	former := epochs[p.at] >= 0 && epochs[p.at] < int64(leader.epoch) && id != [16]byte{}
	if high[p.at] >= p.to || former { // the leader was not up to date, or no longer knows that old epoch
		p.cause, p.lastEpoch, p.replica = kerr.OffsetOutOfRange, -1, -1
		return chunk{}, false, nil
	}
	reason := fmt.Sprintf("the log ends at %d: a broker lost its end, or the topic was deleted and made anew", high[p.at])
	return p.skip(&Loss{p.at.topic, p.at.partition, p.pos, p.to, reason}, p.to)
}

// skip fails with a loss, or goes on at an offset and tells of the loss.
func (p *puller) skip(err error, at int64) (chunk, bool, error) {
	var loss *Loss
	if !errors.As(err, &loss) || p.s.conf.failOnLoss {
		return chunk{}, false, err
	}
	if loss.To < 0 {
		loss.To = at
	}
	p.s.lost(*loss)
	p.pos = at
	return chunk{from: at, next: at, epoch: -1}, true, nil
}
