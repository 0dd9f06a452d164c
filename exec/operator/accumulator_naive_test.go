package operator

import (
	"fmt"
	"iter"
	"maps"
	"math"
)

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// points are the rows of a regression without nulls, and their two-pass sums.
type points struct {
	n, avgX, avgY, sxx, syy, sxy float64
}

func pointsOf(rows [][]float64) (p points) {
	rows = complete(rows)
	p.n = float64(len(rows))
	for _, r := range rows {
		p.avgY += r[0] / p.n
		p.avgX += r[len(r)-1] / p.n
	}
	for _, r := range rows {
		dy, dx := r[0]-p.avgY, r[len(r)-1]-p.avgX
		p.sxx, p.syy, p.sxy = p.sxx+dx*dx, p.syy+dy*dy, p.sxy+dx*dy
	}
	if p.sxx < 1e-9 {
		p.sxx = 0
	}
	if p.syy < 1e-9 {
		p.syy = 0
	}
	return p
}

func orNull(ok bool, f float64) string {
	if !ok {
		return "(null)"
	}
	return fmt.Sprint(f + 0)
}

// naiveStatistics compute from the definitions.
var naiveStatistics = map[string]func(rows [][]float64) string{
	"median":   func(rows [][]float64) string { return naivePercentile(rows, 0.5) },
	"skewness": func(rows [][]float64) string { return naiveCentral(rows, 3, 1.5, 0) },
	"kurtosis": func(rows [][]float64) string { return naiveCentral(rows, 4, 2, 3) },
	"corr": func(rows [][]float64) string {
		p := pointsOf(rows)
		return orNull(p.sxx > 0 && p.syy > 0, p.sxy/math.Sqrt(p.sxx*p.syy))
	},
	"covar_pop":  func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.sxy/p.n) },
	"covar_samp": func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 1, p.sxy/(p.n-1)) },
	"regr_avgx":  func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.avgX) },
	"regr_avgy":  func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.avgY) },
	"regr_sxx":   func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.sxx) },
	"regr_syy":   func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.syy) },
	"regr_sxy":   func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.n > 0, p.sxy) },
	"regr_slope": func(rows [][]float64) string { p := pointsOf(rows); return orNull(p.sxx > 0, p.sxy/p.sxx) },
	"regr_intercept": func(rows [][]float64) string {
		p := pointsOf(rows)
		return orNull(p.sxx > 0, p.avgY-p.sxy/p.sxx*p.avgX)
	},
	"regr_r2": func(rows [][]float64) string {
		p := pointsOf(rows)
		if p.syy == 0 {
			return orNull(p.sxx > 0, 1)
		}
		return orNull(p.sxx > 0, p.sxy*p.sxy/(p.sxx*p.syy))
	},
}

// naiveCentral is the standardized central moment of a power, less a constant.
func naiveCentral(rows [][]float64, power, root, less float64) string {
	p := pointsOf(firstColumn(rows))
	sum := 0.0
	for _, v := range sortedValues(rows) {
		sum += math.Pow(v-p.avgX, power)
	}
	return orNull(p.sxx > 0, sum/p.n/math.Pow(p.sxx/p.n, root)-less)
}
