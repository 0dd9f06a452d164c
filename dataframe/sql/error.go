package sql

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
)

// The kinds of mistakes beside those of package expr, for errors.Is.
var (
	ErrUnsupported  = errors.New("not supported")
	ErrUnknownTable = errors.New("unknown table")
)

// Error is a mistake in the text of a query: where, what, and how to mend it.
type Error struct {
	// Query is the whole text, as the user gave it.
	Query string
	// Pos is the byte offset into Query of the offending token, counted from 0;
	// at most len(Query).
	Pos int
	// Msg is what is wrong, in lower case, without a full stop.
	Msg string
	// Fix is what to write instead; empty where nobody can know.
	Fix string
	// Err is the kind, for errors.Is.
	Err error
}

// Error returns "sql:line:column: what; mend" (both counted from 1, the column
// in characters), the line of the text where there is something on it, and a
// caret under the place.
func (e *Error) Error() string {
	line, col, text := e.place()
	msg := e.Msg
	if e.Fix != "" {
		msg += "; " + e.Fix
	}
	head := fmt.Sprintf("sql:%d:%d: %s", line, utf8.RuneCountInString(text[:col])+1, msg)
	if strings.TrimSpace(text) == "" {
		return head
	}
	shown, before := clip(text, col)
	return head + "\n" + shown + "\n" + pad(before) + "^"
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Err }

// place returns the number of the line of Pos, its byte offset in that line,
// and the line.
func (e *Error) place() (line, col int, text string) {
	pos := max(0, min(e.Pos, len(e.Query)))
	begin := strings.LastIndexByte(e.Query[:pos], '\n') + 1
	text = e.Query[begin:]
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		text = text[:end]
	}
	text = strings.TrimSuffix(text, "\r")
	return strings.Count(e.Query[:begin], "\n") + 1, min(pos-begin, len(text)), text
}

// clipAt is how many bytes of a long line are shown on either side of the caret.
const clipAt = 70

// clip shortens a long line around byte col. It returns what to show, and the
// part of that before the caret.
func clip(text string, col int) (shown, before string) {
	head, tail := text[:col], text[col:]
	if len(head) > clipAt {
		cut := len(head) - clipAt
		for cut < len(head) && !utf8.RuneStart(head[cut]) {
			cut++
		}
		head = "..." + head[cut:]
	}
	if len(tail) > clipAt {
		cut := clipAt
		for cut > 0 && !utf8.RuneStart(tail[cut]) {
			cut--
		}
		tail = tail[:cut] + "..."
	}
	return head + tail, head
}

// pad returns blanks as wide as text: tabs stay, wide characters take two.
func pad(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.Is(unicode.Mn, r):
		case wide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// wide tells whether a terminal gives a character two cells.
func wide(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) ||
		r >= 0xff01 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff
}

// Place gives an error of package expr, which knows only a position, the text
// it came from. A position that is unknown becomes the text's begin; any other
// error is handed on as it is. Callers that bind what ParseExpr returned use it.
func Place(text string, err error) error { return place(text, 0, err) }

// place is Place with a position for errors that have none.
func place(text string, pos int, err error) error {
	var own *Error
	var e *expr.Error
	if errors.As(err, &own) || !errors.As(err, &e) {
		return err
	}
	if e.Pos > 0 {
		pos = e.Pos - 1
	}
	return &Error{Query: text, Pos: min(pos, len(text)), Msg: e.Msg, Fix: strings.TrimPrefix(e.Fix, "; "), Err: e.Err}
}
