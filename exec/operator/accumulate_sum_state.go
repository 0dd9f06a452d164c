package operator

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// wideSum is the type of a sum on its way: all digits that 128 bits have.
var wideSum = &arrow.Decimal128Type{Precision: 38}

type longState struct{}

func (longState) dataType() arrow.DataType { return wideSum }

func (longState) column(list []tally[int128]) arrow.Array {
	out := make([]decimal128.Num, len(list))
	for j := range list {
		out[j] = list[j].sum.num()
	}
	return newFixed(wideSum, out, nil)
}

func (longState) merge(into *int128, column arrow.Array, j int) bool {
	n := batch.Values[decimal128.Num](column)[j]
	*into = into.add(int128{n.LowBits(), n.HighBits()})
	return true
}

type doubleState struct{}

func (doubleState) dataType() arrow.DataType { return arrow.PrimitiveTypes.Float64 }

func (doubleState) column(list []tally[float64]) arrow.Array {
	out := make([]float64, len(list))
	for j := range list {
		out[j] = list[j].sum
	}
	return newFixed(arrow.PrimitiveTypes.Float64, out, nil)
}

func (doubleState) merge(into *float64, column arrow.Array, j int) bool {
	*into += batch.Values[float64](column)[j]
	return true
}

type decimalState struct{}

func (decimalState) dataType() arrow.DataType { return wideSum }

func (decimalState) column(list []tally[decimal128.Num]) arrow.Array {
	out := make([]decimal128.Num, len(list))
	for j := range list {
		out[j] = list[j].sum
	}
	return newFixed(wideSum, out, nil)
}

func (decimalState) merge(into *decimal128.Num, column arrow.Array, j int) (ok bool) {
	*into, ok = addChecked(*into, batch.Values[decimal128.Num](column)[j])
	return ok
}

// finishAll makes a column of the groups that have values; f gives one, or nil
// false where it does not fit, which is null without ANSI and an error with it.
func finishAll[S, R any](t *total[S], groups []uint32, f func(c tally[S]) (R, bool)) (arrow.Array, error) {
	out, valid, nulls := make([]R, len(groups)), newBitset(len(groups)), false
	for j, g := range groups {
		c := t.v[g]
		if c.n == 0 {
			nulls = true
			continue
		}
		v, ok := f(c)
		if !ok && t.ansi {
			return nil, t.overflow()
		}
		if out[j] = v; ok {
			valid.set(j)
		}
		nulls = nulls || !ok
	}
	if !nulls {
		valid = nil
	}
	return newFixed(types.ToArrow(t.result), out, valid), nil
}

func finishLongSum(t *total[int128], groups []uint32) (arrow.Array, error) {
	return finishAll(t, groups, func(c tally[int128]) (int64, bool) {
		return int64(c.sum.lo), c.sum.fits() || !t.ansi // without ANSI it wraps around, as Spark's does
	})
}

func finishLongAvg(t *total[int128], groups []uint32) (arrow.Array, error) {
	return finishAll(t, groups, func(c tally[int128]) (float64, bool) {
		if c.sum.fits() {
			return float64(int64(c.sum.lo)) / float64(c.n), true
		}
		sum, _ := new(big.Float).SetInt(bigOf(c.sum.num())).Float64()
		return sum / float64(c.n), true
	})
}

func finishDoubleSum(t *total[float64], groups []uint32) (arrow.Array, error) {
	return finishAll(t, groups, func(c tally[float64]) (float64, bool) { return c.sum, true })
}

func finishDoubleAvg(t *total[float64], groups []uint32) (arrow.Array, error) {
	return finishAll(t, groups, func(c tally[float64]) (float64, bool) { return c.sum / float64(c.n), true })
}

func finishDecimalSum(t *total[decimal128.Num], groups []uint32) (arrow.Array, error) {
	to := t.result.(types.Decimal)
	from := t.args[0].(types.Decimal)
	return finishAll(t, groups, func(c tally[decimal128.Num]) (decimal128.Num, bool) {
		return quotient(c.sum, 1, to.Scale-from.Scale, to.Precision)
	})
}

func finishDecimalAvg(t *total[decimal128.Num], groups []uint32) (arrow.Array, error) {
	to, ok := t.result.(types.Decimal)
	if !ok {
		return nil, t.errorf("an average of decimals is a decimal, not %s", t.result.Name())
	}
	from := t.args[0].(types.Decimal)
	return finishAll(t, groups, func(c tally[decimal128.Num]) (decimal128.Num, bool) {
		return quotient(c.sum, c.n, to.Scale-from.Scale, to.Precision)
	})
}

// quotient returns sum * 10^digits / n, rounded half away from zero, and
// whether it has at most precision digits.
func quotient(sum decimal128.Num, n int64, digits, precision int) (decimal128.Num, bool) {
	if n == 1 && digits == 0 {
		return sum, sum.FitsInPrecision(int32(precision))
	}
	num, den := bigOf(sum), big.NewInt(n)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(digits, -digits))), nil)
	if digits >= 0 {
		num.Mul(num, scale)
	} else {
		den.Mul(den, scale)
	}
	neg := num.Sign() < 0
	num.Abs(num).Lsh(num, 1).Add(num, den).Quo(num, den.Lsh(den, 1)) // floor((2 num + den) / (2 den))
	if neg {
		num.Neg(num)
	}
	if num.BitLen() > 127 {
		return decimal128.Num{}, false
	}
	out := decimal128.FromBigInt(num)
	return out, out.FitsInPrecision(int32(precision))
}
