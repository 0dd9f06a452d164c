package expr

import "github.com/riffledata/riffle/dataframe/types"

// mathFunctions are the functions of numbers. Those of a real number take and
// give doubles, as Java's Math has them.
func mathFunctions() []*Function {
	d, i := types.Double, types.Int
	all := inFamily("math", []*Function{
		{Name: "abs", Nulls: NullIfAny, Bind: numeric(0, sameNumber), Usage: "abs(x)",
			Doc: "The absolute value, of the same type.", Example: "abs(-1) = 1"},
		{Name: "sign", Aliases: []string{"signum"}, Bind: fixed(d, d), Usage: "sign(x)",
			Doc: "-1.0, 0.0 or 1.0, as the number is negative, zero or positive.", Example: "sign(40) = 1.0D"},
		{Name: "ceil", Aliases: []string{"ceiling"}, Nulls: NullMaybe, Bind: wholeNumber, Usage: "ceil(x[, places])",
			Doc: "The smallest whole number that is not less; with places the smallest decimal of so many, negative ones counting before the point.", Example: "ceil(-0.1) = 0"},
		{Name: "floor", Nulls: NullMaybe, Bind: wholeNumber, Usage: "floor(x[, places])",
			Doc: "The largest whole number that is not greater; with places the largest decimal of so many, negative ones counting before the point.", Example: "floor(-0.1) = -1"},
		{Name: "round", Nulls: NullMaybe, Bind: numeric(1, rounded(1), i), Usage: "round(x[, places])",
			Doc: "The number rounded to so many places after the point (0), a half away from zero; a negative number counts before the point.", Example: "round(2.5, 0) = 3"},
		{Name: "bround", Nulls: NullMaybe, Bind: numeric(1, rounded(1), i), Usage: "bround(x[, places])",
			Doc: "As round, but a half goes to the even neighbour.", Example: "bround(25, -1) = 20"},
		{Name: "log", Nulls: NullMaybe, Bind: optionalFirst(d, d, d), Usage: "log([base, ]x)",
			Doc: "The logarithm of x to the base, or the natural one; null where either is not positive.", Example: "log(10, 100) = 2.0D"},
		{Name: "pow", Aliases: []string{"power"}, Bind: fixed(d, d, d), Usage: "pow(x, y)",
			Doc: "x to the power of y.", Example: "pow(2, 3) = 8.0D"},
		{Name: "atan2", Bind: fixed(d, d, d), Usage: "atan2(y, x)",
			Doc: "The angle, in radians, between the positive x axis and the point (x, y).", Example: "atan2(0, 0) = 0.0D"},
		{Name: "pi", Nulls: NullNever, Bind: fixed(d), Usage: "pi()",
			Doc: "Pi.", Example: "pi() = 3.141592653589793D"},
		{Name: "e", Nulls: NullNever, Bind: fixed(d), Usage: "e()",
			Doc: "Euler's number.", Example: "e() = 2.718281828459045D"},
		{Name: "greatest", Nulls: NullIfAll, Bind: extreme(2, -1), Usage: "greatest(a, b, ...)",
			Doc: "The greatest of the arguments that are not null; null where all are.", Example: "greatest(10, 9, NULL, 4) = 10"},
		{Name: "least", Nulls: NullIfAll, Bind: extreme(2, -1), Usage: "least(a, b, ...)",
			Doc: "The least of the arguments that are not null; null where all are.", Example: "least(10, 9, NULL, 4) = 4"},
		{Name: "pmod", Nulls: NullMaybe, Bind: pmodArgs, Usage: "pmod(x, y)",
			Doc: "The remainder of x divided by y, never negative for a positive y. Division by zero is an error.", Example: "pmod(-10, 3) = 2"},
		{Name: "rand", Aliases: []string{"random"}, Nulls: NullNever, Volatile: true, Bind: seedArgs, Usage: "rand([seed])",
			Doc: "A random double from 0 on, below 1; the same for the same row of a batch and the same seed, which must be constant."},
		{Name: "randn", Nulls: NullNever, Volatile: true, Bind: seedArgs, Usage: "randn([seed])",
			Doc: "A random double of the standard normal distribution; the same for the same row of a batch and the same seed, which must be constant."},
		{Name: "bin", Bind: numeric(0, truncated(types.String)), Usage: "bin(n)",
			Doc: "The whole part of a number in binary digits, a negative one in two's complement of 64.", Example: "bin(13) = '1101'"},
		{Name: "conv", Nulls: NullMaybe, Bind: fixed(types.String, types.String, i, i), Usage: "conv(num, from, to)",
			Doc: "A number's text brought from one base to another, 2 to 36; a negative target means signed digits. Null where a base is out of range or the text empty; an error where the number has more than 64 bits.", Example: "conv('100', 2, 10) = '4'"},
		{Name: "shiftleft", Bind: shiftArgs, Usage: "shiftleft(x, n)",
			Doc: "The bits of an int or bigint moved n places to the left; n counts modulo the type's bits.", Example: "shiftleft(2, 1) = 4"},
		{Name: "shiftright", Bind: shiftArgs, Usage: "shiftright(x, n)",
			Doc: "The bits of an int or bigint moved n places to the right, the sign kept.", Example: "shiftright(4, 1) = 2"},
		{Name: "shiftrightunsigned", Bind: shiftArgs, Usage: "shiftrightunsigned(x, n)",
			Doc: "The bits of an int or bigint moved n places to the right, zeros coming in.", Example: "shiftrightunsigned(-4, 1) = 2147483646"},
		{Name: "nanvl", Nulls: NullMaybe, Bind: nanvlArgs, Usage: "nanvl(x, y)",
			Doc: "x, or y where x is NaN. Null where the one that is taken is null.", Example: "nanvl(CAST('NaN' AS DOUBLE), 123) = 123.0D"},
	})
	return append(all, realFunctions()...)
}

// realFunctions are the functions of one double; logarithms of what is not
// positive are null.
func realFunctions() []*Function {
	var all []*Function
	for _, f := range []struct{ name, doc, example string }{
		{"sqrt", "The square root; NaN for a negative number.", "sqrt(4) = 2.0D"},
		{"cbrt", "The cube root.", "cbrt(27.0) = 3.0D"},
		{"exp", "Euler's number to the power of x.", "exp(0) = 1.0D"},
		{"expm1", "exp(x) - 1, exact near 0.", "expm1(0) = 0.0D"},
		{"sin", "The sine of an angle in radians.", "sin(0) = 0.0D"},
		{"cos", "The cosine of an angle in radians.", "cos(0) = 1.0D"},
		{"tan", "The tangent of an angle in radians.", "tan(0) = 0.0D"},
		{"asin", "The angle, in radians, whose sine is x; NaN where there is none.", "asin(0) = 0.0D"},
		{"acos", "The angle, in radians, whose cosine is x; NaN where there is none.", "acos(1) = 0.0D"},
		{"atan", "The angle, in radians, whose tangent is x.", "atan(0) = 0.0D"},
		{"degrees", "An angle in radians in degrees.", "degrees(3.141592653589793) = 180.0D"},
		{"radians", "An angle in degrees in radians.", "radians(180) = 3.141592653589793D"},
	} {
		all = append(all, &Function{Name: f.name, Bind: fixed(types.Double, types.Double), Usage: f.name + "(x)", Doc: f.doc, Example: f.example})
	}
	for _, f := range []struct{ name, doc, example string }{
		{"ln", "The natural logarithm; null where x is not positive.", "ln(1) = 0.0D"},
		{"log2", "The logarithm to base 2; null where x is not positive.", "log2(2) = 1.0D"},
		{"log10", "The logarithm to base 10; null where x is not positive.", "log10(10) = 1.0D"},
		{"log1p", "ln(1 + x), exact near 0; null where x is -1 or less.", "log1p(0) = 0.0D"},
	} {
		all = append(all, &Function{Name: f.name, Nulls: NullMaybe, Bind: fixed(types.Double, types.Double), Usage: f.name + "(x)", Doc: f.doc, Example: f.example})
	}
	return inFamily("math", all)
}
