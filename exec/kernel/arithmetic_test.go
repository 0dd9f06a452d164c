package kernel

import (
	"math/big"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// TestDecimals compares with exact fractions: the result is the nearest number
// of the result's scale, a half away from zero; and the fast way with the wide.
func TestDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := anyDecimal(t, "a")
		b, y := anyDecimal(t, "b")
		op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(t, "op")
		if op == "/" && y.Sign() == 0 {
			return
		}
		e, err := expr.BindCall(expr.NewCall(op, &expr.Ref{T: a}, &expr.Ref{Index: 1, T: b}))
		if err != nil {
			t.Fatal(err)
		}
		out := e.Type().(types.Decimal)
		want := exactResult(op, x, a, y, b, out)
		for _, f := range []func(x, y decimal128.Num) (decimal128.Num, bool){exact(op[0], a, b, out), wide(op[0], a, b, out)} {
			got, ok := f(x, y)
			if fits := want.CmpAbs(power10(out.Precision)) < 0; ok != fits || ok && got.BigInt().Cmp(want) != 0 {
				t.Fatalf("%s %s %s is %s (%t), want %s as %s", x.ToString(int32(a.Scale)), op, y.ToString(int32(b.Scale)), got.BigInt(), ok, want, out.Name())
			}
		}
	})
}

func anyDecimal(t *rapid.T, name string) (types.Decimal, decimal128.Num) {
	p := rapid.IntRange(1, 38).Draw(t, name+" precision")
	d := types.Decimal{Precision: p, Scale: rapid.IntRange(0, p).Draw(t, name+" scale")}
	digits := rapid.StringMatching(`-?[0-9]{1,38}`).Draw(t, name)
	n, _ := new(big.Int).SetString(digits, 10)
	return d, decimal128.FromBigInt(n.Rem(n, power10(p)))
}

// exactResult is the unscaled result.
func exactResult(op string, x decimal128.Num, a types.Decimal, y decimal128.Num, b, out types.Decimal) *big.Int {
	p := new(big.Rat).SetFrac(x.BigInt(), power10(a.Scale))
	q := new(big.Rat).SetFrac(y.BigInt(), power10(b.Scale))
	switch op {
	case "+":
		p.Add(p, q)
	case "-":
		p.Sub(p, q)
	case "*":
		p.Mul(p, q)
	default:
		p.Quo(p, q)
	}
	p.Mul(p, new(big.Rat).SetInt(power10(out.Scale)))
	half := big.NewRat(int64(p.Sign()), 2)
	p.Add(p, half)
	return new(big.Int).Quo(p.Num(), p.Denom())
}

// TestIntegerOverflow compares with the exact result at the limits.
func TestIntegerOverflow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Int64().Draw(t, "x"), rapid.Int64().Draw(t, "y")
		p, q := big.NewInt(x), big.NewInt(y)
		for op, want := range map[byte]*big.Int{'+': new(big.Int).Add(p, q), '-': new(big.Int).Sub(p, q), '*': new(big.Int).Mul(p, q)} {
			out := map[byte]int64{'+': x + y, '-': x - y, '*': x * y}[op]
			if got := fits(op, x, y, out); got != want.IsInt64() {
				t.Fatalf("%d %c %d: fits is %t", x, op, y, got)
			}
		}
	})
}
