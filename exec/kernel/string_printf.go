package kernel

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
)

// formatPiece is one piece of a format text: literal text, or an argument and
// how to show it.
type formatPiece struct {
	text  string
	verb  byte // 0: the text
	arg   int
	flags string
	width int
	prec  int // -1: none
}

// parseFormat reads a format as java.util.Formatter does. Supported are the
// verbs s S d x X o c b B f e E, %n and %%, the flags - 0 + space comma ( #,
// widths, precisions and numbered arguments (%2$s).
func parseFormat(format string) ([]formatPiece, error) {
	var out []formatPiece
	next := 0
	for format != "" {
		text, rest, found := strings.Cut(format, "%")
		if text != "" {
			out = append(out, formatPiece{text: text})
		}
		if !found {
			break
		}
		c, tail, err := cutConversion(rest, next)
		if err != nil {
			return nil, err
		}
		if c.verb != 0 && c.arg == next {
			next++
		}
		out, format = append(out, c), tail
	}
	return out, nil
}

func cutConversion(s string, next int) (formatPiece, string, error) {
	c, rest := formatPiece{arg: next, prec: -1}, s
	if n, after := cutNumber(rest); n > 0 && strings.HasPrefix(after, "$") {
		c.arg, rest = n-1, after[1:]
	}
	n := len(rest) - len(strings.TrimLeft(rest, "-0+ ,(#"))
	c.flags, rest = rest[:n], rest[n:]
	c.width, rest = cutNumber(rest)
	if strings.HasPrefix(rest, ".") {
		c.prec, rest = cutNumber(rest[1:])
	}
	if rest == "" || strings.IndexByte("sSdxXocbBfeEn%", rest[0]) < 0 || c.width > 10000 || c.prec > 10000 {
		return c, "", fmt.Errorf("format_string: %q is not a supported format; use %%s %%d %%x %%o %%c %%b %%f %%e, %%n or %%%%", "%"+s)
	}
	switch c.verb = rest[0]; c.verb {
	case 'n':
		c.text, c.verb = "\n", 0
	case '%':
		c.text, c.verb = pad("%", c), 0
	}
	return c, rest[1:], nil
}

func cutNumber(s string) (n int, rest string) {
	i := 0
	for ; i < len(s) && i < 6 && s[i] >= '0' && s[i] <= '9'; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n, s[i:]
}

// pad brings text to the width.
func pad(s string, c formatPiece) string {
	missing := c.width - utf8.RuneCountInString(s)
	switch {
	case missing <= 0:
		return s
	case strings.Contains(c.flags, "-"):
		return s + strings.Repeat(" ", missing)
	}
	return strings.Repeat(" ", missing) + s
}

// formatStringMaker checks a constant format before any row is seen.
func formatStringMaker(call *expr.Call) (Func, error) {
	if text, ok := literalText(call, 0); ok {
		if _, err := parseFormat(text); err != nil {
			return nil, err
		}
	}
	return formatString, nil
}

// formatString is null only where the format is.
func formatString(env *Env, args []Value, rows Rows) (Value, error) {
	return textsTo(func(*Env, []Value) func([]byte, int) ([]byte, bool, error) {
		formats, shown := textRowOf(args[0]), make([]printable, len(args)-1)
		for k := range shown {
			shown[k] = newPrintable(args[k+1])
		}
		var last []formatPiece
		var of string
		known := false
		return func(dst []byte, i int) ([]byte, bool, error) {
			if f := formats.row(i); !known || f != of {
				var err error
				if last, err = parseFormat(f); err != nil {
					return dst, false, err
				}
				of, known = f, true
			}
			return appendFormatted(dst, last, shown, i)
		}
	})(env, args[:1], rows)
}

func appendFormatted(dst []byte, format []formatPiece, args []printable, i int) ([]byte, bool, error) {
	for _, c := range format {
		if c.verb == 0 {
			dst = append(dst, c.text...)
			continue
		}
		if c.arg >= len(args) {
			return dst, false, fmt.Errorf("format_string: the format shows argument %d, and there are %d; give one more", c.arg+1, len(args))
		}
		text, err := c.show(args[c.arg], i)
		if err != nil {
			return dst, false, err
		}
		dst = append(dst, pad(text, c)...)
	}
	return dst, true, nil
}

// show gives one argument of a row as text, not yet padded with blanks.
func (c formatPiece) show(p printable, i int) (string, error) {
	if p.isNull(i) {
		if c.verb|0x20 == 'b' {
			return c.cased("false"), nil
		}
		return c.cased("null"), nil
	}
	switch c.verb {
	case 's', 'S':
		return c.cased(c.cut(p.text(i))), nil
	case 'b', 'B':
		text := "true"
		if p.truth != nil {
			text = strconv.FormatBool(p.truth(i))
		}
		return c.cased(c.cut(text)), nil
	case 'd', 'x', 'X', 'o', 'c':
		if p.whole == nil {
			return "", c.wrong("a whole number")
		}
		return c.showWhole(p.whole(i), p.bits), nil
	}
	if p.real == nil {
		return "", c.wrong("a float, a double or a decimal")
	}
	return c.showReal(p.real(i)), nil
}

func (c formatPiece) wrong(want string) error {
	return fmt.Errorf("format_string: %%%c shows %s, and argument %d is none; cast it first", c.verb, want, c.arg+1)
}

func (c formatPiece) cased(s string) string {
	if c.verb >= 'A' && c.verb <= 'Z' {
		return strings.ToUpper(s)
	}
	return s
}

// cut keeps as many characters as the precision says.
func (c formatPiece) cut(s string) string {
	if c.prec >= 0 {
		return s[:skipChars(s, c.prec)]
	}
	return s
}

func (c formatPiece) showWhole(v int64, bits int) string {
	u := uint64(v)
	if bits < 64 {
		u &= 1<<bits - 1
	}
	alternate := strings.Contains(c.flags, "#")
	switch c.verb {
	case 'x', 'X':
		text := strconv.FormatUint(u, 16)
		if alternate {
			text = "0x" + text
		}
		return c.cased(c.zeros("", text))
	case 'o':
		text := strconv.FormatUint(u, 8)
		if alternate {
			text = "0" + text
		}
		return c.zeros("", text)
	case 'c':
		return string(rune(v))
	}
	text := strconv.FormatInt(v, 10)
	return c.signed(strings.TrimPrefix(text, "-"), v < 0)
}

func (c formatPiece) showReal(f float64) string {
	switch {
	case math.IsNaN(f):
		return c.cased("NaN")
	case math.IsInf(f, 0):
		plain := c
		plain.flags = strings.NewReplacer("0", "", ",", "").Replace(c.flags)
		return plain.signed(c.cased("Infinity"), f < 0)
	}
	prec := c.prec
	if prec < 0 {
		prec = 6
	}
	verb := c.verb
	if verb == 'E' {
		verb = 'e'
	}
	return c.cased(c.signed(strconv.FormatFloat(math.Abs(f), verb, prec, 64), math.Signbit(f)))
}

// signed gives digits their sign, commas and zeros.
func (c formatPiece) signed(digits string, negative bool) string {
	if strings.Contains(c.flags, ",") {
		whole, frac, point := strings.Cut(digits, ".")
		digits = string(numberPattern{group: 3}.appendNumber(nil, whole))
		if point {
			digits += "." + frac
		}
	}
	switch {
	case negative && strings.Contains(c.flags, "("):
		return c.zeros("(", digits+")")
	case negative:
		return c.zeros("-", digits)
	case strings.Contains(c.flags, "+"):
		return c.zeros("+", digits)
	case strings.Contains(c.flags, " "):
		return c.zeros(" ", digits)
	}
	return c.zeros("", digits)
}

// zeros puts zeros between the sign and the digits where the flag says so.
func (c formatPiece) zeros(sign, digits string) string {
	if missing := c.width - len(sign) - len(digits); missing > 0 && strings.Contains(c.flags, "0") {
		return sign + strings.Repeat("0", missing) + digits
	}
	return sign + digits
}
