package kafka

import (
	"context"
	"sort"
	"time"
)

// request is what a lane asks for in one go.
type request struct {
	node        int32
	tail        bool
	lone        bool // it is for a partition alone whose last answer was empty
	wait        time.Duration
	wants       []want
	parts       []*part
	generations []int // of parts, when they were picked
}

// pick waits until the lane has something to fetch. It returns nil when ctx is
// done.
func (a *ahead) pick(ctx context.Context, node int32, tail bool) *request {
	for {
		a.mu.Lock()
		r, retry := a.choose(node, tail, time.Now())
		changed := a.changed
		a.mu.Unlock()
		if ctx.Err() != nil {
			return nil
		}
		if r != nil {
			return r
		}
		var timer <-chan time.Time
		var t *time.Timer
		if retry > 0 {
			t = time.NewTimer(retry)
			timer = t.C
		}
		select {
		case <-changed:
		case <-timer:
		case <-ctx.Done():
		}
		if t != nil {
			t.Stop()
		}
	}
}

// choose builds the lane's next request, or returns nil and, if a partition
// waits for a retry, how long that is off. The caller holds mu.
func (a *ahead) choose(node int32, tail bool, now time.Time) (*request, time.Duration) {
	lane := a.lanes[node]
	r := &request{node: node, tail: tail, wait: shortWait}
	var retry time.Duration
	for _, p := range a.parts {
		if p.node != node || p.trouble != nil {
			continue
		}
		if tail && p.caught && p.out {
			return nil, 0 // catch has it for a moment: with it, or it would miss a whole wait
		}
		if p.out || a.room(p) == 0 {
			continue
		}
		if wait := p.retryAt.Sub(now); wait > 0 {
			if retry == 0 || wait < retry {
				retry = wait
			}
			continue
		}
		if ready := p.caught; ready == tail || !tail && lane.tailOut {
			r.parts = append(r.parts, p)
		}
	}
	if len(r.parts) == 0 {
		return nil, retry
	}
	sort.Slice(r.parts, func(i, j int) bool {
		x, y := r.parts[i], r.parts[j]
		return x.turn < y.turn || x.turn == y.turn && compareTP(x.at, y.at) < 0
	})
	a.fill(r)
	return r, 0
}

// fill marks the request's partitions as asked for. One that must be asked for
// alone goes alone.
func (a *ahead) fill(r *request) {
	for _, p := range r.parts {
		if p.alone {
			r.parts, r.lone = []*part{p}, true
			break
		}
	}
	for _, p := range r.parts {
		if !p.caught {
			r.wait = 0
		}
		a.turn++
		p.out, p.outTail, p.turn = true, r.tail, a.turn
		r.generations = append(r.generations, p.generation)
		r.wants = append(r.wants, want{at: p.at, id: p.id, pos: p.pos, epoch: p.epoch, lastEpoch: p.lastEpoch, bytes: max(p.grown, a.room(p))})
	}
	if r.tail {
		r.wait = a.s.conf.client.maxWait
		a.lanes[r.node].tailOut = true
	}
}

// room is how many bytes to ask for of a partition: 0 while more than half of
// its budget lies unread.
func (a *ahead) room(p *part) int32 {
	budget := int64(peekBytes)
	if p.opened {
		budget = max(budget, a.s.conf.prefetch/int64(len(a.parts)))
	}
	if p.bytes > 0 && p.bytes >= budget/2 {
		return 0
	}
	return int32(min(budget-min(p.bytes, budget/2), int64(a.s.conf.client.partitionBytes)))
}
