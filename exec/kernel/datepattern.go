package kernel

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
)

// datePattern is a format of dates and times as Java's DateTimeFormatter has
// them: runs of letters, text in quotes or not, and sections in brackets, which
// a text may lack.
type datePattern struct {
	text  string
	items []dateItem
}

// dateItem is a run of one letter; text (letter 0); or the start or end of a
// section ('[' with the item behind it in skip, ']').
type dateItem struct {
	letter byte
	count  int
	text   string
	skip   int
	// reserve is how many digits the numbers that follow at once need.
	reserve int
}

// dateLetters are the letters that a pattern may have, and how often each may
// be repeated.
var dateLetters = map[byte]int{
	'G': 3, 'y': 6, 'Q': 4, 'q': 4, 'M': 4, 'L': 4, 'd': 2, 'D': 3, 'E': 4, 'a': 1,
	'h': 2, 'K': 2, 'k': 2, 'H': 2, 'm': 2, 's': 2, 'S': 9,
	'z': 3, 'V': 2, 'O': 4, 'X': 5, 'x': 5, 'Z': 5,
}

const supportedLetters = "use y M d E D Q for dates, H h a m s S for times, z Z X x O VV for zones, text in single quotes and optional parts in [ ]"

// parseDatePattern compiles a pattern.
func parseDatePattern(text string) (*datePattern, error) {
	p := &datePattern{text: text}
	var open []int
	for i := 0; i < len(text); {
		c, n := text[i], 1
		switch {
		case c == '\'':
			lit, size, ok := cutQuote(text[i:])
			if !ok {
				return nil, patternError("[INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER]", text, "a quote is open; close it")
			}
			p.items, n = append(p.items, dateItem{text: lit}), size
		case c == '[':
			open = append(open, len(p.items))
			p.items = append(p.items, dateItem{letter: c})
		case c == ']' && len(open) > 0:
			p.items[open[len(open)-1]].skip = len(p.items) + 1
			open = open[:len(open)-1]
			p.items = append(p.items, dateItem{letter: c})
		case c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("]{}#", c) >= 0:
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			if err := checkLetters(text, text[i:i+n]); err != nil {
				return nil, err
			}
			p.items = append(p.items, dateItem{letter: c, count: n})
		default:
			p.items = append(p.items, dateItem{text: text[i : i+1]})
		}
		i += n
	}
	if len(open) > 0 {
		return nil, patternError("[INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER]", text, "a [ is open; close it")
	}
	p.reserve()
	return p, nil
}

func patternError(class, text, why string) error {
	return fmt.Errorf("%s the date pattern %q cannot be used: %s", class, text, why)
}

func checkLetters(text, run string) error {
	most, ok := dateLetters[run[0]]
	switch {
	case !ok:
		return patternError("[INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER]", text, fmt.Sprintf("%q is not supported; %s", run[:1], supportedLetters))
	case len(run) > most || run == "V" || len(run) > 1 && len(run) < 4 && run[0] == 'O':
		return patternError("[INVALID_DATETIME_PATTERN.LENGTH]", text, fmt.Sprintf("%q is not supported; %s", run, supportedLetters))
	}
	return nil
}

// cutQuote returns what stands between quotes; two of them are one.
func cutQuote(s string) (lit string, size int, ok bool) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '\'' {
			if i+1 == len(s) || s[i+1] != '\'' {
				return b.String(), i + 1, true
			}
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0, false
}

// numeric tells whether an item is a number when read, and of how many digits
// at least.
func (it *dateItem) numeric() (digits int, ok bool) {
	switch it.letter {
	case 'y', 'd', 'D', 'h', 'K', 'k', 'H', 'm', 's':
		return it.count, true
	case 'M', 'L', 'Q', 'q':
		return it.count, it.count <= 2
	}
	return 0, false
}

// reserve finds numbers that stand close together, as in yyyyMMdd: the first may
// not take the digits of the others. A fraction of more than one digit
// has no fixed length when it is read, so that nothing is kept for it, as in Spark.
func (p *datePattern) reserve() {
	sum := 0
	for i := len(p.items) - 1; i >= 0; i-- {
		it := &p.items[i]
		it.reserve = sum
		switch digits, ok := it.numeric(); {
		case ok && digits > 1:
			sum += digits
		case it.letter == 'S' && it.count == 1:
			sum++
		default:
			sum = 0
		}
	}
}

// datePatterns holds the last patterns compiled.
type datePatterns struct{ known map[string]*datePattern }

// newDatePatterns prepares for argument at of a call.
func newDatePatterns(call *expr.Call, at int) (*datePatterns, error) {
	c := &datePatterns{known: map[string]*datePattern{}}
	if text, ok := literalText(call, at); ok {
		_, err := c.get(text)
		return c, err
	}
	return c, nil
}

func (c *datePatterns) get(text string) (*datePattern, error) {
	if p, ok := c.known[text]; ok {
		return p, nil
	}
	p, err := parseDatePattern(strings.Clone(text))
	if err != nil {
		return nil, err
	}
	if len(c.known) >= 64 {
		clear(c.known)
	}
	c.known[p.text] = p
	return p, nil
}

// rows gives the pattern of each row.
func (c *datePatterns) rows(args []Value, at int, otherwise string) func(i int) (*datePattern, error) {
	texts := stringRows(args, at, otherwise)
	var last *datePattern
	return func(i int) (*datePattern, error) {
		text := texts.row(i)
		if last != nil && last.text == text {
			return last, nil
		}
		p, err := c.get(text)
		last = p
		return p, err
	}
}
