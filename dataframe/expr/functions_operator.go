package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// operatorFunctions are the operators of SQL and of Column.
func operatorFunctions() []*Function {
	var all []*Function
	for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
		all = append(all, &Function{Name: op, Family: "operator", Bind: alike(2, 2, types.Boolean), Format: infix(op),
			Usage: "a " + op + " b", Doc: "Compares two values of one type."})
	}
	all[0].Aliases = []string{"=="}
	all[1].Aliases = []string{"<>"}
	return append(all,
		&Function{Name: "<=>", Family: "operator", Nulls: NullNever, Bind: alike(2, 2, types.Boolean), Format: infix("<=>"),
			Usage: "a <=> b", Doc: "Equality in which null equals null; never null."},
		&Function{Name: "and", Family: "operator", Nulls: NullIfAny, Bind: fixed(types.Boolean, types.Boolean, types.Boolean), Format: infix("AND"),
			Usage: "a AND b", Doc: "False where either is false, else null where either is null."},
		&Function{Name: "or", Family: "operator", Nulls: NullIfAny, Bind: fixed(types.Boolean, types.Boolean, types.Boolean), Format: infix("OR"),
			Usage: "a OR b", Doc: "True where either is true, else null where either is null."},
		&Function{Name: "not", Aliases: []string{"!"}, Family: "operator", Bind: fixed(types.Boolean, types.Boolean),
			Format: func(a []string) string { return "(NOT " + a[0] + ")" }, Usage: "NOT a", Doc: "True for false and the other way round."},
		&Function{Name: "isnull", Family: "operator", Nulls: NullNever, Bind: anyOne(types.Boolean),
			Format: func(a []string) string { return "(" + a[0] + " IS NULL)" }, Usage: "a IS NULL", Doc: "True where the value is null; never null."},
		&Function{Name: "isnotnull", Family: "operator", Nulls: NullNever, Bind: anyOne(types.Boolean),
			Format: func(a []string) string { return "(" + a[0] + " IS NOT NULL)" }, Usage: "a IS NOT NULL", Doc: "True where the value is not null; never null."},
	)
}

func infix(op string) func([]string) string {
	return func(a []string) string { return "(" + strings.Join(a, " "+op+" ") + ")" }
}

// anyOne takes one argument of any type.
func anyOne(result types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1, 1); err != nil {
			return nil, nil, err
		}
		return []types.Type{args[0].Type()}, result, nil
	}
}
