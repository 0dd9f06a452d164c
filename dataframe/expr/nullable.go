package expr

import "github.com/riffledata/riffle/dataframe/types"

// NullRule says what null arguments do to the result.
type NullRule int

// The null rules.
const (
	// NullIfAny: the result is null where an argument is, and never else.
	NullIfAny NullRule = iota
	// NullMaybe: the result may be null whatever the arguments are.
	NullMaybe
	// NullNever: the result is never null.
	NullNever
	// NullIfAll: the result is null only where all arguments are (coalesce).
	NullIfAll
	// NullLogic: the result can be null only where an argument is, but need not
	// be: false AND null is false.
	NullLogic
	// NullFirst: the result is null where the first argument is, and never else
	// (concat_ws).
	NullFirst
	// NullCase: the arguments are conditions and values in turn, then perhaps one
	// value more; the result can be null where a value can, or where there is not
	// that one more (CASE).
	NullCase
	// NullRest: the result can be null where an argument after the first can (nvl2).
	NullRest
	// NullSum: NullIfAny for whole numbers and floats; decimals and times that do
	// not fit may be null besides, where ANSI mode is off.
	NullSum
)

// nullable tells whether a call of fn may be null.
func (fn *Function) nullable(args []Expr, result types.Type) bool {
	switch fn.Nulls {
	case NullNever:
		return false
	case NullMaybe:
		return true
	case NullIfAll:
		for _, a := range args {
			if !a.Nullable() {
				return false
			}
		}
		return len(args) > 0
	case NullFirst:
		return args[0].Nullable()
	case NullRest:
		return anyNullable(args[1:])
	case NullCase:
		return nullableCase(args)
	case NullSum:
		return anyNullable(args) || !IsNumeric(result) || isDecimal(result)
	}
	return anyNullable(args)
}

func nullableCase(args []Expr) bool {
	for i := 1; i < len(args); i += 2 {
		if args[i].Nullable() {
			return true
		}
	}
	return len(args)%2 == 0 || args[len(args)-1].Nullable()
}
