package dataframe

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Processor is a user-defined operator on the rows of each key of a grouped
// dataframe, with state of its own: Spark's transformWithState. K is the type of the
// key, In that of the rows, Out that of the results. In and Out are structs, whose
// fields are columns (types.FieldTag gives their names; fields of In are found by
// them); K is a struct of the grouping columns, or the type of the only one. A null
// needs a pointer, a slice or a map to go into.
//
// Fields of a Processor may hold the states that Init makes, and what never changes,
// but nothing that one call leaves for the next: there is one Processor for each
// task, keys move between tasks, and a batch may be run again. What it emits must
// follow from its arguments, its state and the times that the Handle tells. An
// error or a panic fails the query.
type Processor[K, In, Out any] interface {
	// Init makes the states (NewValue, NewList, NewMap) before the first row.
	Init(h *Handle) error
	// Process is called once in a micro-batch, or in a batch query, for each key that
	// has rows: keys in the order in which they come, and rows in theirs. Rows may be
	// gone through more than once, as long as the call lasts; emit gives a row of the
	// result.
	Process(ctx context.Context, h *Handle, key K, rows iter.Seq[In], emit func(Out)) error
}

// TimerProcessor is a Processor that sets timers.
type TimerProcessor[K, Out any] interface {
	// OnTimer is called for each timer that is due, behind the rows of all keys, in
	// the order of their times. The timer is gone already; one that is set for a time
	// that has come is due in the next micro-batch.
	OnTimer(ctx context.Context, h *Handle, key K, at time.Time, emit func(Out)) error
}

// TimeMode says by which time timers are due.
type TimeMode = plan.TimeMode

// The time modes of Transform.
const (
	// NoTimers is without timers, and without state that expires.
	NoTimers = plan.NoTime
	// ByProcessingTime fires timers by the time of the micro-batch, and state may
	// expire by it.
	ByProcessingTime = plan.ByProcessingTime
	// ByEventTime fires timers once the watermark has reached them. Rows at or before
	// the watermark are late, and left out.
	ByEventTime = plan.ByEventTime
)

// RegisteredProcessor is a processor that the program knows by its name.
type RegisteredProcessor[K, In, Out any] struct{ def *expr.Processor }

// Name returns the name under which it was registered.
func (p *RegisteredProcessor[K, In, Out]) Name() string { return p.def.Name }

// RegisterProcessor registers a processor; fn.Processor is the usual way to.
func RegisterProcessor[K, In, Out any](name string, make func() Processor[K, In, Out]) *RegisteredProcessor[K, In, Out] {
	def, err := describe(name, make)
	if err != nil {
		panic(fmt.Sprintf("riffle: the processor %q: %v", name, err))
	}
	return &RegisteredProcessor[K, In, Out]{expr.RegisterProcessor(def)}
}

// describe takes the types of a processor apart, and calls Init to see its states.
func describe[K, In, Out any](name string, make func() Processor[K, In, Out]) (*expr.Processor, error) {
	def := &expr.Processor{Name: name}
	var shapes struct{ key, in, out *shape }
	var err error
	if def.Key, shapes.key, err = columnsOf(reflect.TypeFor[K](), ""); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if def.In, shapes.in, err = rowsOf(reflect.TypeFor[In]()); err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	if def.Out, shapes.out, err = rowsOf(reflect.TypeFor[Out]()); err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	_, def.Timers = make().(TimerProcessor[K, Out])
	h := &Handle{timers: def.Timers}
	def.Err = h.begin(func() error { return make().Init(h) })
	def.States = h.states
	def.New = func(host expr.ProcessorHost) (expr.ProcessorTask, error) {
		t := &processorTask[K, In, Out]{def: def, proc: make(), h: &Handle{timers: def.Timers}, key: shapes.key, in: shapes.in, out: shapes.out}
		t.timer, _ = t.proc.(TimerProcessor[K, Out])
		if err := t.h.begin(func() error { return t.proc.Init(t.h) }); err != nil {
			return nil, fmt.Errorf("the processor %s cannot begin: %w", name, err)
		}
		t.h.host = host
		return t, t.sameStates()
	}
	return def, nil
}

func rowsOf(t reflect.Type) (*types.Schema, *shape, error) {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil, nil, fmt.Errorf("rows are a Go struct, not %v", t)
	}
	return columnsOf(t, "")
}

// Transform hands the rows of each group to a processor and gives the rows that it
// emits. In mode Append these stand for themselves. In mode Update a row takes the
// place of the last one with the same key: Out has fields of the key's names, and
// the query is started in mode Update. The input may be a stream of rows that stay,
// or a batch, all of which is one run: at its end all timers by event time are due,
// and those by processing time that are due by then.
//
//	var sessions = fn.Processor("acme/sessions@v1", func() dataframe.Processor[string, Click, Session] { return &sessionizer{} })
//	...
//	dataframe.Transform(clicks.GroupBy(fn.Col("user")), sessions, dataframe.ByEventTime, dataframe.Append)
func Transform[K, In, Out any](g *GroupedData, p *RegisteredProcessor[K, In, Out], time TimeMode, mode plan.OutputMode, options ...TransformOption) *DataFrame {
	return g.df.then("Transform", func() (plan.Node, error) {
		n, err := plan.NewProcess(g.df.node, g.keys, p.def.Name, time, mode)
		t := transform{session: g.df.session, node: n}
		for _, o := range options {
			if err == nil {
				err = o(&t)
			}
		}
		if err != nil {
			return nil, err // a nil node is no plan
		}
		return t.node, nil
	})
}

// TransformOption says more of a Transform.
type TransformOption func(*transform) error

// transform is a Transform as far as its options have been heard.
type transform struct {
	session *Session
	node    *plan.Process
}

// EventTimeColumn names the column of the result that carries event time, in the
// time mode ByEventTime: windows, joins and what else follows the processor then
// know when its rows are final, by the watermark of its input. A row that is
// emitted with a time at or before the watermark of the micro-batch before fails
// the query, since those that follow have closed what it belongs to; the times of
// rows and timers in hand are always after it.
func EventTimeColumn(name string) TransformOption {
	return func(t *transform) (err error) {
		t.node, err = t.node.WithEventTime(name)
		return err
	}
}
