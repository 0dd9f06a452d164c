package expr

import (
	"github.com/riffledata/riffle/dataframe/types"
)

// arithmeticFunctions compute with numbers, dates and spans of time, as Spark's
// ANSI mode does: what does not fit is an error, or null in the try_ functions.
func arithmeticFunctions() []*Function {
	op := func(name string, nulls NullRule, bind binder, doc, example string, aliases ...string) *Function {
		return &Function{Name: name, Aliases: aliases, Family: "operator", Nulls: nulls, Bind: bind, Format: infix(name),
			Usage: "a " + name + " b", Doc: doc, Example: example}
	}
	try := func(name, of string, bind binder, example string) *Function {
		return &Function{Name: name, Family: "math", Nulls: NullMaybe, Bind: bind,
			Usage: name + "(a, b)", Doc: "a " + of + " b, or null where that overflows or divides by zero.", Example: example}
	}
	return []*Function{
		op("+", NullSum, bindAdd, "The sum; a date and days or a span of time later. Overflow is an error.", "1 + 2 = 3"),
		op("-", NullSum, bindSubtract, "The difference; the span between two dates or timestamps. Overflow is an error.", "5 - 7 = -2"),
		op("*", NullSum, bindMultiply, "The product. Overflow is an error.", "6 * 7 = 42"),
		op("/", NullMaybe, bindDivide, "The quotient: a double, or a decimal of decimals. Division by zero is an error.", "7 / 2 = 3.5D"),
		op("%", NullMaybe, bindRemainder, "The remainder, with the sign of a. Division by zero is an error.", "-7 % 3 = -1", "mod"),
		op("div", NullMaybe, bindIntegralDivide, "The whole part of the quotient, as a bigint. Division by zero is an error.", "7 div 2 = 3L"),
		try("try_add", "+", bindAdd, "try_add(2147483647, 1) = NULL"),
		try("try_subtract", "-", bindSubtract, "try_subtract(5, 7) = -2"),
		try("try_multiply", "*", bindMultiply, "try_multiply(6, 7) = 42"),
		try("try_divide", "/", bindDivide, "try_divide(1, 0) = NULL"),
		try("try_mod", "%", bindRemainder, "try_mod(1, 0) = NULL"),
		{Name: "negative", Family: "operator", Nulls: NullSum, Bind: signed, Format: func(a []string) string { return "(- " + a[0] + ")" },
			Usage: "- a", Doc: "The number with the other sign. Overflow is an error.", Example: "negative(1) = -1"},
		{Name: "positive", Family: "operator", Bind: signed, Format: func(a []string) string { return "(+ " + a[0] + ")" },
			Usage: "+ a", Doc: "The number itself.", Example: "positive(1) = 1"},
		{Name: "&", Family: "operator", Bind: bitwise, Format: infix("&"), Usage: "a & b", Doc: "Bitwise and.", Example: "3 & 5 = 1"},
		{Name: "|", Family: "operator", Bind: bitwise, Format: infix("|"), Usage: "a | b", Doc: "Bitwise or.", Example: "3 | 5 = 7"},
		{Name: "^", Family: "operator", Bind: bitwise, Format: infix("^"), Usage: "a ^ b", Doc: "Bitwise exclusive or.", Example: "3 ^ 5 = 6"},
		{Name: "~", Family: "operator", Bind: bitwiseNot, Format: func(a []string) string { return "~ " + a[0] },
			Usage: "~ a", Doc: "Bitwise not.", Example: "~(0) = -1"},
	}
}

// arithmetic takes two numbers: of their common type, or decimals of their own
// types with a result that rule gives.
func arithmetic(rule func(p1, s1, p2, s2 int) (p, s int)) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		a, b, err := numbers(args)
		if err != nil {
			return nil, nil, err
		}
		if x, y, ok := asDecimals(args, a, b); ok {
			p, s := rule(x.Precision, x.Scale, y.Precision, y.Scale)
			return []types.Type{x, y}, BoundDecimal(p, s), nil
		}
		common, _ := Common(a, b)
		return []types.Type{common, common}, common, nil
	}
}

// numbers returns the types of two arguments as numbers: text is read as a
// bigint beside an integer, else as a double; NULL takes the other's type.
func numbers(args []Expr) (a, b types.Type, err error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	a, b = args[0].Type(), args[1].Type()
	a, b = numberOr(a, b), numberOr(b, a)
	for i, t := range []types.Type{a, b} {
		if !IsNumeric(t) {
			return nil, nil, mismatch("argument %d must be a number, but %s is %s", i+1, args[i], article(t.Name()))
		}
	}
	return a, b, nil
}

func numberOr(t, other types.Type) types.Type {
	switch {
	case t == types.Void && IsNumeric(other):
		return other
	case t == types.Void:
		return types.Double
	case t == types.String && IsIntegral(other):
		return types.Long
	case t == types.String:
		return types.Double
	}
	return t
}

// asDecimals returns the decimals that two numbers are computed as; ok is false
// where neither is a decimal or one is a float.
func asDecimals(args []Expr, a, b types.Type) (x, y types.Decimal, ok bool) {
	if !isDecimal(a) && !isDecimal(b) {
		return x, y, false
	}
	x, okx := decimalOf(args[0], a)
	y, oky := decimalOf(args[1], b)
	return x, y, okx && oky
}

// decimalOf is the decimal of a number: of a whole literal, one of just as many
// digits.
func decimalOf(e Expr, t types.Type) (types.Decimal, bool) {
	if d, ok := t.(types.Decimal); ok {
		return d, true
	}
	if l, ok := e.(*Literal); ok && IsIntegral(t) && l.Value != nil {
		n := len(l.String())
		if l.String()[0] == '-' {
			n--
		}
		return types.Decimal{Precision: n}, true
	}
	d, ok := digits[t]
	return d, ok
}

func decimalAdd(p1, s1, p2, s2 int) (int, int) {
	s := max(s1, s2)
	return max(p1-s1, p2-s2) + s + 1, s
}

func decimalMultiply(p1, s1, p2, s2 int) (int, int) { return p1 + p2 + 1, s1 + s2 }

func decimalDivide(p1, s1, p2, s2 int) (int, int) {
	s := max(6, s1+p2+1)
	return p1 - s1 + s2 + s, s
}

func decimalRemainder(p1, s1, p2, s2 int) (int, int) {
	return min(p1-s1, p2-s2) + max(s1, s2), max(s1, s2)
}

func bindAdd(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	a, b := args[0].Type(), args[1].Type()
	if isSpanOrTime(a) || isSpanOrTime(b) {
		if want, result, ok := later(args[1], a, b); ok {
			return want, result, nil
		}
		if want, result, ok := later(args[0], b, a); ok {
			return []types.Type{want[1], want[0]}, result, nil
		}
	}
	return arithmetic(decimalAdd)(args)
}

func isSpanOrTime(t types.Type) bool { return isTime(t) || t == types.Interval }

// later is the type of a time and a span or days: date + int, date + interval
// (a timestamp where the interval has hours), timestamp + interval, interval +
// interval.
func later(span Expr, a, b types.Type) (want []types.Type, result types.Type, ok bool) {
	switch {
	case a == types.Date && (b == types.Byte || b == types.Short || b == types.Int || b == types.String || b == types.Void):
		return []types.Type{types.Date, types.Int}, types.Date, true
	case a == types.Date && b == types.Interval:
		if l, is := span.(*Literal); is {
			if d, is := l.Value.(types.Duration); is && d.Micros != 0 {
				return []types.Type{types.Timestamp, types.Interval}, types.Timestamp, true
			}
		}
		return []types.Type{types.Date, types.Interval}, types.Date, true
	case a == types.Timestamp || a == types.TimestampNTZ || a == types.Interval:
		if b == types.Interval || b == types.Void {
			return []types.Type{a, types.Interval}, a, true
		}
	case a == types.String && b == types.Interval:
		return []types.Type{types.Timestamp, types.Interval}, types.Timestamp, true
	}
	return nil, nil, false
}

func bindSubtract(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	a, b := args[0].Type(), args[1].Type()
	switch {
	case isTime(a) && (isTime(b) || b == types.String), a == types.String && isTime(b):
		common, _ := Common(a, b)
		return []types.Type{common, common}, types.Interval, nil
	case isSpanOrTime(a) || b == types.Interval:
		if want, result, ok := later(args[1], a, b); ok {
			return want, result, nil
		}
	}
	return arithmetic(decimalAdd)(args)
}

func bindMultiply(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	if args[0].Type() == types.Interval && args[1].Type() != types.Interval {
		return []types.Type{types.Interval, types.Double}, types.Interval, accepts(args, []types.Type{types.Interval, types.Double})
	}
	if args[1].Type() == types.Interval {
		return []types.Type{types.Double, types.Interval}, types.Interval, accepts(args, []types.Type{types.Double, types.Interval})
	}
	return arithmetic(decimalMultiply)(args)
}

func bindDivide(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	if args[0].Type() == types.Interval {
		return []types.Type{types.Interval, types.Double}, types.Interval, accepts(args, []types.Type{types.Interval, types.Double})
	}
	want, result, err := arithmetic(decimalDivide)(args)
	if err != nil || isDecimal(result) {
		return want, result, err
	}
	return []types.Type{types.Double, types.Double}, types.Double, nil
}

func bindRemainder(args []Expr) ([]types.Type, types.Type, error) {
	return arithmetic(decimalRemainder)(args)
}

func bindIntegralDivide(args []Expr) ([]types.Type, types.Type, error) {
	want, _, err := arithmetic(decimalDivide)(args)
	if err != nil || isDecimal(want[0]) {
		return want, types.Long, err
	}
	return []types.Type{types.Long, types.Long}, types.Long, accepts(args, []types.Type{types.Long, types.Long})
}

// signed takes one number or span; text is read as a double.
func signed(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	t := args[0].Type()
	if t != types.Interval {
		if t = numberOr(t, types.Double); !IsNumeric(t) {
			return nil, nil, mismatch("the argument must be a number, but %s is %s", args[0], article(t.Name()))
		}
	}
	return []types.Type{t}, t, nil
}

// bitwise takes two whole numbers.
func bitwise(args []Expr) ([]types.Type, types.Type, error) {
	a, b, err := numbers(args)
	if err != nil {
		return nil, nil, err
	}
	if !IsIntegral(a) || !IsIntegral(b) {
		return nil, nil, mismatch("it takes whole numbers, not %s and %s", a.Name(), b.Name())
	}
	common, _ := Common(a, b)
	return []types.Type{common, common}, common, nil
}

func bitwiseNot(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	t := numberOr(args[0].Type(), types.Long)
	if !IsIntegral(t) {
		return nil, nil, mismatch("it takes a whole number, but %s is %s", args[0], article(t.Name()))
	}
	return []types.Type{t}, t, nil
}
