package optimize

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

const (
	permissive     = "PERMISSIVE"
	defaultCorrupt = "_corrupt_record"
)

// pruneJSON makes from_json read only the fields that are taken out of its
// structs. A struct of which the whole is used anywhere keeps all.
func pruneJSON(n plan.Node, _ Options) (plan.Node, error) {
	wanted := make([]parts, n.Schema().Len())
	for i := range wanted {
		wanted[i].whole = true
	}
	out, _ := narrow(n, wanted)
	return out, nil
}

// parts says what is used of a column: the whole, or some fields of a struct.
type parts struct {
	whole  bool
	fields map[int]bool
}

func (p *parts) add(o parts) {
	p.whole = p.whole || o.whole
	for k := range o.fields {
		p.field(k)
	}
}

func (p *parts) field(k int) {
	if p.fields == nil {
		p.fields = map[int]bool{}
	}
	p.fields[k] = true
}

// use adds to wanted what e uses of the columns it refers to.
func use(e expr.Expr, wanted []parts) {
	if f, ok := e.(*expr.Field); ok {
		if r, ok := f.Child.(*expr.Ref); ok {
			wanted[r.Index].field(f.Index)
			return
		}
	}
	if r, ok := e.(*expr.Ref); ok {
		wanted[r.Index].whole = true
	}
	for _, c := range e.Children() {
		use(c, wanted)
	}
}

// reduced is a column whose struct lost fields: its type, and the new numbers of
// the fields that are left.
type reduced struct {
	t  types.Struct
	to map[int]int
}

// narrow returns n with structs that have at least the fields wanted, and for
// each column what it lost, nil for nothing.
func narrow(n plan.Node, wanted []parts) (plan.Node, []*reduced) {
	lost := make([]*reduced, len(wanted))
	switch n := n.(type) {
	case *plan.Project:
		return narrowProject(n, wanted, lost)
	case *plan.Filter, *plan.Sort, *plan.Limit, *plan.Alias:
		inner := append([]parts(nil), wanted...)
		for i := range inner {
			inner[i] = parts{}
			inner[i].add(wanted[i])
		}
		for _, e := range n.Exprs() {
			use(e, inner)
		}
		in, lost := narrow(n.Children()[0], inner)
		return adapt(n, in, lost), lost
	case *plan.Aggregate:
		inner := make([]parts, n.Input.Schema().Len())
		for _, e := range n.Exprs() {
			use(e, inner)
		}
		in, below := narrow(n.Input, inner)
		return adapt(n, in, below), lost
	}
	return narrowInputs(n), lost
}

// narrowInputs goes on below a node that uses the whole of its inputs.
func narrowInputs(n plan.Node) plan.Node {
	inputs := changed(n.Children(), func(c plan.Node) plan.Node {
		in, _ := pruneJSON(c, Options{})
		return in
	})
	if inputs == nil {
		return n
	}
	return n.WithChildren(inputs)
}

// adapt puts n over another input, whose columns lost fields.
func adapt(n, in plan.Node, lost []*reduced) plan.Node {
	return onto(n, in, func(e expr.Expr) expr.Expr { return retype(e, lost) })
}

// retype points the references and fields of e to the structs that are left.
func retype(e expr.Expr, lost []*reduced) expr.Expr {
	if f, ok := e.(*expr.Field); ok {
		if r, ok := f.Child.(*expr.Ref); ok {
			if l := lost[r.Index]; l != nil {
				return &expr.Field{Child: retype(r, lost), Index: l.to[f.Index]}
			}
			return e
		}
	}
	if r, ok := e.(*expr.Ref); ok {
		if l := lost[r.Index]; l != nil {
			n := *r
			n.T = l.t
			return &n
		}
		return e
	}
	if children := changed(e.Children(), func(c expr.Expr) expr.Expr { return retype(c, lost) }); children != nil {
		return e.WithChildren(children)
	}
	return e
}

func narrowProject(n *plan.Project, wanted []parts, lost []*reduced) (plan.Node, []*reduced) {
	inner := make([]parts, n.Input.Schema().Len())
	for i, e := range n.List {
		if r, ok := expr.Unalias(e).(*expr.Ref); ok {
			inner[r.Index].add(wanted[i])
		} else {
			use(e, inner)
		}
	}
	in, below := narrow(n.Input, inner)
	list := append([]expr.Expr(nil), n.List...)
	changed := in != n.Input
	for i, e := range n.List {
		e = retype(e, below)
		if r, ok := expr.Unalias(e).(*expr.Ref); ok {
			lost[i] = below[r.Index]
		} else if call, l := lessJSON(expr.Unalias(e), wanted[i]); l != nil {
			e, lost[i] = named(call, expr.OutputName(e)), l
		}
		list[i] = e
	}
	list = inlineJSON(list)
	for i, e := range list {
		changed = changed || e != n.List[i]
	}
	if !changed {
		return n, lost
	}
	return plan.ProjectOf(in, list), lost
}

// lessJSON returns a call of from_json with only the fields that are wanted; nil
// where e is no such call, where all are wanted, or where a flaw in one field
// shows in another place.
func lessJSON(e expr.Expr, wanted parts) (expr.Expr, *reduced) {
	c, ok := e.(*expr.Call)
	if !ok || c.Name != "from_json" || wanted.whole || len(wanted.fields) == 0 {
		return nil, nil
	}
	text, ok := expr.ConstantText(c.Args[1])
	if !ok || !independent(c) {
		return nil, nil
	}
	schema, err := types.ParseDDL(text)
	if err != nil || len(wanted.fields) >= schema.Len() {
		return nil, nil
	}
	l := &reduced{to: map[int]int{}}
	var kept []types.Field
	for i, f := range schema.Fields() {
		if at, err := schema.Index(f.Name); err != nil || at != i {
			return nil, nil
		}
		if wanted.fields[i] {
			l.to[i] = len(kept)
			kept = append(kept, f)
			l.t.Fields = append(l.t.Fields, c.Type().(types.Struct).Fields[i])
		}
	}
	args := append([]expr.Expr(nil), c.Args...)
	args[1] = &expr.Literal{Value: types.NewSchema(kept...).DDL(), T: types.String}
	n := expr.NewCall(c.Name, args...)
	n.Pos = c.Pos
	out, err := expr.Rebind(n, l.t, c.Nullable())
	if err != nil {
		return nil, nil
	}
	return out, l
}

// independent tells whether what from_json gives for one field is the same
// whatever the others are.
func independent(c *expr.Call) bool {
	corrupt := defaultCorrupt
	if len(c.Args) == 3 {
		options, err := expr.OptionsOf(c.Args[2])
		if err != nil {
			return false
		}
		for _, o := range options {
			switch strings.ToLower(strings.TrimSpace(o.Key)) {
			case "mode":
				if !strings.EqualFold(strings.TrimSpace(o.Value), permissive) {
					return false
				}
			case "columnnameofcorruptrecord":
				corrupt = o.Value
			}
		}
	}
	for _, f := range c.Type().(types.Struct).Fields {
		if strings.EqualFold(f.Name, corrupt) {
			return false
		}
	}
	return true
}
