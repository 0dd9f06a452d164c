package dataframe

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
)

// ProcessorWithInitialState is a Processor whose state can begin with rows of
// another dataframe, given by InitialState. S is the type of those rows, a struct as
// In is.
type ProcessorWithInitialState[K, In, Out, S any] interface {
	Processor[K, In, Out]
	// HandleInitialState is called for each row of the initial state, before the first
	// row of the input: in the first micro-batch of a query, or in a batch query. Rows
	// come in the order of their dataframe, and those of one key may come apart. It may
	// set states and timers; it cannot emit.
	HandleInitialState(ctx context.Context, h *Handle, key K, row S) error
}

// RegisterProcessorWithInitialState registers a processor that takes an initial
// state; fn.ProcessorWithInitialState is the usual way to.
func RegisterProcessorWithInitialState[K, In, Out, S any](name string, make func() ProcessorWithInitialState[K, In, Out, S]) *RegisteredProcessor[K, In, Out] {
	def, err := describe(name, func() Processor[K, In, Out] { return make() })
	var rows *shape
	if err == nil {
		if def.Initial, rows, err = rowsOf(reflect.TypeFor[S]()); err != nil {
			err = fmt.Errorf("initial state: %w", err)
		}
	}
	if err != nil {
		panic(fmt.Sprintf("riffle: the processor %q: %v", name, err))
	}
	simple := def.New
	def.New = func(host expr.ProcessorHost) (expr.ProcessorTask, error) {
		t, err := simple(host)
		if err != nil {
			return nil, err
		}
		task := t.(*processorTask[K, In, Out])
		return &initialTask[K, In, Out, S]{processorTask: task, handler: task.proc.(ProcessorWithInitialState[K, In, Out, S]), initial: rows}, nil
	}
	return &RegisteredProcessor[K, In, Out]{expr.RegisterProcessor(def)}
}

// InitialState gives the rows that the processor's state begins with: a dataframe
// that is no stream, grouped as the input is. The columns that the processor reads
// of them are found by their names.
//
// They are read in the first micro-batch of a query, before its input, and become
// part of the state that this batch commits. A query that goes on from a checkpoint
// does not read them again, whatever they are by then; until that batch is
// committed it may run again, so that they should not change while a query is
// started.
func InitialState(g *GroupedData) TransformOption {
	return func(t *transform) error {
		if g.df.err != nil {
			return g.df.err
		}
		if g.df.session != t.session {
			return errSessions
		}
		n, err := t.node.WithInitial(g.df.node, g.keys)
		t.node = n
		return err
	}
}

// initialTask calls a processor that takes an initial state.
type initialTask[K, In, Out, S any] struct {
	*processorTask[K, In, Out]
	handler ProcessorWithInitialState[K, In, Out, S]
	initial *shape
	readKey reader
	readRow reader
}

// Initial prepares a batch of the initial state for reading.
func (t *initialTask[K, In, Out, S]) Initial(rows any) (err error) {
	rec := rows.(arrow.RecordBatch)
	if t.readKey, err = t.key.structReader(rec, 0); err != nil {
		return err
	}
	t.readRow, err = t.initial.structReader(rec, t.def.Key.Len())
	return err
}

// Begin calls the user's code for a row of the initial state.
func (t *initialTask[K, In, Out, S]) Begin(ctx context.Context, row int) error {
	var key K
	if err := t.readKey(row, reflect.ValueOf(&key).Elem()); err != nil {
		return fmt.Errorf("the processor %s: key of the initial state: %w", t.def.Name, err)
	}
	return t.call(key, func() error {
		var v S
		if err := t.readRow(row, reflect.ValueOf(&v).Elem()); err != nil {
			return fmt.Errorf("initial state: %w", err)
		}
		return t.handler.HandleInitialState(ctx, t.h, key, v)
	})
}
