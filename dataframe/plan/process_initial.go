package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
)

// WithInitial returns the processor with rows that its state begins with, grouped
// by keys that become its key columns. They must be no stream, and are read before
// the first row of the input: in the first micro-batch of a query, and never again.
func (p *Process) WithInitial(in Node, keys []expr.Expr) (*Process, error) {
	if err := p.checkInitial(in); err != nil {
		return nil, err
	}
	windows := NewWindows(in)
	keys, err := windows.LowerList(keys, false)
	if err != nil {
		return nil, err
	}
	in = windows.Node()
	list, err := processColumns(in, p.Processor, keys, p.Processor.Initial)
	if err != nil {
		return nil, fmt.Errorf("initial state: %w", err)
	}
	return p.WithInitialOf(ProjectOf(in, list))
}

// WithInitialOf is WithInitial of rows that have the columns: those of the key, then
// those of Processor.Initial.
func (p *Process) WithInitialOf(in Node) (*Process, error) {
	if err := p.checkInitial(in); err != nil {
		return nil, err
	}
	if err := checkColumns(p.Processor, in.Schema(), append(p.Processor.Key.Fields(), p.Processor.Initial.Fields()...)); err != nil {
		return nil, fmt.Errorf("initial state: %w", err)
	}
	n := *p
	n.Initial = in
	return &n, nil
}

func (p *Process) checkInitial(in Node) error {
	switch {
	case p.Processor.Initial == nil:
		return &expr.Error{Msg: fmt.Sprintf("the processor %s takes no initial state", p.Name),
			Fix: "give it a method HandleInitialState, and register it with fn.ProcessorWithInitialState", Err: expr.ErrType}
	case p.Initial != nil:
		return &expr.Error{Msg: fmt.Sprintf("the processor %s has an initial state already", p.Name), Fix: "give one, a union if it comes from several places", Err: expr.ErrSyntax}
	case Streaming(in):
		return &expr.Error{Msg: fmt.Sprintf("the initial state of the processor %s is a stream, which has no end that the first batch could wait for", p.Name),
			Fix: "read it with Read, not ReadStream", Err: expr.ErrAggregate}
	}
	return nil
}
