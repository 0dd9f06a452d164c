package dataframe

import (
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

// DataFrame is a table that is yet to be computed: a checked plan in a session.
// It is immutable and safe for concurrent use.
type DataFrame struct {
	session *Session
	node    plan.Node
	err     error
}

// Err returns the first mistake made in building the dataframe, or nil.
func (d *DataFrame) Err() error { return d.err }

// Schema returns the columns; nil after a mistake.
func (d *DataFrame) Schema() *types.Schema {
	if d.err != nil {
		return nil
	}
	return d.node.Schema()
}

// Columns returns the names of the columns; nil after a mistake.
func (d *DataFrame) Columns() []string {
	if d.err != nil {
		return nil
	}
	return d.node.Schema().Names()
}

// IsStreaming tells whether the dataframe reads a stream.
func (d *DataFrame) IsStreaming() bool { return d.err == nil && plan.Streaming(d.node) }

// Col returns a column by name, as fn.Col does, but checks it at once.
func (d *DataFrame) Col(name string) Column {
	if d.err != nil {
		return Column{err: d.err}
	}
	n, err := expr.ParseName(name)
	if err == nil {
		_, err = plan.ScopeOf(d.node).Bind(n)
	}
	if err != nil {
		return BadColumn("Col", err)
	}
	return Column{e: n}
}

// then returns the dataframe that a step makes, or the mistake.
func (d *DataFrame) then(op string, step func() (plan.Node, error)) *DataFrame {
	if d.err != nil {
		return d
	}
	node, err := step()
	if err != nil {
		return &DataFrame{d.session, nil, at(op, err)}
	}
	return &DataFrame{d.session, node, nil}
}

// Select computes columns. Stars stand for all columns (fn.Col("*")) or for the
// fields of a struct (fn.Col("data.*")). Columns that call aggregates make one
// row of all rows.
func (d *DataFrame) Select(cols ...Column) *DataFrame {
	return d.then("Select", func() (plan.Node, error) {
		list, err := exprsOf(cols)
		if err != nil {
			return nil, err
		}
		return plan.NewProject(d.node, list)
	})
}

// SelectExpr is Select of SQL expressions: SelectExpr("a + 1 AS b", "upper(c)").
func (d *DataFrame) SelectExpr(texts ...string) *DataFrame {
	return d.then("SelectExpr", func() (plan.Node, error) {
		var list []expr.Expr
		for _, text := range texts {
			e, err := sql.ParseExpr(text)
			if err != nil {
				return nil, err
			}
			bound, err := plan.ScopeOf(d.node).BindList([]expr.Expr{e})
			if err != nil {
				return nil, sql.Place(text, err)
			}
			list = append(list, bound...)
		}
		return plan.NewProject(d.node, list)
	})
}

// Filter keeps the rows for which a condition is true. The condition is a
// Column or SQL text.
func (d *DataFrame) Filter(cond any) *DataFrame { return d.filter("Filter", cond) }

// Where is Filter.
func (d *DataFrame) Where(cond any) *DataFrame { return d.filter("Where", cond) }

func (d *DataFrame) filter(op string, cond any) *DataFrame {
	return d.then(op, func() (plan.Node, error) {
		e, err := d.condition(cond)
		if err != nil {
			return nil, err
		}
		node, err := plan.NewFilter(d.node, e)
		if text, ok := cond.(string); ok && err != nil {
			err = sql.Place(text, err)
		}
		return node, err
	})
}

func (d *DataFrame) condition(cond any) (expr.Expr, error) {
	switch c := cond.(type) {
	case Column:
		return c.Expr()
	case string:
		return sql.ParseExpr(c)
	}
	return nil, fmt.Errorf("a condition is a Column or SQL text, not %T", cond)
}

// WithColumn adds a column, or replaces the one of that name.
func (d *DataFrame) WithColumn(name string, c Column) *DataFrame {
	return d.then("WithColumn", func() (plan.Node, error) {
		e, err := c.Expr()
		if err != nil {
			return nil, err
		}
		list, replaced := d.all(), false
		for i, f := range d.node.Schema().Fields() {
			if strings.EqualFold(f.Name, name) {
				list[i], replaced = expr.As(e, name), true
			}
		}
		if !replaced {
			list = append(list, expr.As(e, name))
		}
		return plan.NewProject(d.node, list)
	})
}

// WithColumnRenamed renames a column. Where there is none of that name, nothing
// changes, as in Spark.
func (d *DataFrame) WithColumnRenamed(old, name string) *DataFrame {
	return d.then("WithColumnRenamed", func() (plan.Node, error) {
		list, found := d.all(), false
		for i, f := range d.node.Schema().Fields() {
			if strings.EqualFold(f.Name, old) {
				list[i], found = expr.As(list[i], name), true
			}
		}
		if !found {
			return d.node, nil
		}
		return plan.ProjectOf(d.node, list), nil
	})
}

// Drop leaves out columns by name. A name that is not there is not missed, as
// in Spark.
func (d *DataFrame) Drop(names ...string) *DataFrame {
	return d.then("Drop", func() (plan.Node, error) {
		var keep []int
		for i, f := range d.node.Schema().Fields() {
			if !containsFold(names, f.Name) {
				keep = append(keep, i)
			}
		}
		if len(keep) == d.node.Schema().Len() {
			return d.node, nil
		}
		return plan.Keep(d.node, keep), nil
	})
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// Alias gives the dataframe a name, by which its columns can be told from
// others of the same names: fn.Col("t.a").
func (d *DataFrame) Alias(name string) *DataFrame {
	return d.then("Alias", func() (plan.Node, error) { return &plan.Alias{Input: d.node, Name: name}, nil })
}

// OrderBy sorts by columns; one without Asc or Desc sorts upwards, nulls first.
func (d *DataFrame) OrderBy(cols ...Column) *DataFrame { return d.sort("OrderBy", cols) }

// Sort is OrderBy.
func (d *DataFrame) Sort(cols ...Column) *DataFrame { return d.sort("Sort", cols) }

func (d *DataFrame) sort(op string, cols []Column) *DataFrame {
	return d.then(op, func() (plan.Node, error) {
		keys, err := exprsOf(cols)
		if err != nil {
			return nil, err
		}
		if len(keys) == 0 {
			return nil, errors.New("sorting needs at least one column")
		}
		return plan.NewSort(d.node, keys)
	})
}

// Limit keeps the first n rows. Of a stream in output mode append they are the first
// that it gives while the query lives, across restarts, in the order of its
// partitions within a micro-batch: the query goes on and gives no more. Rows that may
// be taken back have no first ones: a limit of them is refused, but for one of the
// whole result in mode complete, and so is any limit in mode update.
func (d *DataFrame) Limit(n int) *DataFrame { return d.limit("Limit", n) }

func (d *DataFrame) limit(op string, n int) *DataFrame {
	return d.then(op, func() (plan.Node, error) {
		if n < 0 {
			return nil, fmt.Errorf("a limit of %d rows; give a number of at least 0", n)
		}
		return plan.NewLimit(d.node, int64(n), 0)
	})
}

// Offset leaves out the first n rows, of a stream as Limit says.
func (d *DataFrame) Offset(n int) *DataFrame {
	return d.then("Offset", func() (plan.Node, error) {
		if n < 0 {
			return nil, fmt.Errorf("an offset of %d rows; give a number of at least 0", n)
		}
		return plan.NewLimit(d.node, plan.All, int64(n))
	})
}

// Distinct keeps each row once.
func (d *DataFrame) Distinct() *DataFrame {
	return d.then("Distinct", func() (plan.Node, error) { return plan.NewDistinct(d.node) })
}

// Union has the rows of both, duplicates included, columns by position.
func (d *DataFrame) Union(o *DataFrame) *DataFrame {
	return d.with("Union", o, func() (plan.Node, error) { return plan.NewUnion(d.node, o.node) })
}

// UnionByName has the rows of both, columns by name. With allowMissing a column
// that one side lacks is null there.
func (d *DataFrame) UnionByName(o *DataFrame, allowMissing bool) *DataFrame {
	return d.with("UnionByName", o, func() (plan.Node, error) { return plan.NewUnionByName(d.node, o.node, allowMissing) })
}

var errSessions = errors.New("the two dataframes are of different sessions")

func (d *DataFrame) with(op string, o *DataFrame, step func() (plan.Node, error)) *DataFrame {
	if d.err == nil && o.err != nil {
		return o
	}
	return d.then(op, func() (plan.Node, error) {
		if d.session != o.session {
			return nil, errSessions
		}
		return step()
	})
}

// GroupBy groups rows by columns; without any, all rows are one group.
func (d *DataFrame) GroupBy(cols ...Column) *GroupedData {
	keys, err := exprsOf(cols)
	if d.err == nil && err != nil {
		return &GroupedData{&DataFrame{d.session, nil, at("GroupBy", err)}, nil}
	}
	return &GroupedData{d, keys}
}

// Agg computes aggregates over all rows.
func (d *DataFrame) Agg(cols ...Column) *DataFrame { return d.GroupBy().Agg(cols...) }

// CreateOrReplaceTempView makes the dataframe known to SQL by a name, within
// the session.
func (d *DataFrame) CreateOrReplaceTempView(name string) error {
	if d.err != nil {
		return d.err
	}
	if name == "" {
		return at("CreateOrReplaceTempView", errors.New("a view without a name; SQL finds it by one"))
	}
	d.session.setView(name, d.node)
	return nil
}

func (d *DataFrame) all() []expr.Expr {
	list := make([]expr.Expr, d.node.Schema().Len())
	for i := range list {
		list[i] = expr.RefTo(d.node.Schema(), i)
	}
	return list
}

func exprsOf(cols []Column) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(cols))
	for i, c := range cols {
		e, err := c.Expr()
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}
