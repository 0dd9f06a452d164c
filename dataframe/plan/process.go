package plan

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// TimeMode says by which time the timers of a processor are due.
type TimeMode string

// The time modes.
const (
	// NoTime is without timers.
	NoTime TimeMode = "none"
	// ByProcessingTime fires timers by the time of the batch. State may expire.
	ByProcessingTime TimeMode = "processingTime"
	// ByEventTime fires timers once the watermark reaches them.
	ByEventTime TimeMode = "eventTime"
)

// Process hands the rows of each key to a user's processor, which has state of its
// own, and gives the rows that it emits. Its input has the key columns, then those
// that the processor reads, then those with event time, if they are not among
// them.
type Process struct {
	Input Node
	// Name is that of a registered processor, which Processor is.
	Name      string
	Processor *expr.Processor
	Time      TimeMode
	// Mode is Append where the rows that are emitted stand for themselves, Update
	// where one takes the place of the last one of equal key columns.
	Mode OutputMode
	// Event is the number of the column of the result that carries event time; nil
	// where none does.
	Event *int
	// Initial has the rows that the processor's state begins with, which are no stream:
	// the key columns, then those of Processor.Initial. It is nil where there are none.
	Initial Node
}

// NewProcess groups an input by keys and gives the groups to the processor of a
// name. The keys become the processor's key columns: by their names if they have
// them, else in order. The columns that it reads are found by name.
func NewProcess(in Node, keys []expr.Expr, name string, time TimeMode, mode OutputMode) (*Process, error) {
	p, err := expr.LookupProcessor(name)
	if err != nil {
		return nil, err
	}
	windows := NewWindows(in)
	if keys, err = windows.LowerList(keys, false); err != nil {
		return nil, err
	}
	in = windows.Node()
	list, err := processColumns(in, p, keys, p.In)
	if err != nil {
		return nil, err
	}
	events := EventTime(in)
	if time == ByEventTime && len(eventTimeOf(list, events)) == 0 {
		for _, c := range events {
			list = append(list, expr.RefTo(in.Schema(), c.Index))
		}
	}
	return ProcessOf(ProjectOf(in, list), p, time, mode)
}

// ProcessOf is NewProcess of an input that has the columns of a Process.
func ProcessOf(in Node, p *expr.Processor, time TimeMode, mode OutputMode) (*Process, error) {
	if err := checkProcess(in, p, time, mode); err != nil {
		return nil, err
	}
	if err := checkColumns(p, in.Schema(), append(p.Key.Fields(), p.In.Fields()...)); err != nil {
		return nil, err
	}
	n := &Process{Input: in, Name: p.Name, Processor: p, Time: time, Mode: mode}
	if mode == Update && n.UpdateKeys() == nil {
		return nil, &expr.Error{Msg: fmt.Sprintf("the processor %s in output mode update gives rows without their key: columns (%s) and not all of (%s)", p.Name,
			strings.Join(p.Out.Names(), ", "), strings.Join(n.Keys().Names(), ", ")),
			Fix: "give its result fields of the names of the key columns, or use append", Err: expr.ErrAggregate}
	}
	return n, nil
}

// processColumns are the key columns and those that the processor reads of an input.
func processColumns(in Node, p *expr.Processor, keys []expr.Expr, reads *types.Schema) ([]expr.Expr, error) {
	keys, err := ScopeOf(in).BindList(keys)
	if err != nil {
		return nil, err
	}
	list, err := processKeys(p, keys)
	if err != nil {
		return nil, err
	}
	for _, f := range reads.Fields() {
		e, err := columnFor(in, p, f)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func checkColumns(p *expr.Processor, have *types.Schema, want []types.Field) error {
	if have.Len() < len(want) {
		return fmt.Errorf("%d columns for the processor %s, which reads %d", have.Len(), p.Name, len(want))
	}
	for i, f := range want {
		if !types.SameShape(have.Field(i).Type, f.Type) {
			return fmt.Errorf("column %d of the processor %s is %s, not %s", i, p.Name, have.Field(i).Type.Name(), f.Type.Name())
		}
	}
	return nil
}

// WithEventTime returns the processor with a column of its result as event time: a
// row that it gives with a time that the watermark has passed fails the query, and
// what follows knows when its rows are final.
func (p *Process) WithEventTime(column string) (*Process, error) {
	name, err := expr.ParseName(column)
	if err != nil {
		return nil, err
	}
	bound, err := (&expr.Scope{Schema: p.Schema()}).Bind(name)
	if err != nil {
		return nil, err
	}
	ref, ok := bound.(*expr.Ref)
	if !ok {
		return nil, &expr.Error{Msg: column + " is a part of a column, and event time must be a column of its own",
			Fix: "give it a field of the processor's result", Err: expr.ErrType}
	}
	return p.WithEventColumn(ref.Index)
}

// WithEventColumn is WithEventTime of a column's number.
func (p *Process) WithEventColumn(at int) (*Process, error) {
	if f := p.Schema().Field(at); !expr.IsTimestamp(f.Type) {
		return nil, &expr.Error{Msg: fmt.Sprintf("event time must be a timestamp, but %s of the processor %s is %s", types.QuoteIfNeeded(f.Name), p.Name, f.Type.Name()),
			Fix: "give the field of its result the type time.Time", Err: expr.ErrType}
	}
	if p.Time != ByEventTime {
		return nil, &expr.Error{Msg: fmt.Sprintf("the processor %s gives event time, and its time mode is %s", p.Name, p.Time),
			Fix: "use the time mode eventTime, in which no row that is late comes to it", Err: expr.ErrAggregate}
	}
	n := *p
	n.Event = &at
	return &n, nil
}

// eventTime is that of the result: the processor may give times as late as it
// reads them.
func (p *Process) eventTime() []EventColumn {
	in := EventTime(p.Input)
	if p.Event == nil || len(in) == 0 {
		return nil
	}
	return []EventColumn{{Index: *p.Event, Lag: lag(in)}}
}

// lag is how far the latest rows may come behind the watermark.
func lag(in []EventColumn) int64 {
	out := int64(0)
	for _, c := range in {
		out = max(out, c.Lag)
	}
	return out
}

func checkProcess(in Node, p *expr.Processor, time TimeMode, mode OutputMode) error {
	switch time {
	case NoTime, ByProcessingTime:
	case ByEventTime:
		if Streaming(in) && len(EventTime(in)) == 0 {
			return &expr.Error{Msg: fmt.Sprintf("the processor %s has timers by event time, and its input has no watermark", p.Name),
				Fix: `say how late rows may come, with WithWatermark("time", "10 minutes") before it`, Err: expr.ErrAggregate}
		}
	default:
		return &expr.Error{Msg: fmt.Sprintf("no time mode %q", time), Fix: "use none, processingTime or eventTime", Err: expr.ErrSyntax}
	}
	if mode != Append && mode != Update {
		return &expr.Error{Msg: fmt.Sprintf("a processor in output mode %q", mode), Fix: "use append or update", Err: expr.ErrSyntax}
	}
	for _, s := range p.States {
		if s.TTL > 0 && time != ByProcessingTime {
			return &expr.Error{Msg: fmt.Sprintf("the state %s of the processor %s has a time to live, which goes by processing time, and the time mode is %s", s.Name, p.Name, time),
				Fix: "use the time mode processingTime", Err: expr.ErrAggregate}
		}
	}
	return nil
}

// processKeys names and casts keys as the processor's key columns.
func processKeys(p *expr.Processor, keys []expr.Expr) ([]expr.Expr, error) {
	want := p.Key.Fields()
	if len(keys) != len(want) {
		return nil, &expr.Error{Msg: fmt.Sprintf("the processor %s has a key of %d columns, and the rows are grouped by %d", p.Name, len(want), len(keys)),
			Fix: "group by as many", Err: expr.ErrType}
	}
	have := columns(keys)
	order := make([]int, len(want))
	for i, f := range want {
		at, err := have.Index(f.Name)
		if err != nil || at < 0 || f.Name == "" {
			for i := range order { // not all have the names: in order
				order[i] = i
			}
			break
		}
		order[i] = at
	}
	out := make([]expr.Expr, len(want))
	for i, f := range want {
		key := keys[order[i]]
		if !Orderable(key.Type()) {
			return nil, &expr.Error{Msg: fmt.Sprintf("a key needs equality, which %s (%s) has not", expr.OutputName(key), key.Type().Name()),
				Fix: "group by other columns", Err: expr.ErrType}
		}
		e, err := brought(key, f, p.Name)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// columnFor is the column of an input that a field of the processor's rows takes.
func columnFor(in Node, p *expr.Processor, f types.Field) (expr.Expr, error) {
	at, err := columnOf(in, f.Name)
	if err != nil {
		return nil, err
	}
	return brought(expr.RefTo(in.Schema(), at), f, p.Name)
}

// brought is e of a field's type, and under its name if it has one.
func brought(e expr.Expr, f types.Field, processor string) (expr.Expr, error) {
	name := expr.OutputName(e)
	if !types.SameShape(e.Type(), f.Type) {
		if !expr.Widens(e.Type(), f.Type) {
			return nil, &expr.Error{Msg: fmt.Sprintf("the processor %s takes %s as %s, and it is %s", processor, types.QuoteIfNeeded(name), f.Type.Name(), e.Type().Name()),
				Fix: fmt.Sprintf("cast it before: WithColumn(%q, fn.Col(%q).Cast(%q))", name, types.QuoteIfNeeded(name), f.Type.Name()), Err: expr.ErrType}
		}
		e = &expr.Cast{Child: expr.Unalias(e), To: f.Type, Implicit: true}
	}
	if f.Name == "" || name == f.Name {
		return e, nil
	}
	return expr.As(expr.Unalias(e), f.Name), nil
}

// Keys are the key columns.
func (p *Process) Keys() *types.Schema {
	fields := p.Processor.Key.Fields()
	for i := range fields {
		fields[i].Name = p.Input.Schema().Field(i).Name
	}
	return types.NewSchema(fields...)
}

// UpdateKeys returns the numbers of the columns that identify a row in mode
// Update, those with the names of the key columns; nil in mode Append, in which
// nothing does, and where one is not there.
func (p *Process) UpdateKeys() []int {
	if p.Mode != Update {
		return nil
	}
	keys := p.Keys()
	out := make([]int, keys.Len())
	for i, name := range keys.Names() {
		at, err := p.Processor.Out.Index(name)
		if err != nil || at < 0 {
			return nil
		}
		out[i] = at
	}
	return out
}

// String returns the processor, its key and its modes.
func (p *Process) String() string {
	text := fmt.Sprintf("Process %s [%s], time=%s, mode=%s", p.Name, strings.Join(p.Keys().Names(), ", "), p.Time, p.Mode)
	if p.Event != nil {
		text += ", event time " + types.QuoteIfNeeded(p.Schema().Field(*p.Event).Name)
	}
	if p.Initial != nil {
		text += ", with initial state"
	}
	return text
}

// Children returns the input, and the rows that the state begins with if there
// are any.
func (p *Process) Children() []Node {
	if p.Initial != nil {
		return []Node{p.Input, p.Initial}
	}
	return []Node{p.Input}
}

// WithChildren takes other inputs of the same columns.
func (p *Process) WithChildren(in []Node) Node {
	n := *p
	n.Input = in[0]
	if p.Initial != nil {
		n.Initial = in[1]
	}
	return &n
}

// Exprs is empty: the input has the columns.
func (p *Process) Exprs() []expr.Expr { return nil }

// WithExprs returns the node itself, which has none.
func (p *Process) WithExprs([]expr.Expr) Node { return p }

// Schema is that of the rows that the processor emits.
func (p *Process) Schema() *types.Schema { return p.Processor.Out }

// checkProcessors refuses processors whose input may take rows back, and those
// whose rows cannot leave in the query's output mode.
func checkProcessors(n Node, mode OutputMode, top bool) error {
	p, ok := n.(*Process)
	if ok && Streaming(n) {
		if c := changer(p.Input, mode); c != nil {
			return &expr.Error{Msg: fmt.Sprintf("the processor %s takes rows that stay, and those of %s may be taken back", p.Name, c),
				Fix: "use output mode append with a watermark, so that they come when they are final, or put the processor below it", Err: expr.ErrAggregate}
		}
		switch {
		case mode == Complete:
			return &expr.Error{Msg: fmt.Sprintf("output mode complete is not possible with the processor %s: what it has emitted is not kept", p.Name),
				Fix: "use output mode append or update", Err: expr.ErrAggregate}
		case p.Mode == Update && mode != Update:
			return &expr.Error{Msg: fmt.Sprintf("the processor %s is in output mode update, and the query in %s", p.Name, mode),
				Fix: "start the query in output mode update, or transform in append", Err: expr.ErrAggregate}
		case p.Mode == Update && !top:
			return &expr.Error{Msg: fmt.Sprintf("the processor %s is in output mode update, and stands below something with state, which would take each of its rows for one more", p.Name),
				Fix: "transform in append", Err: expr.ErrAggregate}
		}
	}
	if Stateful(n) {
		top = false
	}
	for _, c := range n.Children() {
		if err := checkProcessors(c, mode, top); err != nil {
			return err
		}
	}
	return nil
}
