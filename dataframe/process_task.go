package dataframe

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// processorTask calls a processor of the user's for one task.
type processorTask[K, In, Out any] struct {
	def          *expr.Processor
	proc         Processor[K, In, Out]
	timer        TimerProcessor[K, Out]
	h            *Handle
	key, in, out *shape
	keys, rows   []reader // of the batches of the input
	result       *array.RecordBuilder
	given        int
	bound        *emitBound

	// What one call uses and leaves to the next, so that it is not made for each key.
	keyInHand K
	emitted   Out
	give      func(Out)           // emit
	inHand    []expr.ProcessorRow // that all goes through
	all       iter.Seq[In]
}

// emitBound is a time that rows of the result must be after.
type emitBound struct {
	field shapeField
	after int64
}

// sameStates refuses an Init that makes other states each time.
func (t *processorTask[K, In, Out]) sameStates() error {
	same := func(a, b expr.ProcessorState) bool {
		return a.Name == b.Name && a.Kind == b.Kind && a.TTL == b.TTL && types.Equal(a.Value, b.Value) &&
			(a.Key == nil) == (b.Key == nil) && (a.Key == nil || types.Equal(a.Key, b.Key))
	}
	if !slices.EqualFunc(t.h.states, t.def.States, same) {
		return fmt.Errorf("the processor %s makes other states each time; let Init make always the same", t.def.Name)
	}
	return nil
}

// Initial and Begin are those of an initialTask.
func (t *processorTask[K, In, Out]) Initial(any) error { return t.noInitial() }

// Begin is that of an initialTask.
func (t *processorTask[K, In, Out]) Begin(context.Context, int) error { return t.noInitial() }

func (t *processorTask[K, In, Out]) noInitial() error {
	return fmt.Errorf("internal: an initial state for the processor %s, which takes none", t.def.Name)
}

// Input prepares the batches of a run for reading.
func (t *processorTask[K, In, Out]) Input(batches []any) error {
	t.keys, t.rows = t.keys[:0], t.rows[:0]
	for _, b := range batches {
		rec := b.(arrow.RecordBatch)
		key, err := t.key.structReader(rec, 0)
		if err != nil {
			return err
		}
		row, err := t.in.structReader(rec, t.def.Key.Len())
		if err != nil {
			return err
		}
		t.keys, t.rows = append(t.keys, key), append(t.rows, row)
	}
	return nil
}

// Process calls the user's code for the rows of a key.
func (t *processorTask[K, In, Out]) Process(ctx context.Context, rows []expr.ProcessorRow) error {
	if t.all == nil {
		t.all, t.give = t.seq(), t.emit
	}
	if err := t.keys[rows[0].Batch](int(rows[0].Row), reflect.ValueOf(&t.keyInHand).Elem()); err != nil {
		return fmt.Errorf("the processor %s: key: %w", t.def.Name, err)
	}
	t.inHand = rows
	key := t.keyInHand
	return t.call(key, func() error { return t.proc.Process(ctx, t.h, key, t.all, t.give) })
}

// seq reads the rows in hand one by one.
func (t *processorTask[K, In, Out]) seq() iter.Seq[In] {
	return func(yield func(In) bool) {
		var v In
		into := reflect.ValueOf(&v).Elem()
		for _, r := range t.inHand {
			if err := t.rows[r.Batch](int(r.Row), into); err != nil {
				t.h.fail(err)
				return
			}
			if !yield(v) {
				return
			}
		}
	}
}

// Timer calls the user's code for a timer.
func (t *processorTask[K, In, Out]) Timer(ctx context.Context, keys any, row int, micros int64) error {
	var key K
	read, err := t.key.structReader(keys.(arrow.RecordBatch), 0)
	if err == nil {
		err = read(row, reflect.ValueOf(&key).Elem())
	}
	if err != nil {
		return fmt.Errorf("the processor %s: key of a timer: %w", t.def.Name, err)
	}
	if t.timer == nil {
		return fmt.Errorf("the processor %s has no method OnTimer, and the state has a timer of the key %v", t.def.Name, key)
	}
	return t.call(key, func() error { return t.timer.OnTimer(ctx, t.h, key, time.UnixMicro(micros).UTC(), t.emit) })
}

// call runs the user's code for a key.
func (t *processorTask[K, In, Out]) call(key K, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the processor %s panicked at the key %v: %v", t.def.Name, key, p)
		}
	}()
	if err = f(); err == nil {
		err = t.h.err
	}
	if err != nil {
		return fmt.Errorf("the processor %s failed at the key %v: %w", t.def.Name, key, err)
	}
	return nil
}

func (t *processorTask[K, In, Out]) emit(v Out) {
	if t.result == nil {
		t.result = array.NewRecordBuilder(memory.DefaultAllocator, t.def.Out.Arrow())
	}
	t.emitted = v
	row := reflect.ValueOf(&t.emitted).Elem()
	if t.bound != nil {
		t.h.check(t.bound.check(row))
	}
	for i, f := range t.out.fields {
		f.appendTo(t.result.Field(i), row.FieldByIndex(f.index))
	}
	t.given++
}

// Bound says which times rows of the result may have.
func (t *processorTask[K, In, Out]) Bound(column int, after int64) {
	t.bound = &emitBound{t.out.fields[column], after}
}

func (b *emitBound) check(row reflect.Value) error {
	v := row.FieldByIndex(b.field.index)
	if b.field.null(v) {
		return nil
	}
	if b.field.class == classPointer {
		v = v.Elem()
	}
	if at := v.Addr().Interface().(*time.Time); at.UnixMicro() <= b.after {
		return fmt.Errorf("it emits a row whose event time, column %s, is %s, and the watermark has passed %s: whatever follows counts it as final; emit times of the rows and the timer in hand, or after Handle.Watermark",
			types.QuoteIfNeeded(b.field.name), at.UTC().Format(time.RFC3339Nano), time.UnixMicro(b.after).UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// Rows is the number of rows since the last Take.
func (t *processorTask[K, In, Out]) Rows() int { return t.given }

// Take returns the rows since the last Take.
func (t *processorTask[K, In, Out]) Take() any {
	t.given = 0
	return t.result.NewRecordBatch()
}
