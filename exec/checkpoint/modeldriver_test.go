package checkpoint

import "fmt"

// driverMoves are those of one run.
func (sc scope) driverMoves(dst []move, m model, d int) []move {
	if m.drivers[d].stopped {
		return dst
	}
	f := m.drivers[d].facts.unpack()
	a := Decide(f)
	name := func(what string) string { return fmt.Sprintf("driver %d: %s", d, what) }
	if a.Batch >= int64(sc.batches) {
		return dst // all done
	}
	if a.Step == Sink || a.Step == Publish {
		return sc.sinkMoves(dst, m, d, a)
	}
	next, err := m, error(nil)
	switch a.Step {
	case ReadEpochs:
		f = f.EpochsRead(int64(m.epochs))
	case Claim:
		mine := a.Epoch > int64(m.epochs)
		if mine {
			next.epochs = int8(a.Epoch)
		}
		f = f.Claimed(a.Epoch, mine)
	case ReadLog:
		f = next.readLog(f, d)
	case AskSinks:
		f = f.SinksAsked(next.published(sc))
	case MakePlan:
		f, err = next.makePlan(sc, f, d, a.Batch)
	case Confirm:
		f = f.Checked(int64(m.epochs) > f.Epoch)
	case CommitBatch:
		f, err = next.commitBatch(sc, f, d, a.Batch)
	case Exit:
		next.drivers[d] = driver{stopped: true}
		return append(dst, move{name("exit"), next, nil})
	}
	next.drivers[d].facts = pack(next.localSteps(sc, f, d))
	return append(dst, move{name(a.String()), next, err})
}

// localSteps does the steps that nobody else can see at once.
func (m *model) localSteps(sc scope, f Facts, d int) Facts {
	for {
		switch a := Decide(f); {
		case a.Step == Restore:
			f = f.Restored()
		case a.Step == Execute && a.Batch < int64(sc.batches):
			f = f.Ran()
			if sc.staged {
				m.drivers[d].content = int8(d + 1) // another run would give other rows
			}
		case a.Step == Confirm && sc.flaw == doesNotConfirm:
			f = f.Checked(false)
		case a.Step == Stage:
			f = f.Wrote()
		default:
			return f
		}
	}
}

func (m *model) readLog(f Facts, d int) Facts {
	last := -1
	for n := range m.log {
		if m.log[n].commitEpoch > 0 {
			last = n
		}
	}
	commitEpoch, planEpoch := int64(0), int64(0)
	if last >= 0 {
		commitEpoch = int64(m.log[last].commitEpoch)
	}
	if last+1 < len(m.log) {
		planEpoch = int64(m.log[last+1].planEpoch)
		m.drivers[d].content = m.log[last+1].plan
	}
	return f.LogRead(int64(last), commitEpoch, planEpoch)
}

// published is the last batch that is visible in all shards.
func (m *model) published(sc scope) int64 {
	low := m.shards[0].progress
	for s := range sc.shards {
		low = min(low, m.shards[s].progress)
	}
	return int64(low)
}

func (m *model) makePlan(sc scope, f Facts, d int, n int64) (Facts, error) {
	r := &m.log[n]
	own := int8(d + 1)
	if r.planEpoch == 0 || sc.flaw == overwritesPlan {
		r.planEpoch, r.plan = int8(f.Epoch), own
	}
	if r.first == 0 {
		r.first = own
	}
	m.drivers[d].content = r.plan
	if sc.flaw == keepsOwnPlan {
		m.drivers[d].content = own
	}
	return f.PlanFound(int64(r.planEpoch)), nil
}

func (m *model) commitBatch(sc scope, f Facts, d int, n int64) (Facts, error) {
	r := &m.log[n]
	var err error
	mine := r.commitEpoch == 0
	if mine {
		r.commitEpoch, r.commit = int8(f.Epoch), m.drivers[d].content
		if r.committed == 0 {
			r.committed = r.commit
		}
		if n > 0 && m.log[n-1].committed == 0 {
			err = fmt.Errorf("I4: commit %d has no commit %d before it", n, n-1)
		}
		m.collect(sc, n)
	}
	m.drivers[d].content = 0
	return f.CommitFound(int64(r.commitEpoch), mine), err
}

// collect deletes the records that are not kept.
func (m *model) collect(sc scope, n int64) {
	if sc.keep == 0 {
		return
	}
	for i := range max(0, int(n)-sc.keep+1) {
		r := &m.log[i]
		r.planEpoch, r.plan, r.commitEpoch, r.commit = 0, 0, 0, 0
	}
}

// sinkMoves writes a batch to each shard: those that are not done move in any order.
func (sc scope) sinkMoves(dst []move, m model, d int, a Action) []move {
	n := int8(a.Batch)
	content, err := m.drivers[d].content, error(nil)
	if a.Step == Publish {
		content = m.log[n].commit
	}
	switch {
	case a.Step == Sink && content != m.log[n].first:
		err = fmt.Errorf("I1: driver %d writes batch %d by another plan than the first", d, n)
	case n > 0 && m.log[n-1].committed == 0:
		err = fmt.Errorf("I3: driver %d writes batch %d before batch %d is committed", d, n, n-1)
	}
	before := len(dst)
	for s := range sc.shards {
		w := m.drivers[d].writers[s]
		if w.phase == open && w.progress == n {
			continue // done
		}
		for _, mv := range sc.shardMoves(m, d, s, n, content) {
			mv.to.finishSink(sc, d, a)
			mv.text = fmt.Sprintf("driver %d: %s, shard %d: %s", d, a, s, mv.text)
			if mv.broken == nil {
				mv.broken = err
			}
			dst = append(dst, mv)
		}
	}
	if len(dst) == before && m.allDone(sc, d, n) {
		m.finishSink(sc, d, a)
		dst = append(dst, move{fmt.Sprintf("driver %d: %s is done", d, a), m, err})
	}
	return dst
}

// allDone tells whether a driver knows a batch to be in all shards.
func (m *model) allDone(sc scope, d int, n int8) bool {
	for s := range sc.shards {
		if w := m.drivers[d].writers[s]; w.phase != open || w.progress != n {
			return false
		}
	}
	return true
}

// finishSink ends the step where all shards are done.
func (m *model) finishSink(sc scope, d int, a Action) {
	dr := &m.drivers[d]
	if dr.stopped {
		return
	}
	if !m.allDone(sc, d, int8(a.Batch)) {
		return
	}
	f := dr.facts.unpack()
	if a.Step == Publish {
		f = f.PublishedBatch()
	} else {
		f = f.Wrote()
	}
	dr.facts = pack(f)
}

// shardMoves are the steps of openShard and writeShard.
func (sc scope) shardMoves(m model, d, s int, n, content int8) []move {
	w, sh := m.drivers[d].writers[s], m.shards[s]
	alive := w.producer == sh.producer || sc.flaw == doesNotFence
	if w.phase == produced && !sh.open {
		alive = false
	}
	next := m
	to := &next.drivers[d].writers[s]
	switch {
	case w.phase == closed && sc.flaw == readsBeforeFencing:
		to.phase, to.progress = guessed, sh.progress
		return []move{{"progress is read", next, nil}}
	case w.phase == closed || w.phase == guessed:
		if sh.producer >= sc.producers {
			return nil // beyond the scope
		}
		to.phase = fenced
		if w.phase == guessed {
			to.phase = open
		}
		if sc.flaw != doesNotFence {
			next.shards[s].abort()
			next.shards[s].producer++
		}
		to.producer = next.shards[s].producer
		return []move{{"InitProducerID", next, nil}}
	case w.phase == fenced:
		to.phase, to.progress = open, sh.progress
		return []move{{"progress is read", next, nil}}
	case w.phase == open && w.progress > n:
		next.drivers[d] = driver{stopped: true}
		return []move{{"progress is ahead: exit", next, nil}}
	case !alive:
		next.shutOut(d, s)
		return []move{{"fenced", next, nil}}
	case w.phase == open:
		to.phase = produced
		next.shards[s].open, next.shards[s].ending, next.shards[s].batch, next.shards[s].content = true, false, n, content
		return []move{{"produces", next, nil}}
	}
	return sc.endMoves(m, d, s, n)
}

// shutOut is what a driver does when it was fenced: it looks at the epochs.
func (m *model) shutOut(d, s int) {
	if m.epochs > m.drivers[d].facts.epoch {
		m.drivers[d] = driver{stopped: true}
		return
	}
	m.drivers[d].writers[s] = writer{}
}

// endMoves are the outcomes of EndTxn: known, or not, with the request still under
// way.
func (sc scope) endMoves(m model, d, s int, n int8) []move {
	known := m
	err := known.commitTransaction(sc, s)
	known.drivers[d].writers[s].phase, known.drivers[d].writers[s].progress = open, n
	unknown := m
	unknown.shards[s].ending = true
	w := &unknown.drivers[d].writers[s]
	*w = writer{}
	if sc.flaw == retriesBlindly {
		*w = writer{phase: guessed, progress: n - 1}
	}
	return []move{{"EndTxn", known, err}, {"EndTxn, and no answer", unknown, nil}}
}
