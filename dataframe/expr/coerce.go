package expr

import "github.com/riffledata/riffle/dataframe/types"

// rank orders the numeric types by what they can hold.
var rank = map[types.Type]int{types.Byte: 1, types.Short: 2, types.Int: 3, types.Long: 4, types.Float: 6, types.Double: 7}

const decimalRank = 5

func numericRank(t types.Type) int {
	if _, ok := t.(types.Decimal); ok {
		return decimalRank
	}
	if b, ok := t.(*types.Basic); ok {
		return rank[b]
	}
	return 0
}

// IsNumeric tells whether t is a number: an integer, a decimal or a float.
func IsNumeric(t types.Type) bool { return numericRank(t) > 0 }

// IsIntegral tells whether t is tinyint, smallint, int or bigint.
func IsIntegral(t types.Type) bool { r := numericRank(t); return r > 0 && r < decimalRank }

// digits is the decimal that holds every value of an integral type.
var digits = map[types.Type]types.Decimal{
	types.Byte: {Precision: 3}, types.Short: {Precision: 5}, types.Int: {Precision: 10}, types.Long: {Precision: 20},
}

// Widens tells whether every value of type from is one of type to, so that the
// cast cannot fail.
func Widens(from, to types.Type) bool {
	if types.SameShape(from, to) || from == types.Void {
		return true
	}
	if d, ok := to.(types.Decimal); ok {
		f, ok := from.(types.Decimal)
		if !ok && IsIntegral(from) {
			f, ok = digits[from]
		}
		return ok && d.Scale >= f.Scale && d.Precision-d.Scale >= f.Precision-f.Scale
	}
	if r := numericRank(from); r > 0 && numericRank(to) >= r {
		return true
	}
	switch to {
	case types.String:
		return isBasic(from) && from != types.Binary || isDecimal(from)
	case types.Timestamp, types.TimestampNTZ:
		return from == types.Date
	case types.Binary:
		return from == types.String
	}
	return false
}

func isBasic(t types.Type) bool   { _, ok := t.(*types.Basic); return ok }
func isDecimal(t types.Type) bool { _, ok := t.(types.Decimal); return ok }

// Implicit tells whether an argument of type from may be given where to is
// wanted: where it widens, and, as in Spark's ANSI mode, text for any simple
// type and any simple type for text.
func Implicit(from, to types.Type) bool {
	if Widens(from, to) {
		return true
	}
	simple := isBasic(to) || isDecimal(to)
	if from == types.String && simple || to == types.String && from == types.Binary {
		return true
	}
	if isDecimal(to) && IsNumeric(from) {
		return true
	}
	switch {
	case IsIntegral(from) && IsIntegral(to):
		return true // checked when it runs
	case from == types.Timestamp && to == types.Date || from == types.TimestampNTZ && to == types.Date:
		return true
	case from == types.TimestampNTZ && to == types.Timestamp || from == types.Timestamp && to == types.TimestampNTZ:
		return true
	}
	return false
}

// Common returns the type that values of both types can be brought to: the
// wider number, a decimal that holds both, the type that is not text where one
// is (text is then read as it, as Spark's ANSI mode does), a timestamp for a
// date. Structs, arrays and maps need the same shape inside.
func Common(a, b types.Type) (types.Type, bool) {
	switch {
	case types.Equal(a, b):
		return a, true
	case a == types.Void:
		return b, true
	case b == types.Void:
		return a, true
	case IsNumeric(a) && IsNumeric(b):
		return commonNumber(a, b), true
	case a == types.String || b == types.String:
		return commonText(a, b)
	case types.SameShape(a, b):
		return types.AsNullable(a), true
	case isTime(a) && isTime(b):
		if a == types.TimestampNTZ && b != types.Timestamp || b == types.TimestampNTZ && a != types.Timestamp {
			return types.TimestampNTZ, true
		}
		return types.Timestamp, true
	}
	return nil, false
}

func isTime(t types.Type) bool {
	return t == types.Date || t == types.Timestamp || t == types.TimestampNTZ
}

func commonText(a, b types.Type) (types.Type, bool) {
	other := a
	if a == types.String {
		other = b
	}
	switch {
	case IsIntegral(other):
		return types.Long, true
	case IsNumeric(other):
		return types.Double, true
	case isBasic(other):
		return other, true
	}
	return nil, false
}

func commonNumber(a, b types.Type) types.Type {
	if numericRank(a) < numericRank(b) {
		a, b = b, a
	}
	d, ok := a.(types.Decimal)
	if !ok {
		if isDecimal(b) && a == types.Float {
			return types.Double
		}
		return a
	}
	e, ok := b.(types.Decimal)
	if !ok {
		e = digits[b]
	}
	return BoundDecimal(max(d.Precision-d.Scale, e.Precision-e.Scale)+max(d.Scale, e.Scale), max(d.Scale, e.Scale))
}

// BoundDecimal returns decimal(p,s), or where p is too large the decimal of 38
// digits that gives up digits after the point first, six of them kept, as Spark
// does.
func BoundDecimal(p, s int) types.Decimal {
	if p <= types.MaxPrecision {
		return types.Decimal{Precision: p, Scale: s}
	}
	whole := p - s
	return types.Decimal{Precision: types.MaxPrecision, Scale: max(types.MaxPrecision-whole, min(s, 6))}
}

// coerce casts e to t where it is of another type. A NULL becomes a NULL of
// that type.
func coerce(e Expr, t types.Type) Expr {
	if l, ok := e.(*Literal); ok && l.Value == nil {
		return &Literal{nil, t}
	}
	if types.SameShape(e.Type(), t) {
		return e
	}
	return &Cast{Child: e, To: t, Implicit: true}
}
