package operator

import "math"

// double2 is the sum of two doubles of which the second is what rounding took
// from the first: about 32 digits. What is added to it can be taken from it, and
// leaves what was there before, within those digits.
type double2 struct{ hi, lo float64 }

// twoSum is a + b, exactly.
func twoSum(a, b float64) double2 {
	s := a + b
	c := s - a
	return double2{s, (a - (s - c)) + (b - c)}
}

// quickSum is twoSum where a is not smaller than b.
func quickSum(a, b float64) double2 {
	s := a + b
	return double2{s, b - (s - a)}
}

// twoProduct is a * b, exactly.
func twoProduct(a, b float64) double2 {
	p := a * b
	return double2{p, math.FMA(a, b, -p)}
}

func (x double2) plus(y double2) double2 {
	s, t := twoSum(x.hi, y.hi), twoSum(x.lo, y.lo)
	s = quickSum(s.hi, s.lo+t.hi)
	return quickSum(s.hi, s.lo+t.lo)
}

func (x double2) minus(y double2) double2 { return x.plus(double2{-y.hi, -y.lo}) }

func (x double2) times(y double2) double2 {
	p := twoProduct(x.hi, y.hi)
	return quickSum(p.hi, p.lo+(x.hi*y.lo+x.lo*y.hi))
}

func (x double2) scaled(f float64) double2 { return x.times(double2{hi: f}) }

// over is x / n.
func (x double2) over(n float64) double2 {
	q := x.hi / n
	r := x.minus(twoProduct(q, n))
	return quickSum(q, r.hi/n)
}

func (x double2) value() float64 { return x.hi + x.lo }

// settled is x, or 0 where x is no more than what the rounding of a sum of terms
// as large as scale leaves.
func (x double2) settled(scale float64) double2 {
	if math.Abs(x.hi) <= 0x1p-88*math.Abs(scale) {
		return double2{}
	}
	return x
}
