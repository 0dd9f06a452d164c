package expr

import (
	"errors"
	"strings"
)

// The kinds of mistakes, for errors.Is.
var (
	ErrSyntax          = errors.New("syntax error")
	ErrUnknownColumn   = errors.New("unknown column")
	ErrUnknownFunction = errors.New("unknown function")
	ErrType            = errors.New("wrong type")
	ErrAggregate       = errors.New("misplaced aggregate")
)

// Error is a mistake in an expression: where, what, and how to mend it.
type Error struct {
	// Pos is the place in the SQL text, counted from 1; 0 where the expression
	// did not come from text.
	Pos int
	// Msg is what is wrong, in lower case, without a full stop.
	Msg string
	// Fix is what to do instead; empty where nobody can know.
	Fix string
	// Err is the kind.
	Err error
}

// Error returns what is wrong and how to mend it.
func (e *Error) Error() string {
	if e.Fix == "" {
		return e.Msg
	}
	return e.Msg + "; " + strings.TrimPrefix(e.Fix, "; ")
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Err }

func quoted(s string) string { return `"` + s + `"` }
