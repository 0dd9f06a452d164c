package operator

import "math"

// The terms that a row adds: powers of x; x, y and their squares and product.

func twoPowers(x, _ float64, out []double2) {
	out[0], out[1] = double2{hi: x}, twoProduct(x, x)
}

func fourPowers(x, _ float64, out []double2) {
	twoPowers(x, x, out)
	out[2] = out[1].scaled(x)
	out[3] = out[1].times(out[1])
}

// products are those of (y, x), in the order in which regressions name them.
func products(y, x float64, out []double2) {
	out[sumX], out[sumY] = double2{hi: x}, double2{hi: y}
	out[sumXX], out[sumYY], out[sumXY] = twoProduct(x, x), twoProduct(y, y), twoProduct(x, y)
}

const (
	sumX = iota
	sumY
	sumXX
	sumYY
	sumXY
)

// squares is the sum of (a - mean a)(b - mean b), given where the sums of a, b
// and a*b are.
func (m sumsOf) squares(a, b, ab int) double2 {
	s := m.sum[ab].minus(m.sum[a].times(m.sum[b]).over(m.n))
	scale := math.Abs(m.sum[ab].hi)
	if a != b {
		scale = math.Max(scale, math.Abs(m.sum[a].hi*m.sum[b].hi/m.n))
	} else if s.hi < 0 {
		return double2{}
	}
	return s.settled(scale)
}

func (m sumsOf) xx() float64 { return m.squares(sumX, sumX, sumXX).value() }
func (m sumsOf) yy() float64 { return m.squares(sumY, sumY, sumYY).value() }
func (m sumsOf) xy() float64 { return m.squares(sumX, sumY, sumXY).value() }

// central returns the sums of the second, third and fourth powers of x - mean.
func (m sumsOf) central() (m2, m3, m4 float64) {
	mean := m.sum[0].over(m.n)
	mm := mean.times(mean)
	s2, s3, s4 := m.sum[1], m.sum[2], m.sum[3]
	m2 = m.squares(0, 0, 1).value()
	// s3 - 3 mean s2 + 2 n mean^3, and s4 - 4 mean s3 + 6 mean^2 s2 - 3 n mean^4
	m3 = s3.minus(mean.times(s2).scaled(3)).plus(mm.times(mean).scaled(2 * m.n)).value()
	m4 = s4.minus(mean.times(s3).scaled(4)).plus(mm.times(s2).scaled(6)).minus(mm.times(mm).scaled(3 * m.n)).value()
	return m2, m3, m4
}

// skewness and kurtosis (the excess) are null where all values are equal.
func skewness(m sumsOf) (float64, bool) {
	m2, m3, _ := m.central()
	return math.Sqrt(m.n) * m3 / math.Sqrt(m2*m2*m2), m2 > 0
}

func kurtosis(m sumsOf) (float64, bool) {
	m2, _, m4 := m.central()
	return m.n*m4/(m2*m2) - 3, m2 > 0
}

// corr is null where either side is constant.
func corr(m sumsOf) (float64, bool) {
	x, y := m.xx(), m.yy()
	return min(max(m.xy()/math.Sqrt(x*y), -1), 1), x > 0 && y > 0
}

func covarPop(m sumsOf) (float64, bool)  { return m.xy() / m.n, true }
func covarSamp(m sumsOf) (float64, bool) { return m.xy() / (m.n - 1), m.n > 1 }

func regrAvgX(m sumsOf) (float64, bool) { return m.sum[sumX].over(m.n).value(), true }
func regrAvgY(m sumsOf) (float64, bool) { return m.sum[sumY].over(m.n).value(), true }
func regrSXX(m sumsOf) (float64, bool)  { return m.xx(), true }
func regrSYY(m sumsOf) (float64, bool)  { return m.yy(), true }
func regrSXY(m sumsOf) (float64, bool)  { return m.xy(), true }

// regrSlope is null where all x are equal.
func regrSlope(m sumsOf) (float64, bool) {
	x := m.xx()
	return m.xy() / x, x > 0
}

func regrIntercept(m sumsOf) (float64, bool) {
	slope, ok := regrSlope(m)
	y := m.sum[sumY].minus(m.sum[sumX].scaled(slope)).over(m.n)
	return y.value(), ok
}

// regrR2 is 1 where all y are equal, and null where all x are.
func regrR2(m sumsOf) (float64, bool) {
	x, y, xy := m.xx(), m.yy(), m.xy()
	if y == 0 {
		return 1, x > 0
	}
	return xy * xy / (x * y), x > 0
}

// newRegrCount counts the rows in which neither argument is null.
func newRegrCount(a aggregate) (Accumulator, error) {
	if len(a.args) != 2 {
		return nil, a.errorf("it takes 2 arguments, not %d", len(a.args))
	}
	return newCount(a)
}
