package dataframe

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// GroupedData is a dataframe with its rows grouped, waiting for aggregates.
type GroupedData struct {
	df   *DataFrame
	keys []expr.Expr
}

// Agg gives the keys and the aggregates, a row for each group.
func (g *GroupedData) Agg(cols ...Column) *DataFrame { return g.agg("Agg", cols) }

func (g *GroupedData) agg(op string, cols []Column) *DataFrame {
	return g.df.then(op, func() (plan.Node, error) {
		list, err := exprsOf(cols)
		if err != nil {
			return nil, err
		}
		return plan.NewAggregate(g.df.node, g.keys, append(append([]expr.Expr(nil), g.keys...), list...))
	})
}

// Count gives the number of rows of each group, as column count.
func (g *GroupedData) Count() *DataFrame {
	return g.agg("Count", []Column{Call("count", 1).Alias("count")})
}

// Sum gives the sums of numeric columns; of all of them where none is named.
func (g *GroupedData) Sum(cols ...string) *DataFrame { return g.numeric("Sum", "sum", cols) }

// Avg gives the means of numeric columns; of all of them where none is named.
func (g *GroupedData) Avg(cols ...string) *DataFrame { return g.numeric("Avg", "avg", cols) }

// Min gives the least values of numeric columns; of all of them where none is
// named. For other types use Agg.
func (g *GroupedData) Min(cols ...string) *DataFrame { return g.numeric("Min", "min", cols) }

// Max gives the greatest values of numeric columns; of all of them where none
// is named. For other types use Agg.
func (g *GroupedData) Max(cols ...string) *DataFrame { return g.numeric("Max", "max", cols) }

func (g *GroupedData) numeric(op, fn string, names []string) *DataFrame {
	if g.df.err != nil {
		return g.df
	}
	var cols []Column
	for _, name := range names {
		n, err := expr.ParseName(name)
		if err == nil {
			err = g.checkNumeric(n, fn)
		}
		if err != nil {
			return &DataFrame{g.df.session, nil, at(op, err)}
		}
		cols = append(cols, Call(fn, Column{e: n}))
	}
	if len(names) == 0 {
		cols = g.allNumeric(fn)
	}
	return g.agg(op, cols)
}

func (g *GroupedData) checkNumeric(n *expr.Name, fn string) error {
	e, err := plan.ScopeOf(g.df.node).Bind(n)
	if err != nil {
		return err
	}
	if expr.IsNumeric(e.Type()) {
		return nil
	}
	fix := "cast it to a number first"
	if fn == "min" || fn == "max" {
		fix = fmt.Sprintf("use Agg(fn.%s%s(...)), which takes what has an order", string(fn[0]-32), fn[1:])
	}
	return &expr.Error{Msg: fmt.Sprintf("%s is %s, not a number", n, e.Type().Name()), Fix: fix, Err: expr.ErrType}
}

// allNumeric is fn of each numeric column that is not a key.
func (g *GroupedData) allNumeric(fn string) []Column {
	scope := plan.ScopeOf(g.df.node)
	keys := map[int]bool{}
	for _, k := range g.keys {
		if b, err := scope.Bind(k); err == nil {
			if r, ok := b.(*expr.Ref); ok {
				keys[r.Index] = true
			}
		}
	}
	var cols []Column
	for i, f := range g.df.node.Schema().Fields() {
		if expr.IsNumeric(f.Type) && !keys[i] {
			cols = append(cols, Call(fn, Column{e: &expr.Name{Parts: []string{f.Name}}}))
		}
	}
	return cols
}
