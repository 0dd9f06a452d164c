package operator

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// The spaces of a processor's state. Its own states are the letters from
// processSpace on, in the order in which they were made: pairs of the key, and of
// what tells values apart, to a row.
const (
	processSpace = 'A'
	// processNext has for a key and the letter of a list the number of its next
	// element.
	processNext = 'n'
	// processTimer has a pair for each timer: its time and the key.
	processTimer = 't'
	// processExpiry has the times at which values expire, as state.Timers keeps them.
	processExpiry = 'x'
)

// ProcessTime says by which time the timers of a processor are due.
type ProcessTime int

// The clocks of processors.
const (
	ProcessNoTimers ProcessTime = iota
	ProcessByClock
	ProcessByEvents
)

// ProcessSpec describes the state of a processor; keys are its key columns.
func ProcessSpec(id string, p *expr.Processor, keys *types.Schema, time ProcessTime) state.Spec {
	spec := state.Spec{Operator: id, Version: 1}
	add := func(s state.Space) { spec.Spaces = append(spec.Spaces, s) }
	lists, expires := false, false
	for i, s := range p.States {
		key := keys.Fields()
		switch s.Kind {
		case expr.ListState:
			key, lists = append(key, types.Field{Name: "index", Type: types.Long}), true
		case expr.MapState:
			key = append(key, types.Field{Name: "entry", Type: s.Key, Nullable: true})
		}
		expires = expires || s.TTL > 0
		add(state.Space{ID: processSpace + byte(i), Name: s.Name, Key: types.NewSchema(key...).DDL(), Value: s.Row().DDL()})
	}
	if lists {
		add(state.Space{ID: processNext, Name: "lengths"})
	}
	if time != ProcessNoTimers {
		add(state.Space{ID: processTimer, Name: [...]string{ProcessByClock: "timers by processing time", ProcessByEvents: "timers by event time"}[time]})
	}
	if expires {
		add(state.Space{ID: processExpiry, Name: "expiry"})
	}
	return spec
}

// ProcessState is one task's part of a processor's state, and the processor. All
// that lives from one batch to the next is in a state.Table.
type ProcessState struct {
	p      *expr.Processor
	budget int64 // of the rows of a batch
	name   string
	task   expr.ProcessorTask
	keyOf  *state.KeyCodec
	fields *arrow.Schema // of the key
	processHost
}

// NewProcessState returns a processor's task, which needs a table.
func NewProcessState(p *expr.Processor, time ProcessTime, budget int64) (*ProcessState, error) {
	s := &ProcessState{p: p, budget: budget, name: "the processor " + p.Name, fields: p.Key.Arrow()}
	list := make([]arrow.DataType, p.Key.Len())
	for i := range list {
		list[i] = s.fields.Field(i).Type
	}
	s.states, s.clock = p.States, time
	var err error
	if s.keyOf, err = state.NewKeyCodec(list); err != nil {
		return nil, err
	}
	s.task, err = p.New(&s.processHost)
	return s, err
}

// Attach gives the task its table.
func (s *ProcessState) Attach(t state.Table) {
	s.table = t
	s.timers = processTimers{table: t}
	s.expiry = state.NewTimers(t, processExpiry)
}

// Rollback forgets what is known beside the table, whose store has undone a batch.
func (s *ProcessState) Rollback() {
	s.timers.reset()
	s.expiry.Reset()
}

// Due tells whether a timer is due at a watermark or a time.
func (s *ProcessState) Due(wm, now int64) bool {
	at, set := s.NextTimer()
	return set && (s.clock == ProcessByEvents && at <= wm || s.clock == ProcessByClock && at <= now)
}

// NextTimer returns a time before which no timer is due; false where there is none.
// A table that cannot be read counts as due: the batch then tells why.
func (s *ProcessState) NextTimer() (int64, bool) {
	if s.clock == ProcessNoTimers || s.table == nil {
		return 0, false
	}
	at, err := s.timers.first()
	if err != nil {
		return NoWatermark, true
	}
	return at, at != state.NoTime
}

// Times are those of a run: the batch's time, the watermark (NoWatermark where
// there is none), and whether the input ends, so that all timers by event time are
// due.
type Times struct {
	Now, Watermark int64
	Ends           bool
	// Event is the column of the result that carries event time, which is after Late
	// in all rows; nil: none does.
	Event *int
	Late  int64
}

// Stream processes the rows of a batch, whose first columns are those of the key,
// and gives what the processor emits: for the keys in the order in which they first
// come, then for the timers that are due. The rows of initial, if it is not nil, are
// what the state begins with, which is empty. The stream closes both.
func (s *ProcessState) Stream(in, initial batch.Stream, at Times) (batch.Stream, error) {
	if s.table == nil {
		return nil, fmt.Errorf("internal: %s has no state", s.name)
	}
	s.Times, s.changed = at, ProcessStats{}
	s.watch.reset()
	s.begin(nil)
	if at.Event != nil {
		s.task.Bound(*at.Event, at.Late)
	}
	return &processStream{in: in, initial: initial, s: s, schema: s.p.Out.Arrow(), index: map[string]int32{}}, nil
}

type processStream struct {
	done
	in      batch.Stream
	initial batch.Stream // nil: none, or it was read
	s       *ProcessState
	schema  *arrow.Schema

	read    bool
	batches []any
	bytes   int64
	rows    []expr.ProcessorRow
	keys    [][]byte         // of the keys, as they first came
	index   map[string]int32 // from key to number
	first   []int32          // the first row of each key
	last    []int32
	next    []int32 // the next row of the same key, -1 at the end
	one     []expr.ProcessorRow
	at      int // the next key to process
	due     *dueTimers
	ended   bool
}

func (p *processStream) String() string        { return "Process " + p.s.p.Name }
func (p *processStream) Schema() *arrow.Schema { return p.schema }

// Next gives the next rows that were emitted.
func (p *processStream) Next(ctx context.Context) (batch.Batch, error) {
	return p.once(func() (batch.Batch, error) {
		if !p.read {
			if err := p.readInitial(ctx); err != nil {
				return batch.Batch{}, err
			}
			if err := p.readAll(ctx); err != nil {
				return batch.Batch{}, err
			}
			p.read = true
		}
		if err := p.s.watch.updates(func() error { return p.work(ctx) }); err != nil {
			return batch.Batch{}, err
		}
		if p.s.task.Rows() == 0 {
			return batch.Batch{}, io.EOF
		}
		return batch.Batch{Record: p.s.task.Take().(arrow.RecordBatch)}, nil
	})
}

// work goes on until there are rows for a batch, or all is done.
func (p *processStream) work(ctx context.Context) error {
	timers := p.due != nil
	if timers {
		p.s.watch.turn(&p.s.changed.Timers)
	}
	for p.s.task.Rows() < batch.MaxRows && !p.ended {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.step(ctx); err != nil {
			return err
		}
		if p.due != nil && !timers {
			timers = true
			p.s.watch.turn(&p.s.changed.Timers)
		}
	}
	return nil
}

// step processes a key, then fires a timer, then removes what has expired.
func (p *processStream) step(ctx context.Context) error {
	if p.at < len(p.keys) {
		p.one = p.one[:0]
		for r := p.first[p.at]; r >= 0; r = p.next[r] {
			p.one = append(p.one, p.rows[r])
		}
		p.s.begin(p.keys[p.at])
		p.at++
		return p.s.task.Process(ctx, p.one)
	}
	if p.due == nil {
		p.batches, p.rows = nil, nil
		due, err := p.s.dueTimers()
		if err != nil {
			return err
		}
		p.due = due
	}
	key, at, err := p.s.nextDue(p.due)
	if err != nil {
		return err
	}
	if key == nil {
		p.ended = true
		return p.s.watch.removals(p.s.expire)
	}
	return p.s.fire(ctx, key, at)
}

// readAll takes the rows of the batch in, by keys.
func (p *processStream) readAll(ctx context.Context) error {
	for {
		b, err := p.in.Next(ctx)
		if batch.IsEnd(err) {
			return p.s.task.Input(p.batches)
		}
		if err == nil {
			b, err = kernel.Compact(b)
		}
		if err == nil {
			err = p.s.watch.updates(func() error { return p.add(b) })
		}
		if err != nil {
			return err
		}
	}
}

func (p *processStream) add(b batch.Batch) error {
	for _, c := range b.Changes {
		if c < 0 {
			return fmt.Errorf("%s: a row of its input is taken back, which it cannot follow", p.s.name)
		}
	}
	n := int(b.Record.NumRows())
	const perRow = 32
	if p.bytes += sizeOf(b.Record.Columns()) + int64(n)*perRow; p.bytes > p.s.budget {
		return fmt.Errorf("%s: the rows of one batch need more than the %d bytes allowed; raise %s, or limit what a batch reads", p.s.name, p.s.budget, state.Setting)
	}
	var keys state.Keys
	if err := keys.Encode(b.Record.Columns()[:p.s.p.Key.Len()], n, processSpace); err != nil {
		return err
	}
	for i := range n {
		p.row(keys.Key(i), expr.ProcessorRow{Batch: int32(len(p.batches)), Row: int32(i)})
	}
	p.batches = append(p.batches, b.Record)
	return nil
}

// row hangs a row behind those of the same key.
func (p *processStream) row(key []byte, at expr.ProcessorRow) {
	r := int32(len(p.rows))
	p.rows, p.next = append(p.rows, at), append(p.next, -1)
	k, known := p.index[string(key)]
	if !known {
		p.index[string(key)] = int32(len(p.keys))
		p.keys, p.first, p.last = append(p.keys, key), append(p.first, r), append(p.last, r)
		return
	}
	p.next[p.last[k]] = r
	p.last[k] = r
}

func (p *processStream) Close() error {
	p.close()
	if p.initial != nil {
		return errors.Join(p.initial.Close(), p.in.Close())
	}
	return p.in.Close()
}

// fire calls the processor for a timer of a key, whose bytes begin with its group
// and a space.
func (s *ProcessState) fire(ctx context.Context, key []byte, at int64) error {
	cols, err := s.keyOf.Decode([][]byte{key[state.KeyPrefix:]})
	if err != nil {
		return errors.Join(fmt.Errorf("%s: timers", s.name), err)
	}
	s.begin(key)
	s.changed.TimersFired++
	return s.task.Timer(ctx, array.NewRecordBatch(s.fields, cols, 1), 0, at)
}
