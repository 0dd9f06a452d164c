package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/sink"
)

// shard writes a fixed part of a sink's partitions, one transaction a batch. Its
// transactional id belongs to it in every run of the query, so that opening it
// shuts older runs out. It is used by one goroutine at a time.
type shard struct {
	conf   *sinkConfig
	number int
	topic  string // of the progress
	reader *progressReader
	dials  *dials

	cl    *kgo.Client // nil: not open, or given up
	last  *progress   // what was read when it was opened, or written since
	found bool        // last is in the topic
	next  int64       // the offset at which the first progress after open must stand, else -1
	known int64       // the last batch that this run knows to be visible, -1 for none
}

// before returns the progress of a shard that has none yet.
func before() *progress { return &progress{Format: progressFormat, Batch: -1} }

// open fences older producers of the shard and then, in that order, reads how far
// the shard is: what is read before may change after.
func (s *shard) open(ctx context.Context) error {
	s.drop()
	id := fmt.Sprintf("riffle.%s.%s.%d", s.conf.spec.QueryID, s.conf.role(), s.number)
	cl, err := kgo.NewClient(append(s.conf.producer.opts(s.dials), kgo.TransactionalID(id), kgo.TransactionTimeout(s.conf.producer.timeout))...)
	if err != nil {
		return &lastingError{fmt.Errorf("kafka client: %w; check the kafka.* options", err)}
	}
	s.cl = cl
	try, cancel := context.WithTimeout(ctx, s.conf.producer.client.apiTimeout)
	defer cancel()
	if _, _, err := cl.ProducerID(try); err != nil {
		return fmt.Errorf("cannot begin to write as %s: %w", id, err)
	}
	sink.CrashPoint(ctx, sink.PointFenced)
	p, at, emptied, err := s.reader.last(ctx, s.number)
	if err != nil {
		return err
	}
	s.next = at
	if s.found = p != nil; !s.found {
		p = before()
	}
	if err := s.checkGone(p, emptied); err != nil {
		return err
	}
	s.last, s.known = p, max(s.known, p.Batch)
	if p.Epoch > s.conf.spec.Epoch {
		return fmt.Errorf("%w: run %d has written batch %d to shard %d, this is run %d", sink.ErrDeposed, p.Epoch, p.Batch, s.number, s.conf.spec.Epoch)
	}
	return nil
}

// checkGone refuses to take rows for unwritten whose progress was deleted. Where it only
// is of the past, a broker may have told so that has just been started, or no longer
// leads: it is asked again as long as a batch may be tried.
func (s *shard) checkGone(p *progress, emptied bool) error {
	what := fmt.Sprintf("the progress of shard %d is gone from the topic %s", s.number, s.topic)
	if p.Batch < s.known {
		err := fmt.Errorf("%s while the query ran: it was at batch %d and is at %d; no other program may change that topic", what, s.known, p.Batch)
		if emptied {
			err = &lastingError{err}
		}
		return err
	}
	if emptied {
		if err := s.conf.checkMissing(what); err != nil {
			return &lastingError{err}
		}
	}
	return nil
}

// drop closes the producer; what it has not committed will never be seen.
func (s *shard) drop() {
	if s.cl != nil {
		s.cl.Close()
	}
	s.cl, s.last = nil, nil
}

// write makes a batch's rows of this shard visible, once, whatever has become of
// them before.
func (s *shard) write(ctx context.Context, next *progress, rows shardRows) error {
	return s.until(ctx, func() (bool, error) { return s.decided(next) }, func() error { return s.transact(ctx, next, rows) })
}

// until opens the shard and acts, again and again until it is done, or fails for
// good, or time is up. An act that fails says nothing about what is visible: the
// shard is then opened anew, which tells.
func (s *shard) until(ctx context.Context, done func() (bool, error), act func() error) error {
	begin := time.Now()
	for wait := s.conf.producer.client.backoff; ; wait = min(2*wait, time.Second) {
		err := s.once(ctx, done, act)
		if err == nil {
			return nil
		}
		s.drop()
		if ctx.Err() != nil {
			return fmt.Errorf("%w, after: %w", ctx.Err(), err)
		}
		if permanent(err) || time.Since(begin) > s.conf.producer.delivery {
			return s.explain(err)
		}
		sleep(ctx, wait)
	}
}

func (s *shard) once(ctx context.Context, done func() (bool, error), act func() error) error {
	if s.cl == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	if ok, err := done(); ok || err != nil {
		return err
	}
	return act()
}

var errChanged = errors.New("a batch that runs again has other rows than before")

// decided tells whether a batch is visible already.
func (s *shard) decided(next *progress) (bool, error) {
	switch p := s.last; {
	case p.Batch > next.Batch:
		return false, fmt.Errorf("%w: batch %d is in shard %d already, this one is at batch %d", sink.ErrDeposed, p.Batch, s.number, next.Batch)
	case p.Batch < next.Batch:
		return false, nil
	case p.Rows == next.Rows && p.Hash == next.Hash && (p.Shards == next.Shards || p.rebuilt()):
		return true, nil
	case p.rebuilt():
		return false, fmt.Errorf("%w: batch %d has %d rows in shard %d, and the topics had %d with another content there when its progress was rebuilt; if the number of shards was another one before, delete the topic %s and set the option shards to it, else start a new query",
			errChanged, next.Batch, next.Rows, s.number, p.Rows, s.topic)
	default:
		return false, fmt.Errorf("%w: batch %d has %d rows in shard %d, of which %d with another content are committed; a function of the query gives another answer each time: declare it as not deterministic; or its sinks were changed in the middle of a batch: run that batch with those it had",
			errChanged, next.Batch, next.Rows, s.number, p.Rows)
	}
}

// transact writes rows and progress in one transaction. After an error the
// outcome is unknown unless nothing was committed.
func (s *shard) transact(ctx context.Context, next *progress, rows shardRows) error {
	if err := s.cl.BeginTransaction(); err != nil {
		return err
	}
	try, cancel := context.WithTimeout(ctx, s.conf.producer.delivery)
	defer cancel()
	out := &outcome{}
	err := s.produce(try, next, rows, out)
	if err == nil {
		err = s.whole(try, out)
	}
	if err != nil {
		s.abort(ctx, err)
		return err
	}
	sink.CrashPoint(ctx, sink.PointFlushed)
	if err := s.commit(ctx); err != nil {
		return err
	}
	s.last, s.found, s.known, s.next = next, true, next.Batch, -1
	sink.CrashPoint(ctx, sink.PointCommitted)
	return nil
}

// produce sends the rows and the progress, and returns once the brokers have each
// of them: the client would commit a transaction of which a record has failed.
func (s *shard) produce(ctx context.Context, next *progress, rows shardRows, out *outcome) error {
	sent := int64(0)
	err := rows.each(func(r *kgo.Record) error {
		s.cl.Produce(ctx, r, out.promise)
		if sent++; sent == (next.Rows+1)/2 && sink.HasCrashPoints(ctx) {
			if err := s.cl.Flush(ctx); err != nil {
				return err
			}
			sink.CrashPoint(ctx, sink.PointProducing)
		}
		return out.error()
	})
	if err != nil {
		return err
	}
	s.cl.Produce(ctx, &kgo.Record{Topic: s.topic, Partition: int32(s.number), Key: strconv.AppendInt(nil, int64(s.number), 10), Value: next.encode()}, func(r *kgo.Record, err error) {
		out.progress = r.Offset
		out.promise(r, err)
	})
	if err := s.cl.Flush(ctx); err != nil {
		return errors.Join(err, out.error())
	}
	return out.error()
}

var (
	errTorn = errors.New("the transaction was torn: its producer got another epoch in the middle, by which brokers have dropped what it wrote before")
	errPast = errors.New("the shard's progress was read from a leader of the past")
)

// whole sees that all records of a transaction are in it, and that it follows what the
// shard knows as its last. The client takes up a new epoch by itself where brokers have
// forgotten its producer and the log begins later than what it wrote there last; what
// was in the transaction before is aborted by that, and the rest would be committed.
// A progress that stands elsewhere than at the end of what was read tells that another
// stands between. What this run has written itself needs no such proof: brokers that were
// killed may give the marker of a transaction that they have answered later, and to abort
// what follows it would take it back.
func (s *shard) whole(ctx context.Context, out *outcome) error {
	id, epoch, err := s.cl.ProducerID(ctx)
	switch {
	case err != nil:
		return err
	case out.producer != producer{id, epoch}:
		return errTorn
	case s.next >= 0 && out.progress != s.next:
		return fmt.Errorf("%w: it stands at offset %d of %s, and should at %d", errPast, out.progress, tp{s.topic, int32(s.number)}, s.next)
	}
	return nil
}

// commit ends the transaction. The caller's cancellation does not stop it, which
// would leave its outcome unknown for nothing.
func (s *shard) commit(ctx context.Context) error {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.conf.producer.client.apiTimeout)
	defer cancel()
	if err := s.settle(end); err != nil {
		return err
	}
	if !sink.HasCrashPoints(ctx) {
		return s.cl.EndTransaction(end, kgo.TryCommit)
	}
	var pointed sync.WaitGroup
	pointed.Go(func() { sink.CrashPoint(ctx, sink.PointCommitting) })
	defer pointed.Wait()
	return s.cl.EndTransaction(end, kgo.TryCommit)
}

// settle waits until the client knows of all partitions it has written to. It sends
// the first records of a topic before it stores the topic's partitions, which can
// be after the brokers have the records; a commit in between finds no partition
// in the transaction, and aborts it without an error (EndTransaction of franz-go
// 1.22.2). The store ends in a lock that this call takes; there is nothing left
// in the buffers that it could abort.
func (s *shard) settle(ctx context.Context) error { return s.cl.AbortBufferedRecords(ctx) }

// abortTime is how long an abort may take: it only spares readers of the topic
// the wait for the next opening of the shard.
const abortTime = time.Second

// abort ends a transaction of which nothing is to be seen. Whether it works does
// not matter: brokers end the transaction at the next opening of the shard, at the
// latest by its timeout. One who has been fenced has none any more.
func (s *shard) abort(ctx context.Context, cause error) {
	if errors.Is(cause, kerr.ProducerFenced) || errors.Is(cause, kerr.InvalidProducerEpoch) {
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	if s.cl.AbortBufferedRecords(end) == nil {
		_ = s.cl.EndTransaction(end, kgo.TryAbort)
	}
}

// producer is what a record was written by.
type producer struct {
	id    int64
	epoch int16
}

// outcome is the first error of the records of a transaction, and by whom all were
// written.
type outcome struct {
	loose    bool  // there is no transaction: it does not matter by whom
	progress int64 // the offset of the progress; it is read after the client's flush

	mu       sync.Mutex
	err      error
	some     bool
	producer producer
}

func (o *outcome) promise(r *kgo.Record, err error) {
	by := producer{r.ProducerID, r.ProducerEpoch}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err != nil, o.loose:
	case !o.some:
		o.some, o.producer = true, by
	case o.producer != by:
		err = errTorn
	}
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("writing to %s: %w", tp{r.Topic, r.Partition}, err)
	}
}

func (o *outcome) error() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// passing are errors of brokers that opening the shard anew mends, or explains.
var passing = []error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID,
	kerr.InvalidTxnState, kerr.OutOfOrderSequenceNumber, kerr.ConcurrentTransactions, kerr.TransactionAbortable,
	kerr.OperationNotAttempted, kerr.UnknownServerError, kerr.TransactionCoordinatorFenced, kerr.DuplicateSequenceNumber}

// lastingError is a failure that no further try mends.
type lastingError struct{ err error }

// Error is that of the cause.
func (e *lastingError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *lastingError) Unwrap() error { return e.err }

// permanent tells whether an error comes again however often one tries.
func permanent(err error) bool {
	var stays *lastingError
	if errors.As(err, &stays) || errors.Is(err, sink.ErrDeposed) || errors.Is(err, errChanged) || errors.Is(err, errRow) || lasting(err) != nil && !errors.Is(err, kgo.ErrClientClosed) {
		return true
	}
	for _, p := range passing {
		if errors.Is(err, p) {
			return false
		}
	}
	var coded *kerr.Error
	return errors.As(err, &coded) && !coded.Retriable
}

// explain says what to do about an error that stays.
func (s *shard) explain(err error) error { return explainWrite(err, s.conf.producer) }

func explainWrite(err error, p *producerConf) error {
	switch {
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		return fmt.Errorf("%w; raise kafka.max.request.size, and max.message.bytes of the topic, or write smaller rows", err)
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return fmt.Errorf("%w; ask for the right to describe and write transactional ids that begin with riffle., or set delivery to at-least-once", err)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Errorf("%w; ask for the right to describe and write the topic, and topics that begin with __riffle_progress_", err)
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return fmt.Errorf("%w; lower kafka.transaction.timeout.ms to what the brokers allow (transaction.max.timeout.ms)", err)
	case permanent(err):
		return err
	}
	return fmt.Errorf("%w; it was tried for %v (kafka.delivery.timeout.ms): see whether the brokers are well", err, p.delivery)
}
