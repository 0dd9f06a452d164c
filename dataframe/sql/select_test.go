package sql

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// tables is a catalogue of tables by lower-case name.
type tables map[string]string

var known = tables{
	"dns":   "ts TIMESTAMP, `id.orig_h` STRING, query STRING, qtype STRING, bytes BIGINT, data STRUCT<a: INT, b: STRING>, m MAP<STRING, INT>, tags ARRAY<STRING>",
	"conn":  "ts TIMESTAMP, uid STRING, bytes BIGINT, packets INT",
	"twice": "a INT, A STRING",
}

func (t tables) Table(name string) (plan.Node, bool) {
	ddl, ok := t[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		panic(err)
	}
	return plan.NewTable(strings.ToLower(name), schema), true
}

func (t tables) Names() []string {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestSelect shows the plans that queries become.
func TestSelect(t *testing.T) { datadriven.RunTest(t, "testdata/select.txt", runCase) }

// TestJoins shows the plans of joins.
func TestJoins(t *testing.T) { datadriven.RunTest(t, "testdata/joins.txt", runCase) }

// TestErrors shows what people read who make a mistake.
func TestErrors(t *testing.T) { datadriven.RunTest(t, "testdata/errors.txt", runCase) }

func runCase(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "expr":
		e, err := ParseExpr(d.Input)
		if err != nil {
			return err.Error()
		}
		return tree(e)
	case "filter":
		node, _ := known.Table("dns")
		e, err := ParseExpr(d.Input)
		if err == nil {
			node, err = plan.NewFilter(node, e)
		}
		if err != nil {
			return Place(d.Input, err).Error()
		}
		return plan.Format(node)
	case "schema":
		node, err := Query(d.Input, known)
		if err != nil {
			return err.Error()
		}
		return node.Schema().DDL()
	}
	node, err := Query(d.Input, known)
	if err != nil {
		return err.Error()
	}
	checkBound(t, d, node)
	return plan.Format(node)
}

// checkBound sees to it that a plan holds nothing of the binder's own.
func checkBound(t *testing.T, d *datadriven.TestData, node plan.Node) {
	plan.Walk(node, func(n plan.Node) bool {
		for i, e := range n.Exprs() {
			expr.Walk(e, func(e expr.Expr) bool {
				_, isSlot := e.(*slot)
				if isSlot || !expr.Bound(e) {
					t.Errorf("%s: %s holds %T %s, which is not bound", d.Pos, n, e, e)
				}
				if r, ok := e.(*expr.Ref); ok {
					in := inputOf(n, i)
					if r.Index >= in.Len() || in.Field(r.Index).Name != r.Name || !types.Equal(in.Field(r.Index).Type, r.T) {
						t.Errorf("%s: %s refers to column %d, %s %s, of %s", d.Pos, n, r.Index, r.Name, r.T.Name(), in)
					}
				}
				return true
			})
		}
		return true
	})
}

// inputOf is the schema that expression i of a node is bound over.
func inputOf(n plan.Node, i int) *types.Schema {
	if j, ok := n.(*plan.Join); ok {
		switch k := len(j.LeftKeys); {
		case i >= 2*k:
			return j.Pairs()
		case i >= k:
			return j.Right.Schema()
		}
	}
	return n.Children()[0].Schema()
}

// TestOperatorsAreKnown: what the parser makes calls of is in the catalogue.
func TestOperatorsAreKnown(t *testing.T) {
	names := []string{"not", "negative", "positive", "~", "between", "in", "like", "ilike", "rlike", "isnull", "isnotnull", "when",
		"extract", "substring", "trim", "ltrim", "rtrim", "position", "current_date", "current_timestamp", "count"}
	for _, op := range infixes {
		if op.name != "" {
			names = append(names, op.name)
		}
	}
	for _, name := range names {
		if _, ok := expr.Lookup(name); !ok {
			t.Errorf("the catalogue has no %s", name)
		}
	}
}

// TestOneRow: a query without FROM reads one row, which has no columns.
func TestOneRow(t *testing.T) {
	r, err := ipc.NewReader(bytes.NewReader(oneRow().(*plan.Local).IPC))
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	if r.Err() != nil || rows != 1 || r.Schema().NumFields() != 0 {
		t.Errorf("%d rows, %d columns, %v", rows, r.Schema().NumFields(), r.Err())
	}
}
