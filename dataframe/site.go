package dataframe

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Error is a mistake in building a query: where in the user's program it was
// made, in which call, and what it is.
type Error struct {
	// File and Line are those of the call, File without its folders.
	File string
	Line int
	// Op is the method that was called: "Select".
	Op string
	// Err is the mistake.
	Err error
}

// Error returns "file:line: Op: mistake".
func (e *Error) Error() string {
	if e.File == "" {
		return e.Op + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Op, e.Err.Error())
}

// Unwrap returns the mistake.
func (e *Error) Unwrap() error { return e.Err }

// at returns err with the place of the nearest caller that is not this package
// or fn. An error that has a place keeps it.
func at(op string, err error) error {
	var placed *Error
	if err == nil || errors.As(err, &placed) {
		return err
	}
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !ours(f.Function, f.File) {
			return &Error{filepath.Base(f.File), f.Line, op, err}
		}
		if !more {
			return &Error{Op: op, Err: err}
		}
	}
}

const home = "github.com/riffledata/riffle/dataframe"

// ours tells whether a function belongs to the API itself, tests excepted.
func ours(function, file string) bool {
	return (strings.HasPrefix(function, home+".") || strings.HasPrefix(function, home+"/fn.")) && !strings.HasSuffix(file, "_test.go")
}
