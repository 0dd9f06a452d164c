package sql

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// number reads a number token; negative puts a minus before it, which is part
// of the number so that the smallest bigint can be written.
func (p *parser) number(negative bool) (expr.Expr, error) {
	t := p.take()
	digits, suffix := splitNumber(t.text)
	if negative {
		digits = "-" + digits
	}
	switch strings.ToUpper(suffix) {
	case "":
		return p.plainNumber(t, digits)
	case "BD":
		return p.decimal(t, digits)
	case "D":
		return p.float(t, digits, types.Double)
	case "F":
		return p.float(t, digits, types.Float)
	case "L":
		return p.integer(t, digits, 64)
	case "S":
		return p.integer(t, digits, 16)
	case "Y":
		return p.integer(t, digits, 8)
	}
	return nil, p.syntax(t, t.shown()+" is no number",
		"the suffixes are L, S, Y, D, F and BD; put a name that begins with a digit in backquotes")
}

// splitNumber divides a token into the number and the letters behind it. The e
// of an exponent belongs to the number.
func splitNumber(s string) (number, suffix string) {
	end := len(s)
	for end > 0 && !isDigit(s[end-1]) && s[end-1] != '.' {
		end--
	}
	return s[:end], s[end:]
}

func (p *parser) plainNumber(t token, digits string) (expr.Expr, error) {
	switch {
	case strings.ContainsAny(digits, "eE"):
		return p.float(t, digits, types.Double)
	case strings.Contains(digits, "."):
		return p.decimal(t, digits)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil:
		return p.decimal(t, digits)
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return &expr.Literal{Value: int32(n), T: types.Int}, nil
	}
	return &expr.Literal{Value: n, T: types.Long}, nil
}

func (p *parser) integer(t token, digits string, bits int) (expr.Expr, error) {
	n, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		return nil, p.syntax(t, digits+" is no integer of "+strconv.Itoa(bits)+" bits", "leave the suffix out, or write BD for a decimal")
	}
	switch bits {
	case 8:
		return &expr.Literal{Value: int8(n), T: types.Byte}, nil
	case 16:
		return &expr.Literal{Value: int16(n), T: types.Short}, nil
	}
	return &expr.Literal{Value: n, T: types.Long}, nil
}

func (p *parser) float(t token, digits string, to types.Type) (expr.Expr, error) {
	bits := 64
	if to == types.Float {
		bits = 32
	}
	f, err := strconv.ParseFloat(digits, bits)
	if err != nil {
		return nil, p.syntax(t, digits+" is out of the range of "+to.Name(), "")
	}
	if bits == 32 {
		return &expr.Literal{Value: float32(f), T: types.Float}, nil
	}
	return &expr.Literal{Value: f, T: types.Double}, nil
}

// decimal reads an exact number: its precision is that of the digits written,
// as in Spark.
func (p *parser) decimal(t token, digits string) (expr.Expr, error) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(digits), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	scale := len(fraction)
	if exponent != "" {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > types.MaxPrecision || n < -types.MaxPrecision {
			return nil, p.wideDecimal(t)
		}
		scale -= n
	}
	if len(whole)+len(fraction) > 1000 {
		return nil, p.wideDecimal(t)
	}
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, p.syntax(t, t.shown()+" is no number", "")
	}
	for ; scale < 0; scale++ {
		n.Mul(n, big.NewInt(10))
	}
	precision := max(len(new(big.Int).Abs(n).String()), scale)
	if precision > types.MaxPrecision {
		return nil, p.wideDecimal(t)
	}
	dec := types.Dec{Unscaled: decimal128.FromBigInt(n), Precision: precision, Scale: scale}
	return &expr.Literal{Value: dec, T: dec.Type()}, nil
}

func (p *parser) wideDecimal(t token) error {
	return p.syntax(t, t.shown()+" has more digits than a decimal's 38", "write a double: 1e40")
}

// stringLiteral reads a text; texts side by side are one.
func (p *parser) stringLiteral() string {
	s := unquote(p.take().text)
	if p.peek().kind != tString {
		return s
	}
	parts := []string{s}
	for p.peek().kind == tString {
		parts = append(parts, unquote(p.take().text))
	}
	return strings.Join(parts, "")
}

// hex reads X'...'; an odd number of digits gets a zero before it, as in Spark.
func (p *parser) hex() (expr.Expr, error) {
	t := p.take()
	digits := t.text[2 : len(t.text)-1]
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, p.syntax(t, t.shown()+" is no binary value", "write hexadecimal digits: X'1F00'")
	}
	return &expr.Literal{Value: b, T: types.Binary}, nil
}
