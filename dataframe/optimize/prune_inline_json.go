package optimize

import "github.com/riffledata/riffle/dataframe/expr"

// inlined is a call of from_json of which a projection takes fields directly.
type inlined struct {
	call expr.Expr
	parts
}

// inlineJSON narrows the calls of from_json of which a list takes fields
// directly, equal ones alike: computed once, they serve all.
func inlineJSON(list []expr.Expr) []expr.Expr {
	var all []*inlined
	for _, e := range list {
		all = inlineCalls(e, all)
	}
	if len(all) == 0 {
		return list
	}
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		to, _ := rewrite(e, func(e expr.Expr) expr.Expr { return narrowField(e, all) })
		out[i] = named(to, expr.OutputName(e))
		if to == e {
			out[i] = e
		}
	}
	return out
}

func inlineCalls(e expr.Expr, all []*inlined) []*inlined {
	if f, ok := e.(*expr.Field); ok {
		if c, ok := f.Child.(*expr.Call); ok && c.Name == "from_json" {
			in, all := inlinedCall(c, all)
			in.field(f.Index)
			return inlineCalls(c.Args[0], all)
		}
	}
	if c, ok := e.(*expr.Call); ok && c.Name == "from_json" {
		var in *inlined
		in, all = inlinedCall(c, all)
		in.whole = true
	}
	for _, c := range e.Children() {
		all = inlineCalls(c, all)
	}
	return all
}

func inlinedCall(c *expr.Call, all []*inlined) (*inlined, []*inlined) {
	for _, in := range all {
		if expr.Equal(in.call, c) {
			return in, all
		}
	}
	in := &inlined{call: c}
	return in, append(all, in)
}

func narrowField(e expr.Expr, all []*inlined) expr.Expr {
	f, ok := e.(*expr.Field)
	if !ok {
		return e
	}
	for _, in := range all {
		if !expr.Equal(in.call, f.Child) {
			continue
		}
		if call, l := lessJSON(f.Child, in.parts); l != nil {
			return &expr.Field{Child: call, Index: l.to[f.Index]}
		}
	}
	return e
}
