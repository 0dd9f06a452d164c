package sql

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
)

// lexer cuts a text into tokens.
type lexer struct {
	text string
	d    *dialect
	pos  int
	out  []token
}

// lex returns the tokens of a text; the last one is its end.
func lex(text string, d *dialect) ([]token, error) {
	l := &lexer{text: text, d: d, out: make([]token, 0, len(text)/5+8)}
	if strings.HasPrefix(text, "\ufeff") {
		l.pos = len("\ufeff")
	}
	for {
		if err := l.space(); err != nil {
			return nil, err
		}
		if l.pos == len(text) {
			l.out = append(l.out, token{kind: tEnd, pos: l.pos})
			return l.out, nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) fail(pos int, msg, fix string) error {
	return &Error{Query: l.text, Pos: pos, Msg: msg, Fix: fix, Err: expr.ErrSyntax}
}

func (l *lexer) add(k kind, end int, key string) {
	l.out = append(l.out, token{k, l.pos, l.text[l.pos:end], key})
	l.pos = end
}

// next reads one token; there is at least one byte.
func (l *lexer) next() error {
	c := l.text[l.pos]
	following := byte(0)
	if l.pos+1 < len(l.text) {
		following = l.text[l.pos+1]
	}
	switch {
	case (c|0x20 == 'r' || c|0x20 == 'x') && (following == '\'' || following == '"'):
		return l.prefixed(c | 0x20)
	case c == '\'':
		return l.quoted(tString)
	case c == '"' && l.d.doubleQuotedText:
		return l.quoted(tString)
	case c == '`' || c == '"':
		return l.quotedName()
	case isDigit(c) || c == '.' && isDigit(following) && !l.touchesOperand():
		return l.number()
	case isWordByte(c):
		return l.word()
	}
	return l.sign()
}

// touchesOperand tells whether what stands right before can have fields: then
// a dot takes one, and does not begin a number.
func (l *lexer) touchesOperand() bool {
	if len(l.out) == 0 {
		return false
	}
	last := l.out[len(l.out)-1]
	return last.end() == l.pos && (last.isName() || last.key == ")" || last.key == "]")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// wordEnd returns where the word that begins at i ends: i where none does.
func (l *lexer) wordEnd(i int) int {
	for i < len(l.text) && isWordByte(l.text[i]) {
		if l.text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(l.text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
			return i
		}
		i += size
	}
	return i
}

func (l *lexer) word() error {
	end := l.wordEnd(l.pos)
	if end == l.pos {
		return l.strange()
	}
	l.add(tWord, end, keyword(l.text[l.pos:end]))
	return nil
}

// strange refuses a character that no SQL has.
func (l *lexer) strange() error {
	r, _ := utf8.DecodeRuneInString(l.text[l.pos:])
	switch {
	case strings.ContainsRune("‘’“”´„", r):
		return l.fail(l.pos, "the typographic quote "+string(r), "write ' around text and ` around names")
	case r == '\\':
		return l.fail(l.pos, "a backslash outside of text", "remove it: a query goes on over the end of a line by itself")
	case r == utf8.RuneError:
		return l.fail(l.pos, "a byte that is not UTF-8", "save the text as UTF-8")
	case !unicode.IsPrint(r):
		return l.fail(l.pos, "an invisible character", "remove it")
	}
	return l.fail(l.pos, "unexpected character "+string(r), "put a name that holds it in backquotes")
}

// space skips blanks and comments.
func (l *lexer) space() error {
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == ' ' || c >= '\t' && c <= '\r':
			l.pos++
		case strings.HasPrefix(l.text[l.pos:], "--"):
			l.lineComment()
		case strings.HasPrefix(l.text[l.pos:], "/*"):
			if err := l.comment(); err != nil {
				return err
			}
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(l.text[l.pos:])
			if !unicode.IsSpace(r) && r != '\ufeff' {
				return nil
			}
			l.pos += size
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) lineComment() {
	if i := strings.IndexByte(l.text[l.pos:], '\n'); i >= 0 {
		l.pos += i + 1
		return
	}
	l.pos = len(l.text)
}

// comment skips a bracketed comment, which may hold others.
func (l *lexer) comment() error {
	if strings.HasPrefix(l.text[l.pos:], "/*+") {
		return &Error{Query: l.text, Pos: l.pos, Msg: "hints are not supported", Fix: "leave the hint out", Err: ErrUnsupported}
	}
	depth := 0
	for i := l.pos; i+1 < len(l.text); i++ {
		switch l.text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
		}
		if depth == 0 {
			l.pos = i + 1
			return nil
		}
	}
	return l.fail(l.pos, "a comment that does not end", "close each /* with */")
}

// signs are the signs by their first byte, the longest first.
var signs = [128][]string{
	'<': {"<=>", "<=", "<>", "<"}, '>': {">=", ">"}, '=': {"==", "=>", "="}, '!': {"!=", "!"}, '|': {"||", "|>", "|"},
	':': {"::", ":"}, '-': {"->", "-"}, '(': {"("}, ')': {")"}, '[': {"["}, ']': {"]"}, ',': {","}, '.': {"."}, ';': {";"},
	'+': {"+"}, '*': {"*"}, '/': {"/"}, '%': {"%"}, '&': {"&"}, '^': {"^"}, '~': {"~"}, '?': {"?"},
	'{': {"{"}, '}': {"}"}, '@': {"@"}, '$': {"$"}, '#': {"#"},
}

func (l *lexer) sign() error {
	for _, s := range signs[l.text[l.pos]&127] {
		if strings.HasPrefix(l.text[l.pos:], s) {
			l.add(tSign, l.pos+len(s), s)
			return nil
		}
	}
	return l.strange()
}
