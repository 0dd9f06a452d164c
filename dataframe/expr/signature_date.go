package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// dateFields are the fields that date_part knows, by all their names.
var dateFields = map[string]string{
	"YEAR": "YEAR", "Y": "YEAR", "YEARS": "YEAR", "YR": "YEAR", "YRS": "YEAR", "YEAROFWEEK": "YEAROFWEEK",
	"QUARTER": "QUARTER", "QTR": "QUARTER", "MONTH": "MONTH", "MON": "MONTH", "MONS": "MONTH", "MONTHS": "MONTH",
	"WEEK": "WEEK", "W": "WEEK", "WEEKS": "WEEK", "DAY": "DAY", "D": "DAY", "DAYS": "DAY",
	"DAYOFWEEK": "DAYOFWEEK", "DOW": "DAYOFWEEK", "DAYOFWEEK_ISO": "DAYOFWEEK_ISO", "DOW_ISO": "DAYOFWEEK_ISO", "DOY": "DOY",
	"HOUR": "HOUR", "H": "HOUR", "HOURS": "HOUR", "HR": "HOUR", "HRS": "HOUR",
	"MINUTE": "MINUTE", "M": "MINUTE", "MIN": "MINUTE", "MINS": "MINUTE", "MINUTES": "MINUTE",
	"SECOND": "SECOND", "S": "SECOND", "SEC": "SECOND", "SECONDS": "SECOND", "SECS": "SECOND",
}

// DateField returns the field that date_part means by any of its names, in any
// case: YEAR, QUARTER, DOY and so on.
func DateField(name string) (string, bool) {
	f, ok := dateFields[strings.ToUpper(name)]
	return f, ok
}

// datePartArgs are a constant field and a date or time; seconds have a fraction.
func datePartArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	name, ok := ConstantText(args[0])
	if !ok {
		return nil, nil, mismatch("argument 1 must be a constant field, but is %s", args[0])
	}
	field, ok := DateField(name)
	if !ok {
		fix := strings.TrimPrefix(types.DidYouMean(strings.ToUpper(name), slices.Sorted(maps.Keys(dateFields))), "; ")
		return nil, nil, &Error{Msg: "no field " + quoted(name), Fix: fix, Err: ErrType}
	}
	want := []types.Type{types.String, types.Date}
	switch field {
	case "HOUR", "MINUTE":
		want[1] = types.Timestamp
	case "SECOND":
		want[1] = types.Timestamp
		return want, types.Decimal{Precision: 8, Scale: 6}, accepts(args, want)
	}
	return want, types.Int, accepts(args, want)
}

// unixTimestampArgs are nothing, a date or time, or a text and its format.
func unixTimestampArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 0, 2); err != nil {
		return nil, nil, err
	}
	want := []types.Type{types.String, types.String}[:len(args)]
	if len(args) > 0 && isTime(args[0].Type()) {
		want[0] = types.Timestamp
	}
	return want, types.Long, accepts(args, want)
}

// secondsType keeps decimals, and turns other numbers into a bigint or a double.
func secondsType(t types.Type, _ []Expr) (types.Type, types.Type, error) {
	switch {
	case isDecimal(t):
		return t, types.Timestamp, nil
	case IsIntegral(t):
		return types.Long, types.Timestamp, nil
	}
	return types.Double, types.Timestamp, nil
}

func makeTimestampArgs(args []Expr) ([]types.Type, types.Type, error) {
	i := types.Int
	return optional(1, types.Timestamp, i, i, i, i, i, types.Decimal{Precision: 16, Scale: 6}, types.String)(args)
}

// timeOf takes text and a format, or anything that can be cast to t.
func timeOf(t types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1, 2); err != nil {
			return nil, nil, err
		}
		if len(args) == 2 && !isTime(args[0].Type()) {
			return fixed(t, types.String, types.String)(args)
		}
		want, _, err := castTo(t)(args)
		return append(want, types.String)[:len(args)], t, err
	}
}

// tryTimeOf is timeOf for a function that casts its argument by itself.
func tryTimeOf(t types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		want, _, err := timeOf(t)(args)
		if err == nil && want[0] == t {
			want[0] = args[0].Type()
		}
		return want, t, err
	}
}
