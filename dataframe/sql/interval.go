package sql

import (
	"math"
	"math/big"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// unit is what a word of an interval counts: months, days or microseconds.
type unit struct{ months, days, micros int64 }

var units = map[string]unit{
	"year": {months: 12}, "month": {months: 1}, "week": {days: 7}, "day": {days: 1},
	"hour": {micros: 3600e6}, "minute": {micros: 60e6}, "second": {micros: 1e6}, "millisecond": {micros: 1e3}, "microsecond": {micros: 1},
}

var unitNames = []string{"year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"}

func unitOf(word string) (unit, bool) {
	low := strings.ToLower(word)
	u, ok := units[low]
	if !ok {
		u, ok = units[strings.TrimSuffix(low, "s")]
	}
	return u, ok
}

// add counts a number of units, which may have a fraction where the unit is
// shorter than a day.
func (u unit) add(d *types.Duration, number string) bool {
	if len(number) > 40 || strings.ContainsAny(number, "/eExX_pP") {
		return false
	}
	n, ok := new(big.Rat).SetString(number)
	if !ok {
		return false
	}
	times := func(size, sum, limit int64) (int64, bool) {
		v := new(big.Rat).Mul(n, big.NewRat(size, 1))
		if size == 0 {
			return sum, true
		}
		whole := new(big.Int).Quo(v.Num(), v.Denom())
		whole.Add(whole, big.NewInt(sum))
		fits := whole.IsInt64() && whole.Int64() <= limit && whole.Int64() >= -limit
		return whole.Int64(), fits && (v.IsInt() || u.micros > 0)
	}
	months, ok1 := times(u.months, int64(d.Months), math.MaxInt32)
	days, ok2 := times(u.days, int64(d.Days), math.MaxInt32)
	micros, ok3 := times(u.micros, d.Micros, math.MaxInt64)
	*d = types.Duration{Months: int32(months), Days: int32(days), Micros: micros}
	return ok1 && ok2 && ok3
}

const intervalForms = "write INTERVAL 3 DAYS 4 HOURS, INTERVAL '3 days 4 hours' or INTERVAL '3 04:00:00' DAY TO SECOND"

// interval reads what follows the word INTERVAL.
func (p *parser) interval() (expr.Expr, error) {
	p.take()
	var d types.Duration
	first := *p.peek()
	if first.kind == tString && p.at(1).kind != tWord {
		return p.intervalText(first)
	}
	for n := 0; ; n++ {
		number, ok := p.intervalNumber(n > 0)
		if !ok {
			if n == 0 {
				return nil, p.syntax(first, "expected an interval, found "+first.shown(), intervalForms)
			}
			return &expr.Literal{Value: d, T: types.Interval}, nil
		}
		word := p.take()
		if p.is("TO") && n == 0 {
			return p.intervalRange(first, number, word)
		}
		u, known := unitOf(word.text)
		if word.kind != tWord || !known {
			if first.kind == tString && n == 0 { // INTERVAL '1 day' AS x
				p.next--
				return p.intervalWords(first, unquote(first.text))
			}
			return nil, p.syntax(word, "no unit of time "+word.shown(), "the units are "+strings.Join(unitNames, ", "))
		}
		if !u.add(&d, number) {
			return nil, p.syntax(first, number+" "+strings.ToLower(word.text)+" is no interval", intervalForms)
		}
	}
}

// intervalNumber takes [-]number or '[-]number', if one with a word follows; with
// known, if that word is a unit.
func (p *parser) intervalNumber(known bool) (string, bool) {
	i, sign := 0, ""
	if p.is("-") || p.is("+") {
		sign, i = p.peek().key, 1
	}
	t := p.at(i)
	if t.kind != tNumber && t.kind != tString || p.at(i+1).kind != tWord {
		return "", false
	}
	if _, unit := unitOf(p.at(i + 1).text); known && !unit {
		return "", false
	}
	text := t.text
	if t.kind == tString {
		text = strings.TrimSpace(unquote(text))
	}
	if sign == "-" && strings.HasPrefix(text, "-") {
		sign, text = "", text[1:]
	} else if strings.HasPrefix(text, "-") {
		sign = ""
	}
	p.next += i + 1
	return sign + text, true
}

func (p *parser) intervalText(t token) (expr.Expr, error) {
	return p.intervalWords(t, p.stringLiteral())
}

// intervalWords reads "1 day -2 hours".
func (p *parser) intervalWords(t token, text string) (expr.Expr, error) {
	words := strings.Fields(text)
	if len(words) > 0 && strings.EqualFold(words[0], "interval") {
		words = words[1:]
	}
	var d types.Duration
	ok := len(words) > 0 && len(words)%2 == 0
	for i := 0; ok && i < len(words); i += 2 {
		var u unit
		if u, ok = unitOf(words[i+1]); ok {
			ok = u.add(&d, words[i])
		}
	}
	if !ok {
		return nil, p.syntax(t, t.shown()+" is no interval", intervalForms)
	}
	return &expr.Literal{Value: d, T: types.Interval}, nil
}

// ranges are the forms of INTERVAL '...' a TO b: the separator before each of
// the fields from a to b.
var rangeFields = []string{"year", "month", "day", "hour", "minute", "second"}

const rangeSeparators = "\x00-\x00 ::"

// intervalRange reads the end of INTERVAL '1-2' YEAR TO MONTH, or '1 10:20:30.5'
// DAY TO SECOND.
func (p *parser) intervalRange(t token, text string, from token) (expr.Expr, error) {
	p.take()
	to := p.take()
	bad := p.syntax(t, t.shown()+" is no interval "+strings.ToLower(from.text+" to "+to.text), intervalForms)
	a, b := fieldIndex(from.text), fieldIndex(to.text)
	if a < 0 || b <= a || (a < 2) != (b < 2) {
		return nil, bad
	}
	sign := ""
	if text = strings.TrimPrefix(text, "+"); strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	var d types.Duration
	for i := a; i <= b; i++ {
		part := text
		if i < b {
			var ok bool
			if part, text, ok = strings.Cut(text, rangeSeparators[i+1:i+2]); !ok {
				return nil, bad
			}
		}
		if part == "" || !isDigit(part[0]) || !units[rangeFields[i]].add(&d, sign+part) {
			return nil, bad
		}
	}
	return &expr.Literal{Value: d, T: types.Interval}, nil
}

func fieldIndex(word string) int {
	for i, f := range rangeFields {
		if strings.EqualFold(word, f) {
			return i
		}
	}
	return -1
}
