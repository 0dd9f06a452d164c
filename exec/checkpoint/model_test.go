package checkpoint

import "fmt"

// The model of a query that several drivers run at once: a write-once log, and a sink
// in Kafka whose shards are written in transactions. A driver does what Decide says.
// A crash is a driver that never moves again, a pause one that moves late, so that
// each order of steps is each failure at each point. Requests that create a record
// are one step: that reading the log takes several is no more, since a plan that was
// not yet seen is found by creating it.

// flaw is a way to get the protocol wrong, on purpose.
type flaw int

const (
	none flaw = iota
	readsBeforeFencing
	retriesBlindly
	doesNotFence
	overwritesPlan
	keepsOwnPlan
	doesNotConfirm
)

var flawNames = [...]string{"none", "progress is read before fencing", "an unknown outcome is retried blindly", "no fencing",
	"the plan is overwritten", "the plan is not adopted", "no look at epochs after the plan"}

// String says what the flaw is.
func (f flaw) String() string { return flawNames[f] }

const (
	maxDrivers, maxShards, maxBatches = 4, 2, 3
	noBatch                           = int8(-1)
)

// scope is the size of a model.
type scope struct {
	drivers, shards, batches int
	// producers bounds the producer epochs of a shard, keep the records of batches:
	// 0 keeps all.
	producers int8
	keep      int
	staged    bool
	flaw      flaw
}

// model is one state of everything. It is comparable.
type model struct {
	log     [maxBatches]records
	epochs  int8
	shards  [maxShards]shard
	drivers [maxDrivers]driver
}

// records are those of one batch: who made them and what they hold; 0 is no record.
type records struct {
	planEpoch, plan     int8
	commitEpoch, commit int8
	// first is the plan that the batch had first, committed the first commit: what
	// was, though it may be deleted.
	first, committed int8
}

// shard is a transactional id of Kafka, with its partitions.
type shard struct {
	producer int8 // epoch
	progress int8 // last committed progress record
	open     bool // a transaction is
	ending   bool // its EndTxn is under way, and nobody waits for it
	batch    int8 // of the open transaction
	content  int8
	copies   [maxBatches]int8
}

// driver is one run.
type driver struct {
	facts   facts
	content int8 // what this run would write for the next batch
	stopped bool
	writers [maxShards]writer
}

type writer struct {
	phase    phase
	producer int8
	progress int8
}

type phase int8

const (
	closed phase = iota
	fenced
	open
	produced
	guessed // by flaw: progress was read, and nobody fenced
)

// facts is Facts in few bytes.
type facts struct {
	epoch, seen, last, state, published                               int8
	listed, readAll, asked, staged, planned, executed, confirm, wrote bool
}

func pack(f Facts) facts {
	return facts{int8(f.Epoch), int8(f.Seen), int8(f.Last), int8(f.State), int8(f.Published),
		f.Listed, f.ReadAll, f.Asked, f.Staged, f.Planned, f.Executed, f.Confirmed, f.Written}
}

func (f facts) unpack() Facts {
	return Facts{Epoch: int64(f.epoch), Seen: int64(f.seen), Last: int64(f.last), State: int64(f.state), Published: int64(f.published),
		Listed: f.listed, ReadAll: f.readAll, Asked: f.asked, Staged: f.staged, Planned: f.planned, Executed: f.executed,
		Confirmed: f.confirm, Written: f.wrote}
}

func newModel(sc scope) model {
	var m model
	for i := range m.drivers {
		m.drivers[i].facts = pack(Begin(sc.staged))
	}
	for i := range m.shards {
		m.shards[i].progress = noBatch
	}
	return m
}

// world is the model without the drivers.
func (m model) world() model {
	m.drivers = [maxDrivers]driver{}
	return m
}

// move is one step of somebody.
type move struct {
	text string
	to   model
	// broken says which invariant does not hold any more.
	broken error
}

// moves appends all that can happen next.
func (sc scope) moves(dst []move, m model) []move {
	for d := range sc.drivers {
		dst = sc.driverMoves(dst, m, d)
	}
	for s := range sc.shards {
		dst = sc.brokerMoves(dst, m, s)
	}
	return dst
}

// brokerMoves are those of Kafka alone: an EndTxn arrives at last, or a transaction
// has taken too long.
func (sc scope) brokerMoves(dst []move, m model, s int) []move {
	sh := &m.shards[s]
	if !sh.open {
		return dst
	}
	if sh.ending {
		next := m
		err := next.commitTransaction(sc, s)
		dst = append(dst, move{fmt.Sprintf("shard %d: a late EndTxn arrives", s), next, err})
	}
	if sh.producer < sc.producers {
		next := m
		next.shards[s].abort()
		next.shards[s].producer++
		dst = append(dst, move{fmt.Sprintf("shard %d: its transaction times out", s), next, nil})
	}
	return dst
}

func (sh *shard) abort() { sh.open, sh.ending, sh.batch, sh.content = false, false, 0, 0 }

// commitTransaction makes the rows of a shard visible, and checks what must hold of
// them.
func (m *model) commitTransaction(sc scope, s int) error {
	sh := &m.shards[s]
	n, content := sh.batch, sh.content
	sh.copies[n]++
	var err error
	want := m.log[n].first
	if sc.staged {
		want = m.log[n].committed
	}
	switch {
	case sh.copies[n] > 1:
		err = fmt.Errorf("I2: batch %d is in shard %d twice", n, s)
	case content != want:
		err = fmt.Errorf("I1: shard %d shows batch %d by another plan", s, n)
	case n < sh.progress:
		err = fmt.Errorf("shard %d shows batch %d after batch %d", s, n, sh.progress)
	}
	sh.progress = n
	sh.abort()
	return err
}
