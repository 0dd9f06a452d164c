package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ahead keeps fetching the partitions of a stream, so that a batch finds its
// bytes there, and so that the driver hears of new data without asking.
//
// Each node has two lanes, each a goroutine over a connection of its own, since
// a broker answers the requests of one connection one after the other:
//
//   - tail holds the partitions that are read to their end. Its requests wait at
//     the broker until there is something: an idle stream costs one request each
//     kafka.fetch.max.wait.ms.
//   - catch holds those that have more to read. Its requests never wait. It also
//     takes the partitions that have reached their end while a request of tail
//     without them is out, with waits of shortWait, until tail can take them.
//
// What is fetched and not yet read is kept as it came, compressed or not, up to
// the budget of a partition; decoding is the reader's work. While nobody in this
// process has opened a range of a partition, a peek of it is all that is kept:
// then the driver alone is here, and only wants to know whether there is data.
type ahead struct {
	s    *kafkaSource
	tail *kgo.Client

	mu       sync.Mutex
	parts    map[tp]*part
	lanes    map[int32]*lanes // by node
	changed  chan struct{}    // closed and made anew whenever something below mu has changed
	turn     int
	wg       sync.WaitGroup
	shutdown bool
}

// shortWait is how long a request of catch waits for partitions that it only
// keeps for tail.
const shortWait = 20 * time.Millisecond

// peekBytes is the budget of a partition that nobody reads here.
const peekBytes = 64 << 10

// lanes is the state of a node's two lanes.
type lanes struct {
	tailOut bool // a request of tail is out
}

// part is a partition that is fetched ahead. Its queue covers the offsets from
// the first chunk's up to pos without a gap.
type part struct {
	at        tp
	id        [16]byte
	node      int32 // to fetch from
	epoch     int32
	replica   int32 // to fetch from instead of the leader, -1 for none
	pos       int64
	lastEpoch int32
	queue     []chunk
	bytes     int64

	end    int64 // of the log, as the last answer had it
	heard  time.Time
	caught bool // pos had reached end
	alone  bool // the last answer was empty though end is beyond: ask again, for this one only

	generation int  // answers to requests of an older one are dropped
	out        bool // a request of this generation is out
	outTail    bool // it is tail's
	turn       int  // when it was last asked for; the longest waiting go first
	retryAt    time.Time
	grown      int32 // a fetch size that was too small for one record batch, doubled

	reading bool  // a stream reads from it
	opened  bool  // one has
	trouble error // fetching has stopped
}

func newAhead(s *kafkaSource) (*ahead, error) {
	tail, err := kgo.NewClient(s.conf.client.opts(s.cluster.dials)...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w; check the kafka.* options", err)
	}
	return &ahead{s: s, tail: tail, parts: map[tp]*part{}, lanes: map[int32]*lanes{}, changed: make(chan struct{})}, nil
}

// close ends the lanes, whose context the source has cancelled.
func (a *ahead) close() {
	a.mu.Lock()
	a.shutdown = true
	a.mu.Unlock()
	a.wg.Wait()
	a.tail.Close()
}

func (a *ahead) tell() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// part returns the partition, new ones at pos. The caller holds mu.
func (a *ahead) part(k tp, pos int64) *part {
	p := a.parts[k]
	if p == nil {
		p = &part{at: k, pos: pos, lastEpoch: -1, end: -1, replica: -1, node: -1}
		a.parts[k] = p
	}
	return p
}

// covers tells whether what is fetched and what comes next include pos.
func (p *part) covers(pos int64) bool {
	if len(p.queue) > 0 {
		return p.queue[0].from <= pos && pos <= p.pos
	}
	return pos == p.pos
}

// unask lets go of a request that is out: nobody waits for its answer, which is
// dropped when it comes.
func (p *part) unask() {
	p.generation++
	p.out, p.outTail = false, false
}

func (p *part) seek(pos int64) {
	p.unask()
	p.pos, p.queue, p.bytes, p.lastEpoch = pos, nil, 0, -1
	p.caught, p.alone, p.trouble, p.end, p.heard = false, false, nil, -1, time.Time{}
}

// drop forgets chunks that end at or before pos.
func (p *part) drop(pos int64) {
	for len(p.queue) > 0 && p.queue[0].next <= pos {
		p.bytes -= int64(len(p.queue[0].raw))
		p.queue[0] = chunk{}
		p.queue = p.queue[1:]
	}
}

// follow sees to it that the partitions are fetched from the given offsets on,
// but for those that a stream reads right now.
func (a *ahead) follow(cat *catalog, begin offsets) {
	a.mu.Lock()
	defer a.mu.Unlock()
	moved := false
	for k, pos := range begin {
		p := a.part(k, pos)
		if p.reading {
			continue
		}
		if !p.covers(pos) {
			p.seek(pos)
			moved = true
		}
		p.drop(pos)
	}
	if a.route(cat) || moved {
		a.tell()
	}
}

// route sends each partition to its leader, as the catalog has it. The caller
// holds mu.
func (a *ahead) route(cat *catalog) (moved bool) {
	for k, p := range a.parts {
		leader, id, ok := cat.leader(k)
		if !ok || p.id != [16]byte{} && id != p.id {
			if p.trouble == nil {
				p.trouble, moved = checkTopic(cat, k, p.id, p.pos), true
			}
			continue
		}
		node := leader.node
		if p.replica >= 0 {
			node = p.replica
		}
		if p.node != node || p.epoch != leader.epoch || p.id != id {
			p.unask()
			p.node, p.epoch, p.id, moved = node, leader.epoch, id, true
		}
		a.start(node)
	}
	return moved
}

// start makes the lanes of a node. The caller holds mu.
func (a *ahead) start(node int32) {
	if node < 0 || a.lanes[node] != nil || a.shutdown {
		return
	}
	a.lanes[node] = &lanes{}
	a.wg.Add(2)
	go a.run(node, true)
	go a.run(node, false)
}

// run is a lane: pick, fetch, apply, until the source is closed.
func (a *ahead) run(node int32, tail bool) {
	defer a.wg.Done()
	cl := a.s.cluster.cl
	if tail {
		cl = a.tail
	}
	for {
		r := a.pick(a.s.ctx, node, tail)
		if r == nil {
			return
		}
		answers, err := a.s.cluster.fetch(a.s.ctx, cl, node, r.wants, r.wait)
		if a.apply(r, answers, err) && a.s.ctx.Err() == nil {
			a.refresh()
		}
	}
}

// refresh asks where the partitions are now. Without an answer they are tried
// again where they were.
func (a *ahead) refresh() {
	cat, err := a.s.catalog(a.s.ctx, true)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.route(cat) {
		a.tell()
	}
}

// apply takes in the answers of a request. It returns whether metadata should be
// asked for.
func (a *ahead) apply(r *request, answers []got, err error) (stale bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.tell()
	if r.tail {
		a.lanes[r.node].tailOut = false
	}
	byTP := make(map[tp]*got, len(answers))
	for i := range answers {
		byTP[answers[i].at] = &answers[i]
	}
	again := time.Now().Add(a.s.conf.client.backoff)
	for i, p := range r.parts {
		if p.generation != r.generations[i] {
			continue
		}
		p.out, p.outTail = false, false
		switch g := byTP[p.at]; {
		case err != nil:
			p.retryAt, p.replica, stale = again, -1, true
		case g == nil:
			p.retryAt = again
		case p.take(g, r):
			p.retryAt, stale = again, true
		}
	}
	return stale
}

// take applies one answer. It returns whether the partition may have moved.
func (p *part) take(g *got, r *request) (stale bool) {
	switch {
	case g.diverged:
		p.trouble = &Loss{p.at.topic, p.at.partition, p.pos, -1, "a broker was elected leader without them, and their offsets now hold other records"}
		return false
	case g.err != nil && retriable(g.err):
		p.replica = -1
		return true
	case g.err != nil:
		p.trouble = g.err
		return false
	case g.replica >= 0:
		p.replica = g.replica
		return true
	case g.partial:
		p.grown = min(max(p.grown, 1<<20)*2, 1<<30)
		return false
	}
	p.heard, p.end = time.Now(), g.end
	if g.chunk.next == p.pos && g.end > p.pos && p.alone && len(r.parts) == 1 {
		g.chunk.next = g.end // a hole up to the end: see puller.accept
	}
	p.alone = g.chunk.next == p.pos && g.end > p.pos
	p.push(g.chunk)
	p.caught = p.pos >= g.end
	return false
}

func (p *part) push(c chunk) {
	if c.next == p.pos {
		return
	}
	p.pos = c.next
	if c.epoch >= 0 {
		p.lastEpoch = c.epoch
	}
	if n := len(p.queue); n > 0 && len(c.spans) == 0 {
		p.queue[n-1].next = c.next
		return
	}
	if len(c.spans) == 0 {
		c.raw = nil
	}
	p.bytes += int64(len(c.raw))
	p.queue = append(p.queue, c)
}

// known returns the ends of the logs as far as they are known to be right now:
// for all the partitions, or none.
func (a *ahead) known(parts offsets) (offsets, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make(offsets, len(parts))
	for k := range parts {
		p := a.parts[k]
		if p == nil || p.end < 0 || p.trouble != nil || !(p.caught && p.outTail) && time.Since(p.heard) > shortWait {
			return nil, false
		}
		out[k] = p.end
	}
	return out, true
}

// attach gives the partition to a stream that reads from pos on. It returns nil
// while another has it.
func (a *ahead) attach(cat *catalog, k tp, id [16]byte, pos, to int64) feed {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.part(k, pos)
	if p.reading || a.shutdown {
		return nil
	}
	if !p.covers(pos) || p.trouble != nil {
		p.seek(pos)
	}
	p.reading, p.opened = true, true
	a.route(cat)
	a.tell()
	return &aheadFeed{a: a, p: p, id: id, to: to}
}

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
