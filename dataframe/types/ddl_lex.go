package types

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The signs of tokens that are more than one byte; any other token is the byte
// itself, and 0 is the end.
const (
	ddlWord   = 'w'
	ddlName   = '`'
	ddlText   = '\''
	ddlNumber = '9'
)

// ddlToken is a token of schema text: a word, a backquoted name, quoted text, a
// whole number or a sign. text is without quotes.
type ddlToken struct {
	sign byte
	text string
	pos  int
}

func (t ddlToken) isWord(w string) bool { return t.sign == ddlWord && strings.EqualFold(t.text, w) }

// String is the token as an error shows it.
func (t ddlToken) String() string {
	switch t.sign {
	case 0:
		return "the end"
	case ddlName:
		return QuoteIfNeeded(t.text)
	}
	return fmt.Sprintf("%q", t.text)
}

func lexDDL(text string) ([]ddlToken, error) {
	var out []ddlToken
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		t := ddlToken{sign: text[i], pos: i}
		n := size
		switch {
		case unicode.IsSpace(r):
			i += size
			continue
		case isDDLWord(r):
			if n = strings.IndexFunc(text[i:], func(r rune) bool { return !isDDLWord(r) }); n < 0 {
				n = len(text) - i
			}
			t.sign, t.text = ddlWord, text[i:i+n]
			if strings.Trim(t.text, "0123456789") == "" {
				t.sign = ddlNumber
			}
		case r == '`' || r == '\'' || r == '"':
			t.text, n = cutQuoted(text[i:], text[i], r != '`')
			if n == 0 {
				return nil, &DDLError{text, i + 1, fmt.Sprintf("the %q here is never closed", r), "close it"}
			}
			if r == '"' {
				t.sign = ddlText
			}
		case strings.ContainsRune("<>(),:.", r):
			t.text = text[i : i+size]
		default:
			return nil, &DDLError{text, i + 1, fmt.Sprintf("unexpected %q", r), "put a name that holds other signs than letters, digits and _ in backquotes"}
		}
		out = append(out, t)
		i += n
	}
	return append(out, ddlToken{pos: len(text)}), nil
}

func isDDLWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// cutQuoted returns what stands between the quote that s begins with and the
// next, where a doubled quote stands for one, and in text a backslash takes the
// sign after it; and the length of all that. The length is 0 where no quote closes.
func cutQuoted(s string, quote byte, backslash bool) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return b.String(), i + 1
		}
		b.WriteByte(s[i])
	}
	return "", 0
}
