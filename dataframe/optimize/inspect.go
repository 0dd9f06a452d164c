package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
)

// cheap tells whether computing e costs next to nothing: a column, a field of
// one, or a constant.
func cheap(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Ref, *expr.Literal:
		return true
	case *expr.Alias:
		return cheap(e.Child)
	case *expr.Field:
		return cheap(e.Child)
	}
	return false
}

// free tells whether e is a column as it is, or a constant.
func free(e expr.Expr) bool {
	switch expr.Unalias(e).(type) {
	case *expr.Ref, *expr.Literal:
		return true
	}
	return false
}

// count adds to uses how often e refers to each column.
func count(e expr.Expr, uses []int) {
	expr.Walk(e, func(e expr.Expr) bool {
		if r, ok := e.(*expr.Ref); ok {
			uses[r.Index]++
		}
		return true
	})
}

// refers tells whether e refers to any column, and whether all that it refers to
// are right.
func refers(e expr.Expr, right func(column int) bool) (some, all bool) {
	all = true
	expr.Walk(e, func(e expr.Expr) bool {
		if r, ok := e.(*expr.Ref); ok {
			some = true
			all = all && right(r.Index)
		}
		return true
	})
	return some, all
}

// deterministic tells whether every expression of a list is.
func deterministic(list []expr.Expr) bool {
	for _, e := range list {
		if !expr.Deterministic(e) {
			return false
		}
	}
	return true
}

// harmless are functions that fail for no value.
var harmless = map[string]bool{
	"=": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true, "<=>": true, "and": true, "or": true, "not": true,
	"isnull": true, "isnotnull": true, "isnan": true, "in": true, "between": true, "coalesce": true, "nvl": true,
	"lower": true, "upper": true, "length": true, "contains": true, "startswith": true, "endswith": true,
}

// safe tells whether e can be computed for rows that a condition before it would
// have kept away: no row makes it fail.
func safe(e expr.Expr) bool {
	ok := true
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Call:
			ok = ok && harmless[e.Name]
		case *expr.Cast:
			ok = ok && (e.Try || expr.Widens(e.Child.Type(), e.To))
		}
		return ok
	})
	return ok
}

// conjuncts returns the parts of a condition that must all be true, in order.
func conjuncts(e expr.Expr) []expr.Expr {
	if c, ok := expr.Unalias(e).(*expr.Call); ok && c.Name == "and" {
		return append(conjuncts(c.Args[0]), conjuncts(c.Args[1])...)
	}
	return []expr.Expr{e}
}

// conjunction is the inverse of conjuncts; there is at least one part.
func conjunction(parts []expr.Expr) (expr.Expr, error) {
	out := parts[0]
	for _, p := range parts[1:] {
		both, err := expr.BindCall(expr.NewCall("and", out, p))
		if err != nil {
			return nil, err
		}
		out = both
	}
	return out, nil
}

// truth tells whether e is the constant true or false.
func truth(e expr.Expr) (value, ok bool) {
	if l, is := expr.Unalias(e).(*expr.Literal); is {
		value, ok = l.Value.(bool)
	}
	return value, ok
}

// call returns the arguments of a call of the function with that name.
func call(e expr.Expr, name string) ([]expr.Expr, bool) {
	c, ok := e.(*expr.Call)
	if !ok || c.Name != name {
		return nil, false
	}
	return c.Args, true
}
