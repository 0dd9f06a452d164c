package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// fold computes what does not depend on rows: the largest parts of expressions
// that have no column. Volatile functions and those of users wait until they
// run, and so does what fails.
func fold(n plan.Node, opt Options) plan.Node {
	if opt.Fold == nil {
		return n
	}
	return values(n, func(e expr.Expr) expr.Expr { return foldExpr(e, opt) })
}

func foldExpr(e expr.Expr, opt Options) expr.Expr {
	switch e.(type) {
	case *expr.Literal, *expr.Ref:
		return e
	case *expr.Call, *expr.Cast, *expr.Field:
		if !constant(e) || nested(e.Type()) {
			break
		}
		if l, err := opt.Fold(e); err == nil && types.Equal(l.T, e.Type()) {
			return l
		}
	}
	children := changed(e.Children(), func(c expr.Expr) expr.Expr { return foldExpr(c, opt) })
	if children == nil {
		return e
	}
	if n, ok := rebuild(e, children); ok && types.Equal(n.Type(), e.Type()) {
		return n
	}
	return e
}

// nested tells whether a type has no literals but NULL.
func nested(t types.Type) bool {
	switch t.(type) {
	case types.Array, types.Map, types.Struct:
		return true
	}
	return false
}

// constant tells whether e can be computed once and for all.
func constant(e expr.Expr) bool {
	ok := true
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Ref:
			ok = false
		case *expr.Call:
			fn := e.Function()
			ok = ok && fn != nil && !e.Volatile() && fn.UDF == nil && fn.Kind != expr.Aggregate
		}
		return ok
	})
	return ok
}
