package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// Aggregation says what to group by and what to compute of each group. It is
// immutable and may be shared; each stream that it makes has its own memory.
type Aggregation struct {
	keys, aggs []expr.Expr
	calls      []*expr.Call
	keyTypes   []arrow.DataType
	ansi       bool
	partial    *arrow.Schema
	result     *arrow.Schema
	widths     []int // columns of the state of each call
	retract    bool  // rows may be taken back
	// In a table of state: the columns of a group's row, how many of them each call
	// has, and what lies beside the row.
	keyFields []arrow.Field
	row       []arrow.Field
	rowWidths []int
	kept      []keptValues
}

// NewAggregation prepares bound keys, and aggregates that are calls of aggregate
// functions, under aliases or not. Without aggregates it gives each key once. It
// fails where a function, an argument's type or a key's type is not supported.
func NewAggregation(keys, aggs []expr.Expr, ansi bool) (*Aggregation, error) {
	return newAggregation(keys, aggs, ansi, false)
}

// WithRetract is the same aggregation of rows that may be taken back: functions
// keep what they need to forget a value, and groups count their rows, in a last
// column of partial results, so that a group of which nothing is left is none.
func (a *Aggregation) WithRetract() (*Aggregation, error) {
	return newAggregation(a.keys, a.aggs, a.ansi, true)
}

// rowsColumn is the name of the count of rows in partial results.
const rowsColumn = "rows"

func newAggregation(keys, aggs []expr.Expr, ansi, retract bool) (*Aggregation, error) {
	a := &Aggregation{keys: keys, aggs: aggs, ansi: ansi, retract: retract}
	fields := make([]arrow.Field, len(keys))
	for i, k := range keys {
		fields[i] = arrow.Field{Name: expr.OutputName(k), Type: types.ToArrow(k.Type()), Nullable: k.Nullable()}
		a.keyTypes = append(a.keyTypes, fields[i].Type)
	}
	if _, err := NewGroupTable(a.keyTypes); err != nil {
		return nil, err
	}
	a.keyFields = fields[:len(fields):len(fields)]
	partial, result := a.keyFields, append([]arrow.Field(nil), fields...)
	for i, e := range aggs {
		call, ok := expr.Unalias(e).(*expr.Call)
		if !ok || !call.IsAggregate() {
			return nil, fmt.Errorf("internal: %s is not a call of an aggregate function", e)
		}
		acc, err := NewAccumulator(call, ansi, retract)
		if err != nil {
			return nil, err
		}
		a.keep(i, call.Name, acc)
		a.calls, a.widths = append(a.calls, call), append(a.widths, len(acc.StateTypes()))
		result = append(result, arrow.Field{Name: expr.OutputName(e), Type: types.ToArrow(call.Type()), Nullable: call.Nullable()})
		for k, dt := range acc.StateTypes() {
			partial = append(partial, arrow.Field{Name: fmt.Sprintf("%s.state%d_%d", call.Name, i, k), Type: dt, Nullable: true})
		}
	}
	if retract {
		a.widths = append(a.widths, 1)
		rows := arrow.Field{Name: rowsColumn, Type: arrow.PrimitiveTypes.Int64}
		partial, a.row, a.rowWidths = append(partial, rows), append(a.row, rows), append(a.rowWidths, 1)
	}
	a.partial, a.result = arrow.NewSchema(partial, nil), arrow.NewSchema(result, nil)
	_, err := a.compile()
	return a, err
}

// NewDistinct is the aggregation that gives each row of a schema once.
func NewDistinct(s *types.Schema) (*Aggregation, error) {
	keys := make([]expr.Expr, s.Len())
	for i, f := range s.Fields() {
		keys[i] = &expr.Ref{Index: i, Name: f.Name, T: f.Type, Null: f.Nullable}
	}
	return NewAggregation(keys, nil, true)
}

// Schema is that of the result: keys, then aggregates.
func (a *Aggregation) Schema() *arrow.Schema { return a.result }

// PartialSchema is that of partial results: keys, then the states of the calls.
func (a *Aggregation) PartialSchema() *arrow.Schema { return a.partial }

// NumKeys is the number of key columns, the first ones of both schemas.
func (a *Aggregation) NumKeys() int { return len(a.keys) }

// String returns keys and calls, as explain shows them.
func (a *Aggregation) String() string {
	return fmt.Sprintf("(keys=%s, functions=%s)", exprs(a.keys), exprs(a.aggs))
}

func exprs(list []expr.Expr) string {
	s := "["
	for i, e := range list {
		if i > 0 {
			s += ", "
		}
		s += expr.Unalias(e).String()
	}
	return s + "]"
}

// compile prepares keys and arguments for one task.
func (a *Aggregation) compile() (*kernel.List, error) {
	list := append([]expr.Expr(nil), a.keys...)
	for _, c := range a.calls {
		list = append(list, c.Args...)
	}
	return kernel.CompileList(list)
}

// newGroups returns empty groups.
func (a *Aggregation) newGroups() (*groups, error) {
	table, err := NewGroupTable(a.keyTypes)
	if err != nil {
		return nil, err
	}
	g := &groups{agg: a, table: table}
	for _, c := range a.calls {
		acc, err := NewAccumulator(c, a.ansi, a.retract)
		if err != nil {
			return nil, err
		}
		g.accs = append(g.accs, acc)
	}
	if a.retract {
		g.rows = &count{}
		g.rows.storage = storage{&g.rows.n}
		g.accs = append(g.accs, g.rows)
	}
	g.grow()
	return g, nil
}
