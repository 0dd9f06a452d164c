package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// operatorFunctions are the comparisons and the logic of SQL and of Column.
func operatorFunctions() []*Function {
	compare := func(op, example string, aliases ...string) *Function {
		return &Function{Name: op, Aliases: aliases, Family: "operator", Bind: twoOrdered(types.Boolean), Format: infix(op),
			Usage: "a " + op + " b", Doc: "Compares two values of one type: NaN equals itself and is the largest number.", Example: example}
	}
	return []*Function{
		compare("=", "1 = 1 = true", "=="),
		compare("!=", "1 != 2 = true", "<>"),
		compare("<", "'a' < 'b' = true"),
		compare("<=", "2 <= 2 = true"),
		compare(">", "1 > 2 = false"),
		compare(">=", "2 >= 3 = false"),
		{Name: "<=>", Aliases: []string{"equal_null"}, Family: "operator", Nulls: NullNever, Bind: twoOrdered(types.Boolean), Format: infix("<=>"),
			Usage: "a <=> b", Doc: "Equality in which null equals null; never null.", Example: "NULL <=> NULL = true"},
		{Name: "and", Family: "operator", Nulls: NullLogic, Bind: fixed(types.Boolean, types.Boolean, types.Boolean), Format: infix("AND"),
			Usage: "a AND b", Doc: "False where either is false, else null where either is null.", Example: "false AND NULL = false"},
		{Name: "or", Family: "operator", Nulls: NullLogic, Bind: fixed(types.Boolean, types.Boolean, types.Boolean), Format: infix("OR"),
			Usage: "a OR b", Doc: "True where either is true, else null where either is null.", Example: "true OR NULL = true"},
		{Name: "not", Aliases: []string{"!"}, Family: "operator", Bind: fixed(types.Boolean, types.Boolean),
			Format: func(a []string) string { return "(NOT " + a[0] + ")" }, Usage: "NOT a", Doc: "True for false and the other way round.", Example: "NOT true = false"},
		{Name: "isnull", Family: "operator", Nulls: NullNever, Bind: anyOne(types.Boolean),
			Format: func(a []string) string { return "(" + a[0] + " IS NULL)" }, Usage: "a IS NULL", Doc: "True where the value is null; never null.", Example: "isnull(NULL) = true"},
		{Name: "isnotnull", Family: "operator", Nulls: NullNever, Bind: anyOne(types.Boolean),
			Format: func(a []string) string { return "(" + a[0] + " IS NOT NULL)" }, Usage: "a IS NOT NULL", Doc: "True where the value is not null; never null.", Example: "isnotnull(NULL) = false"},
		{Name: "isnan", Family: "operator", Nulls: NullNever, Bind: floating(types.Boolean),
			Usage: "isnan(a)", Doc: "True where the value is NaN; false for null.", Example: "isnan(1.5) = false"},
		{Name: "in", Family: "operator", Nulls: NullLogic, Bind: comparableList, Format: formatIn,
			Usage: "a IN (b, ...)", Doc: "True where the value equals one of the list, else null where it or one of the list is null.", Example: "2 IN (1, 2) = true"},
		{Name: "between", Family: "operator", Nulls: NullLogic, Bind: comparableThree,
			Usage: "a BETWEEN low AND high", Doc: "a >= low AND a <= high.", Example: "2 BETWEEN 1 AND 3 = true"},
	}
}

func infix(op string) func([]string) string {
	return func(a []string) string { return "(" + strings.Join(a, " "+op+" ") + ")" }
}

func formatIn(a []string) string { return "(" + a[0] + " IN (" + strings.Join(a[1:], ", ") + "))" }

// anyOne takes one argument of any type.
func anyOne(result types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1, 1); err != nil {
			return nil, nil, err
		}
		return []types.Type{args[0].Type()}, result, nil
	}
}

// floating takes one float or double, or what can be read as a double.
func floating(result types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if len(args) == 1 && args[0].Type() == types.Float {
			return []types.Type{types.Float}, result, nil
		}
		return fixed(result, types.Double)(args)
	}
}

// twoOrdered takes two values of one type that has an order.
func twoOrdered(result types.Type) binder { return ordered(alike(2, 2, result)) }

func comparableThree(args []Expr) ([]types.Type, types.Type, error) {
	return ordered(alike(3, 3, types.Boolean))(args)
}

func comparableList(args []Expr) ([]types.Type, types.Type, error) {
	return ordered(alike(2, -1, types.Boolean))(args)
}

// ordered refuses maps, alone or inside others: they have no order and are not
// compared.
func ordered(bind binder) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		want, result, err := bind(args)
		if err != nil {
			return nil, nil, err
		}
		if hasMap(want[0]) {
			return nil, nil, &Error{Msg: "values of type " + want[0].Name() + " cannot be compared",
				Fix: "compare single entries, map_keys(m) or map_values(m)", Err: ErrType}
		}
		return want, result, nil
	}
}

func hasMap(t types.Type) bool {
	switch t := t.(type) {
	case types.Map:
		return true
	case types.Array:
		return hasMap(t.Elem)
	case types.Struct:
		for _, f := range t.Fields {
			if hasMap(f.Type) {
				return true
			}
		}
	}
	return false
}
