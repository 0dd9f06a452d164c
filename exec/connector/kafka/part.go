package kafka

import (
	"time"
)

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

	end      int64 // of the log, as the last answer had it
	endEpoch int32 // of the leader that gave it
	heard    time.Time
	caught   bool // pos had reached end
	alone    bool // the last answer was empty though end is beyond: ask again, for this one only

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

// take applies one answer. It returns whether the partition may have moved.
func (p *part) take(g *got) (stale bool) {
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
	p.heard, p.end, p.endEpoch = time.Now(), g.end, p.epoch
	if g.hole {
		g.chunk.next = g.end
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
