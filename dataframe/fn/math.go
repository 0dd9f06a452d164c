package fn

// Abs is the absolute value, of the same type.
func Abs(x Column) Column { return call("abs", x) }

// Sign is -1.0, 0.0 or 1.0, as the number is negative, zero or positive.
func Sign(x Column) Column { return call("sign", x) }

// Ceil is the smallest whole number that is not less.
func Ceil(x Column) Column { return call("ceil", x) }

// Floor is the largest whole number that is not greater.
func Floor(x Column) Column { return call("floor", x) }

// Round is the number rounded to so many places after the point, a half away
// from zero; a negative number counts before the point.
func Round(x Column, places int) Column { return call("round", x, places) }

// Bround is Round in which a half goes to the even neighbour.
func Bround(x Column, places int) Column { return call("bround", x, places) }

// Sqrt is the square root; NaN for a negative number.
func Sqrt(x Column) Column { return call("sqrt", x) }

// Cbrt is the cube root.
func Cbrt(x Column) Column { return call("cbrt", x) }

// Exp is Euler's number to the power of x.
func Exp(x Column) Column { return call("exp", x) }

// Expm1 is exp(x) - 1, exact near 0.
func Expm1(x Column) Column { return call("expm1", x) }

// Ln is the natural logarithm; null where x is not positive.
func Ln(x Column) Column { return call("ln", x) }

// Log is the logarithm of x to the base; null where either is not positive.
func Log(base any, x Column) Column { return call("log", base, x) }

// Log2 is the logarithm to base 2; null where x is not positive.
func Log2(x Column) Column { return call("log2", x) }

// Log10 is the logarithm to base 10; null where x is not positive.
func Log10(x Column) Column { return call("log10", x) }

// Log1p is ln(1 + x), exact near 0; null where x is -1 or less.
func Log1p(x Column) Column { return call("log1p", x) }

// Pow is x to the power of y.
func Pow(x, y any) Column { return call("pow", x, y) }

// Sin is the sine of an angle in radians.
func Sin(x Column) Column { return call("sin", x) }

// Cos is the cosine of an angle in radians.
func Cos(x Column) Column { return call("cos", x) }

// Tan is the tangent of an angle in radians.
func Tan(x Column) Column { return call("tan", x) }

// Asin is the angle, in radians, whose sine is x; NaN where there is none.
func Asin(x Column) Column { return call("asin", x) }

// Acos is the angle, in radians, whose cosine is x; NaN where there is none.
func Acos(x Column) Column { return call("acos", x) }

// Atan is the angle, in radians, whose tangent is x.
func Atan(x Column) Column { return call("atan", x) }

// Atan2 is the angle, in radians, between the positive x axis and the point (x,
// y).
func Atan2(y, x any) Column { return call("atan2", y, x) }

// Degrees is an angle in radians in degrees.
func Degrees(x Column) Column { return call("degrees", x) }

// Radians is an angle in degrees in radians.
func Radians(x Column) Column { return call("radians", x) }

// Pi is the number pi.
func Pi() Column { return call("pi") }

// E is Euler's number.
func E() Column { return call("e") }

// Greatest is the greatest of the arguments that are not null; null where all
// are.
func Greatest(values ...any) Column { return call("greatest", values...) }

// Least is the least of the arguments that are not null; null where all are.
func Least(values ...any) Column { return call("least", values...) }

// Pmod is the remainder of x divided by y, never negative for a positive y.
// Division by zero is an error.
func Pmod(x Column, y any) Column { return call("pmod", x, y) }

// NaNvl is x, or y where x is NaN. Null where the one that is taken is null.
func NaNvl(x Column, y any) Column { return call("nanvl", x, y) }

// Bin is the whole part of a number in binary digits, a negative one in two's
// complement of 64.
func Bin(n Column) Column { return call("bin", n) }

// Conv is a number's text brought from one base to another, 2 to 36; a negative
// target means signed digits. Null where a base is out of range or the text
// empty; an error where the number has more than 64 bits.
func Conv(num Column, from, to any) Column { return call("conv", num, from, to) }

// ShiftLeft is the bits of an int or bigint moved n places to the left; n
// counts modulo the type's bits.
func ShiftLeft(x Column, n any) Column { return call("shiftleft", x, n) }

// ShiftRight is the bits of an int or bigint moved n places to the right, the
// sign kept.
func ShiftRight(x Column, n any) Column { return call("shiftright", x, n) }

// ShiftRightUnsigned is the bits of an int or bigint moved n places to the
// right, zeros coming in.
func ShiftRightUnsigned(x Column, n any) Column { return call("shiftrightunsigned", x, n) }

// BitwiseNot is the number with all bits the other way.
func BitwiseNot(x Column) Column { return call("~", x) }

// IntDiv is the whole part of x / y, a bigint. Division by zero is an error.
func IntDiv(x Column, y any) Column { return call("div", x, y) }

// TryAdd is a + b, or null where that overflows or divides by zero.
func TryAdd(x Column, y any) Column { return call("try_add", x, y) }

// TrySubtract is a - b, or null where that overflows or divides by zero.
func TrySubtract(x Column, y any) Column { return call("try_subtract", x, y) }

// TryMultiply is a * b, or null where that overflows or divides by zero.
func TryMultiply(x Column, y any) Column { return call("try_multiply", x, y) }

// TryDivide is a / b, or null where that overflows or divides by zero.
func TryDivide(x Column, y any) Column { return call("try_divide", x, y) }

// TryMod is a % b, or null where that overflows or divides by zero.
func TryMod(x Column, y any) Column { return call("try_mod", x, y) }
