package kernel

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/types"
)

// fromText returns a cast of text to a value. Blanks around it do not count.
func (c *conversion) fromText() (Func, error) {
	switch c.to {
	case types.Boolean:
		return boolFrom(func(env *Env, args []Value) func(int) (bool, bool, error) {
			in, at := textsOf(args[0].Array), args[0].index()
			return func(i int) (bool, bool, error) {
				s := in.at(i & at)
				v, ok := parseBool(s)
				if !ok {
					return false, false, c.invalid(env, s)
				}
				return v, true, nil
			}
		}), nil
	case types.Byte:
		return textToInteger[int8](c, 8), nil
	case types.Short:
		return textToInteger[int16](c, 16), nil
	case types.Int:
		return textToInteger[int32](c, 32), nil
	case types.Long:
		return textToInteger[int64](c, 64), nil
	case types.Float:
		return parsed(c, func(_ *Env, s string) (float32, bool) { f, ok := parseFloat(s, 32); return float32(f), ok }), nil
	case types.Double:
		return parsed(c, func(_ *Env, s string) (float64, bool) { return parseFloat(s, 64) }), nil
	case types.Date:
		return parsed(c, func(_ *Env, s string) (int32, bool) { return parseDate(s) }), nil
	case types.Timestamp, types.TimestampNTZ:
		p := timestampParser{ntz: c.to == types.TimestampNTZ}
		return parsed(c, p.parse), nil
	case types.Interval:
		return parsed(c, func(_ *Env, s string) (arrow.MonthDayNanoInterval, bool) { return parseInterval(s) }), nil
	}
	d, ok := c.to.(types.Decimal)
	if !ok {
		return nil, errors.New("a text cannot be cast to " + c.to.Name() + "; use from_json")
	}
	return fixedFrom(c.dt, func(env *Env, args []Value) func(int) (decimal128.Num, bool, error) {
		in, at := textsOf(args[0].Array), args[0].index()
		return func(i int) (decimal128.Num, bool, error) {
			s := in.at(i & at)
			n, err := parseDecimal(trim(s), d)
			switch {
			case errors.Is(err, errTooLarge):
				return n, false, c.overflow(env, trim(s))
			case err != nil:
				return n, false, c.invalid(env, s)
			}
			return n, true, nil
		}
	}), nil
}

// parsed maps text by a parser.
func parsed[R fixed](c *conversion, parse func(env *Env, s string) (R, bool)) Func {
	return fixedFrom(c.dt, func(env *Env, args []Value) func(int) (R, bool, error) {
		in, at := textsOf(args[0].Array), args[0].index()
		return func(i int) (R, bool, error) {
			s := in.at(i & at)
			v, ok := parse(env, s)
			if !ok {
				return v, false, c.invalid(env, s)
			}
			return v, true, nil
		}
	})
}

// trim cuts blanks and control characters at both ends, as Spark's trimAll does.
func trim(s string) string {
	for len(s) > 0 && (s[0] <= ' ' || s[0] == 0x7f) {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] <= ' ' || s[len(s)-1] == 0x7f) {
		s = s[:len(s)-1]
	}
	return s
}

func parseBool(s string) (v, ok bool) {
	switch strings.ToLower(trim(s)) {
	case "t", "true", "y", "yes", "1":
		return true, true
	case "f", "false", "n", "no", "0":
		return false, true
	}
	return false, false
}

// textToInteger reads digits with a sign. Without ANSI mode a fraction is cut.
func textToInteger[R integer](c *conversion, bits int) Func {
	return parsed(c, func(env *Env, s string) (R, bool) {
		s = trim(s)
		if !env.ANSI && !c.try {
			s = withoutFraction(s)
		}
		n, ok := parseInteger(s)
		if !ok || int64(R(n)) != n {
			return 0, false
		}
		return R(n), true
	})
}

func withoutFraction(s string) string {
	whole, fraction, found := strings.Cut(s, ".")
	if !found || strings.Trim(fraction, "0123456789") != "" {
		return s
	}
	if whole == "" || whole == "-" || whole == "+" {
		return whole + "0"
	}
	return whole
}

// parseInteger reads an optional sign and digits.
func parseInteger(s string) (n int64, ok bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 || n < (math.MinInt64+int64(d))/10 {
			return 0, false
		}
		n = n*10 - int64(d) // downwards: the least number has no positive twin
	}
	if neg {
		return n, true
	}
	return -n, n != math.MinInt64
}

// parseFloat reads a number as Java does: with an exponent, Infinity, NaN, and
// perhaps a d or f at the end.
func parseFloat(s string, bits int) (float64, bool) {
	s = trim(s)
	if len(s) == 0 || strings.ContainsRune(s, '_') {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, bits)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return f, true
	}
	switch word := strings.ToLower(strings.TrimLeft(s, "+-")); {
	case word == "nan":
		return math.NaN(), true
	case strings.ContainsAny(s[len(s)-1:], "dDfF") && s[len(s)-1:] != s && word != "inf":
		f, err = strconv.ParseFloat(s[:len(s)-1], bits)
		return f, (err == nil || errors.Is(err, strconv.ErrRange)) && f == f && strings.ContainsAny(s[len(s)-2:len(s)-1], "0123456789.")
	}
	return 0, false
}

var (
	errTooLarge  = errors.New("too many digits")
	errNoDecimal = errors.New("not a number")
)

// parseDecimal reads a number, with an exponent or not, and rounds it half up.
func parseDecimal(s string, to types.Decimal) (decimal128.Num, error) {
	var none decimal128.Num
	mantissa, exp := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, ok := parseInteger(s[i+1:])
		if !ok {
			return none, errNoDecimal
		}
		mantissa, exp = s[:i], int(max(-1<<20, min(1<<20, n)))
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = strings.TrimPrefix(mantissa[:1], "+"), mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return none, errNoDecimal
	}
	scale := len(fraction) - exp // the value is digits / 10^scale
	digits = strings.TrimLeft(digits, "0")
	return roundDigits(sign, digits, scale, to)
}

// roundDigits brings a number of any length to a decimal: at most one digit more
// than it has places matters, and whether it is 5 or more.
func roundDigits(sign, digits string, scale int, to types.Decimal) (decimal128.Num, error) {
	up := false
	switch cut := scale - to.Scale; {
	case digits == "":
		return decimal128.Num{}, nil
	case cut > len(digits):
		return decimal128.Num{}, nil
	case cut > 0:
		up = digits[len(digits)-cut] >= '5'
		digits = digits[:len(digits)-cut]
	case len(digits)-cut > to.Precision:
		return decimal128.Num{}, errTooLarge
	default:
		digits += strings.Repeat("0", -cut)
	}
	if len(digits) > to.Precision {
		return decimal128.Num{}, errTooLarge
	}
	p, _ := new(big.Int).SetString("0"+digits, 10)
	if up {
		p.Add(p, big.NewInt(1))
	}
	if sign == "-" {
		p.Neg(p)
	}
	n, ok := decimalOfBig(p, to.Precision)
	if !ok {
		return n, errTooLarge
	}
	return n, nil
}
