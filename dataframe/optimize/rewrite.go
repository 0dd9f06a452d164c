package optimize

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// rewrite rebuilds an expression from the leaves up. Every call keeps its type:
// a node that could not be built over its new children is left as it was, and ok
// is false. What did not change is handed on as it is.
func rewrite(e expr.Expr, f func(expr.Expr) expr.Expr) (out expr.Expr, ok bool) {
	ok = true
	children := changed(e.Children(), func(c expr.Expr) expr.Expr {
		n, fine := rewrite(c, f)
		ok = ok && fine
		return n
	})
	if children != nil {
		if n, fine := rebuild(e, children); fine {
			e = n
		} else {
			ok = false
		}
	}
	return f(e), ok
}

// changed is expr.Changed for what cannot fail.
func changed[T comparable](old []T, f func(T) T) []T {
	list, _ := expr.Changed(old, func(c T) (T, error) { return f(c), nil })
	return list
}

// onto puts a node with one input over another input, and changes its
// expressions by f.
func onto(n, in plan.Node, f func(expr.Expr) expr.Expr) plan.Node {
	if in == n.Children()[0] {
		return n
	}
	old := n.Exprs() // which may look at the input
	n = n.WithChildren([]plan.Node{in})
	if len(old) == 0 {
		return n
	}
	list := make([]expr.Expr, len(old))
	for i, e := range old {
		list[i] = f(e)
	}
	return n.WithExprs(list)
}

// rebuild gives e other children of the same types. It fails where a function
// looks at more than the types of its arguments and would take these otherwise.
func rebuild(e expr.Expr, children []expr.Expr) (expr.Expr, bool) {
	c, ok := e.(*expr.Call)
	if !ok {
		return e.WithChildren(children), true
	}
	if c.Name == "struct" { // names its fields after its arguments
		for i, f := range c.Type().(types.Struct).Fields {
			if children[i] != c.Args[i] {
				children[i] = expr.As(children[i], f.Name)
			}
		}
	}
	n, err := expr.Rebind(c.WithChildren(children).(*expr.Call), c.Type(), c.Nullable())
	return n, err == nil
}

// substitute puts the expressions of a list in the place of the references to
// its columns.
func substitute(e expr.Expr, list []expr.Expr) (expr.Expr, bool) {
	return rewrite(e, func(e expr.Expr) expr.Expr {
		if r, ok := e.(*expr.Ref); ok {
			return expr.Unalias(list[r.Index])
		}
		return e
	})
}

// renumber points the references of e to where their columns went.
func renumber(e expr.Expr, to []int) expr.Expr {
	out, _ := rewrite(e, func(e expr.Expr) expr.Expr {
		r, ok := e.(*expr.Ref)
		if !ok || to[r.Index] == r.Index {
			return e
		}
		n := *r
		n.Index = to[r.Index]
		return &n
	})
	return out
}

// named gives e the name unless it has it.
func named(e expr.Expr, name string) expr.Expr {
	if expr.OutputName(e) == name {
		return e
	}
	return expr.As(e, name)
}

// values rewrites the values that a node computes, but for the keys of groups and
// joins, by which state is found again. An output column whose type or nullability would
// change is left as it was.
func values(n plan.Node, f func(expr.Expr) expr.Expr) plan.Node {
	keys := 0
	output := false
	switch n := n.(type) {
	case *plan.Aggregate:
		keys, output = len(n.Keys), true
	case *plan.Project:
		output = true
	case *plan.Join:
		keys = 2 * len(n.LeftKeys)
	}
	var changed []expr.Expr
	old := n.Exprs()
	for i, e := range old {
		if i < keys {
			continue
		}
		to := f(e)
		if to == e {
			continue
		}
		if output {
			to = named(to, expr.OutputName(e))
			if !types.Equal(to.Type(), e.Type()) || to.Nullable() != e.Nullable() {
				continue
			}
		}
		if changed == nil {
			changed = append([]expr.Expr(nil), old...)
		}
		changed[i] = to
	}
	if changed == nil {
		return n
	}
	return n.WithExprs(changed)
}

// everywhere makes a rule of what is done to one node, inputs first.
func everywhere(f func(plan.Node, Options) plan.Node) func(plan.Node, Options) (plan.Node, error) {
	return func(n plan.Node, opt Options) (plan.Node, error) {
		return plan.Transform(n, func(n plan.Node) (plan.Node, error) { return f(n, opt), nil })
	}
}
