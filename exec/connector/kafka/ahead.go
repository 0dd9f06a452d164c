package kafka

import (
	"fmt"
	"sync"
	"time"

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
		switch {
		case p.replica >= 0:
			node = p.replica
		case node < 0:
			node = p.node // who led it last is asked until it has a leader again
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
		if err == nil && r.lone && len(answers) == 1 && answers[0].empty() {
			answers[0].hole, err = a.s.isHole(a.s.ctx, &answers[0])
		}
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
		case tooLarge(err):
			p.trouble = err // who reads it takes over
		case err != nil:
			p.retryAt, p.replica, stale = again, -1, true
		case g == nil:
			p.retryAt = again
		case p.take(g):
			p.retryAt, stale = again, true
		}
	}
	return stale
}

// known returns the ends of the logs as far as they are known to be right now, and
// the epochs of the leaders that told them: for all the partitions, or none.
func (a *ahead) known(parts offsets) (ends, leaders offsets, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ends, leaders = make(offsets, len(parts)), make(offsets, len(parts))
	for k := range parts {
		p := a.parts[k]
		if p == nil || p.end < 0 || p.trouble != nil || !(p.caught && p.outTail) && time.Since(p.heard) > shortWait {
			return nil, nil, false
		}
		ends[k], leaders[k] = p.end, int64(p.endEpoch)
	}
	return ends, leaders, true
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
