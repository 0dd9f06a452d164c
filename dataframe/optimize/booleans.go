package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// simplifyBooleans removes what logic does not need. A condition of a filter is
// simplified further, since there null is as good as false; one that is always
// true is no filter.
func simplifyBooleans(n plan.Node, _ Options) plan.Node {
	n = values(n, func(e expr.Expr) expr.Expr {
		out, _ := rewrite(e, simplify)
		return out
	})
	f, ok := n.(*plan.Filter)
	if !ok {
		return n
	}
	cond := condition(f.Cond)
	if value, ok := truth(cond); ok && value {
		return f.Input
	}
	if cond == f.Cond {
		return f
	}
	return &plan.Filter{Input: f.Input, Cond: cond}
}

// simplify returns an expression of the same value, null included.
func simplify(e expr.Expr) expr.Expr {
	c, ok := e.(*expr.Call)
	if !ok {
		return e
	}
	switch c.Name {
	case "not":
		if inner, ok := call(c.Args[0], "not"); ok {
			return inner[0]
		}
		if value, ok := truth(c.Args[0]); ok {
			return boolean(!value)
		}
	case "and":
		return absorb(c, false)
	case "or":
		return absorb(c, true)
	case "=", "!=":
		for i := range 2 {
			if value, ok := truth(c.Args[i]); ok && value == (c.Name == "=") {
				return c.Args[1-i]
			}
		}
	}
	return e
}

// absorb simplifies and (strong: false) or or (strong: true) with a constant:
// the strong one decides, the other one does not matter.
func absorb(c *expr.Call, strong bool) expr.Expr {
	for i := range 2 {
		value, ok := truth(c.Args[i])
		if !ok {
			continue
		}
		if value == strong {
			return boolean(strong)
		}
		return c.Args[1-i]
	}
	return c
}

// condition simplifies what only needs to be true for the same rows.
func condition(e expr.Expr) expr.Expr {
	c, ok := e.(*expr.Call)
	if !ok {
		return e
	}
	switch c.Name {
	case "and", "or":
		left, right := condition(c.Args[0]), condition(c.Args[1])
		if left == c.Args[0] && right == c.Args[1] {
			return e
		}
		if n, err := expr.BindCall(expr.NewCall(c.Name, left, right)); err == nil {
			return n
		}
	case "<=>":
		for i := range 2 {
			if value, ok := truth(c.Args[i]); ok && value {
				return condition(c.Args[1-i])
			}
		}
	case "coalesce", "nvl":
		if value, ok := truth(c.Args[len(c.Args)-1]); ok && !value && len(c.Args) == 2 {
			return condition(c.Args[0])
		}
	}
	return e
}

func boolean(v bool) *expr.Literal {
	l, err := expr.NewLiteral(v)
	if err != nil {
		panic(err) // a bool has a literal
	}
	return l
}
