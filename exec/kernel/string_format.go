package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// formatKernels show values as text.
func formatKernels() map[string]Maker {
	return map[string]Maker{
		"format_number": formatNumberMaker,
		"format_string": formatStringMaker,
	}
}

// numberPattern says how format_number shows a number.
type numberPattern struct {
	minWhole, minFrac, maxFrac int
	group                      int // digits between commas; 0: no commas
}

// parseNumberPattern reads a pattern of '#', '0', commas and one point, as in
// '#,##0.00'.
func parseNumberPattern(p string) (numberPattern, error) {
	out := numberPattern{group: 3, minWhole: 1}
	if p == "" {
		return out, nil
	}
	whole, frac, _ := strings.Cut(p, ".")
	if strings.Trim(whole, "#0,") != "" || strings.Trim(frac, "#0") != "" || strings.Contains(strings.TrimLeft(whole, "#,"), "#") ||
		strings.Contains(strings.TrimLeft(frac, "0"), "0") || strings.HasSuffix(whole, ",") {
		return out, fmt.Errorf("the number pattern %q is not supported; write one of #, 0, commas and a point, like '#,##0.00'", p)
	}
	out.group = 0
	if i := strings.LastIndexByte(whole, ','); i >= 0 {
		out.group = len(whole) - i - 1
	}
	out.minWhole, out.minFrac, out.maxFrac = strings.Count(whole, "0"), strings.Count(frac, "0"), len(frac)
	return out, nil
}

// appendNumber writes a number that is given in plain digits, rounded to
// p.maxFrac places.
func (p numberPattern) appendNumber(dst []byte, digits string) []byte {
	if strings.HasPrefix(digits, "-") {
		dst, digits = append(dst, '-'), digits[1:]
	}
	whole, frac, _ := strings.Cut(digits, ".")
	if whole = strings.TrimLeft(whole, "0"); len(whole) < p.minWhole {
		whole = strings.Repeat("0", p.minWhole-len(whole)) + whole
	}
	for len(frac) > p.minFrac && strings.HasSuffix(frac, "0") {
		frac = frac[:len(frac)-1]
	}
	if whole == "" && frac == "" {
		whole = "0"
	}
	for i := range whole {
		if left := len(whole) - i; i > 0 && p.group > 0 && left%p.group == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, whole[i])
	}
	if frac != "" {
		dst = append(append(dst, '.'), frac...)
	}
	return dst
}

func formatNumberMaker(call *expr.Call) (Func, error) {
	digits, err := digitsOf(call.Args[0].Type())
	if err != nil {
		return nil, err
	}
	if call.Args[1].Type() == types.String {
		return formatNumberBy(digits, func(args []Value) func(i int) (numberPattern, bool, error) {
			patterns := textRowOf(args[1])
			return func(i int) (numberPattern, bool, error) {
				p, err := parseNumberPattern(patterns.row(i))
				return p, true, err
			}
		}), nil
	}
	return formatNumberBy(digits, func(args []Value) func(i int) (numberPattern, bool, error) {
		places := fixedRowOf[int32](args[1])
		return func(i int) (numberPattern, bool, error) {
			d := int(places.row(i))
			if d > 400 {
				return numberPattern{}, false, fmt.Errorf("format_number: %d places are too many; use 400 at most", d)
			}
			return numberPattern{minWhole: 1, minFrac: d, maxFrac: d, group: 3}, d >= 0, nil
		}
	}), nil
}

// plainDigits gives a row's number in plain digits, rounded half to even to so
// many places.
type plainDigits = func(v Value) func(i, places int) string

func digitsOf(t types.Type) (plainDigits, error) {
	switch t {
	case types.Byte:
		return intDigits[int8], nil
	case types.Short:
		return intDigits[int16], nil
	case types.Int:
		return intDigits[int32], nil
	case types.Long:
		return intDigits[int64], nil
	case types.Float:
		return floatDigits[float32], nil
	case types.Double:
		return floatDigits[float64], nil
	}
	d, ok := t.(types.Decimal)
	if !ok {
		return nil, fmt.Errorf("a value of type %s cannot be shown as a number", t.Name())
	}
	return func(v Value) func(i, places int) string {
		in := fixedRowOf[decimal128.Num](v)
		return func(i, places int) string {
			scale := min(places, d.Scale)
			return roundUnscaled(in.row(i), d.Scale-scale, halfEven).ToString(int32(scale)) + padZeros(scale, places)
		}
	}, nil
}

func padZeros(scale, places int) string {
	point := ""
	if scale == 0 && places > 0 {
		point = "."
	}
	return point + strings.Repeat("0", places-scale)
}

func intDigits[T int8 | int16 | int32 | int64](v Value) func(i, places int) string {
	in := fixedRowOf[T](v)
	return func(i, places int) string {
		return strconv.FormatInt(int64(in.row(i)), 10) + padZeros(0, places)
	}
}

func floatDigits[T float32 | float64](v Value) func(i, places int) string {
	in := fixedRowOf[T](v)
	return func(i, places int) string {
		return strconv.FormatFloat(float64(in.row(i)), 'f', places, 64)
	}
}

func formatNumberBy(digits plainDigits, pattern func(args []Value) func(i int) (numberPattern, bool, error)) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		number, pattern := digits(args[0]), pattern(args)
		return func(dst []byte, i int) ([]byte, bool, error) {
			p, ok, err := pattern(i)
			if err != nil || !ok {
				return dst, false, err
			}
			text := number(i, p.maxFrac)
			switch strings.TrimLeft(text, "+-") {
			case "NaN":
				return append(dst, "NaN"...), true, nil
			case "Inf":
				return append(append(dst, strings.Repeat("-", strings.Count(text, "-"))...), "∞"...), true, nil
			}
			return p.appendNumber(dst, text), true, nil
		}
	})
}
