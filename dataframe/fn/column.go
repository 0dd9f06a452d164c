package fn

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
)

// Column is an expression over the columns of a dataframe.
type Column = dataframe.Column

func call(name string, args ...any) Column { return dataframe.Call(name, args...) }

func columns(list []Column) []any {
	out := make([]any, len(list))
	for i, c := range list {
		out[i] = c
	}
	return out
}

// Col returns a column by its name. An unquoted dot takes a field: "data.query".
// A name that holds a dot itself stands in backquotes: "`id.orig_h`". "*" stands
// for all columns, "data.*" for all fields of a struct.
func Col(name string) Column {
	if name == "*" {
		return dataframe.NewColumn(&expr.Star{})
	}
	owner, all := strings.CutSuffix(name, ".*")
	n, err := expr.ParseName(owner)
	if err != nil {
		return dataframe.BadColumn("Col", err)
	}
	if all {
		return dataframe.NewColumn(&expr.Star{Target: n.Parts})
	}
	return dataframe.NewColumn(n)
}

// Lit returns a literal: a number, a string, a bool, []byte, time.Time, a date
// (types.Day), or nil for NULL. A Column is returned as it is.
func Lit(v any) Column { return dataframe.Lit(v) }

// Expr reads a column from SQL: "price * 2 AS double".
func Expr(text string) Column {
	e, err := sql.ParseExpr(text)
	if err != nil {
		return dataframe.BadColumn("Expr", err)
	}
	return dataframe.NewColumn(e)
}

// Call is the call of any function of the catalogue, or of a user-defined one,
// by its name in SQL.
func Call(name string, args ...any) Column { return call(name, args...) }

// When begins a case: value where cond is true. Go on with When and Otherwise
// of the column; without an Otherwise the rest is null.
func When(cond Column, value any) Column { return call("when", cond, value) }

// Struct is a struct of the columns, whose names are those of its fields.
func Struct(fields ...Column) Column { return call("struct", columns(fields)...) }

// CountStar is the number of rows.
func CountStar() Column { return call("count") }

// CountDistinct is the number of different rows of values in which none is null.
func CountDistinct(values ...Column) Column { return distinct("count", values...) }

// SumDistinct is the sum of the different values.
func SumDistinct(x Column) Column { return distinct("sum", x) }

func distinct(name string, args ...Column) Column {
	c := expr.NewCall(name)
	c.Distinct = true
	for _, a := range args {
		e, err := a.Expr()
		if err != nil {
			return dataframe.BadColumn(fmt.Sprintf("%s(DISTINCT)", name), err)
		}
		c.Args = append(c.Args, e)
	}
	return dataframe.NewColumn(c)
}
