package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// conditionalFunctions choose among values. Each computes only what it needs:
// an untaken branch raises no error.
func conditionalFunctions() []*Function {
	return []*Function{
		{Name: "when", Family: "conditional", Nulls: NullCase, Bind: bindCase, Format: formatCase,
			Usage:   "CASE WHEN condition THEN value ... [ELSE value] END",
			Doc:     "The value of the first condition that is true, else the last one, else null.",
			Example: "when(1 > 2, 'a', true, 'b') = 'b'"},
		{Name: "if", Aliases: []string{"iff"}, Family: "conditional", Nulls: NullCase, Bind: bindIf,
			Format: func(a []string) string { return "(IF(" + strings.Join(a, ", ") + "))" },
			Usage:  "if(condition, a, b)", Doc: "a where the condition is true, else b.", Example: "if(1 < 2, 'a', 'b') = 'a'"},
		{Name: "coalesce", Family: "conditional", Nulls: NullIfAll, Bind: alike(1, -1, nil),
			Usage: "coalesce(a, ...)", Doc: "The first argument that is not null, else null.", Example: "coalesce(NULL, 1, 2) = 1"},
		{Name: "nvl", Aliases: []string{"ifnull"}, Family: "conditional", Nulls: NullIfAll, Bind: alike(2, 2, nil),
			Usage: "nvl(a, b)", Doc: "a, or b where a is null.", Example: "nvl(NULL, 'b') = 'b'"},
		{Name: "nvl2", Family: "conditional", Nulls: NullRest, Bind: bindNvl2,
			Usage: "nvl2(a, b, c)", Doc: "b where a is not null, else c.", Example: "nvl2(NULL, 2, 1) = 1"},
		{Name: "nullif", Family: "conditional", Nulls: NullMaybe, Bind: ordered(alike(2, 2, nil)),
			Usage: "nullif(a, b)", Doc: "a, or null where it equals b.", Example: "nullif(2, 2) = NULL"},
	}
}

// bindCase takes conditions and values in turn, and perhaps one value more.
func bindCase(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, -1); err != nil {
		return nil, nil, err
	}
	var values []Expr
	for i, a := range args {
		if i%2 == 1 || i == len(args)-1 {
			values = append(values, a)
			continue
		}
		if !Implicit(a.Type(), types.Boolean) {
			return nil, nil, mismatch("a condition must be a boolean, but %s is %s", a, article(a.Type().Name()))
		}
	}
	common, err := commonType(values)
	if err != nil {
		return nil, nil, err
	}
	want := make([]types.Type, len(args))
	for i := range want {
		if want[i] = types.Boolean; i%2 == 1 || i == len(args)-1 {
			want[i] = common
		}
	}
	return want, common, nil
}

func bindIf(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 3, 3); err != nil {
		return nil, nil, err
	}
	return bindCase(args)
}

func bindNvl2(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 3, 3); err != nil {
		return nil, nil, err
	}
	common, err := commonType(args[1:])
	if err != nil {
		return nil, nil, err
	}
	return []types.Type{args[0].Type(), common, common}, common, nil
}

// bindNullIf binds a nullif of two types: they are compared as their common
// type, but the result is the first argument as it is.
func bindNullIf(c *Call) (Expr, error) {
	same, err := BindCall(&Call{Name: "=", Args: []Expr{c.Args[0], c.Args[1]}, Pos: c.Pos})
	if err != nil {
		return nil, err
	}
	null := &Literal{nil, c.Args[0].Type()}
	e, err := BindCall(&Call{Name: "if", Args: []Expr{same, null, c.Args[0]}, Pos: c.Pos})
	if out, ok := e.(*Call); ok {
		out.shown = "nullif(" + Title(c.Args[0]) + ", " + Title(c.Args[1]) + ")"
	}
	return e, err
}

func formatCase(a []string) string {
	var b strings.Builder
	b.WriteString("CASE")
	for i := 0; i+1 < len(a); i += 2 {
		b.WriteString(" WHEN " + a[i] + " THEN " + a[i+1])
	}
	if len(a)%2 == 1 {
		b.WriteString(" ELSE " + a[len(a)-1])
	}
	return b.String() + " END"
}
