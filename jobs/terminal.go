package jobs

import (
	"context"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// Terminal is where a job talks to a person: results go to Out, all else to
// Err.
type Terminal struct {
	Out, Err io.Writer
	// Live says that Err is a terminal on which lines can be drawn again.
	Live bool
	// Size returns the columns and lines of the terminal; nil where it is none.
	Size func() (width, height int)
	// Quiet says that no progress is wanted.
	Quiet bool
	Log   *slog.Logger
}

type terminalKey struct{}

// WithTerminal returns a context whose terminal is t: Main gives it to a job, and
// a test that calls the job itself.
func WithTerminal(ctx context.Context, t *Terminal) context.Context {
	return context.WithValue(ctx, terminalKey{}, t)
}

// TerminalOf returns the terminal of a job's context. Outside Main it is the
// process's own, without progress.
func TerminalOf(ctx context.Context) *Terminal {
	if t, ok := ctx.Value(terminalKey{}).(*Terminal); ok {
		return t
	}
	return &Terminal{Out: os.Stdout, Err: os.Stderr, Quiet: true, Log: slog.New(slog.DiscardHandler)}
}

func (f *frame) terminal(c *config) *Terminal {
	t := &Terminal{Out: f.out, Err: f.err, Quiet: c.quiet}
	if file, ok := f.err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		t.Live = os.Getenv("TERM") != "dumb"
		t.Size = func() (width, height int) {
			width, height, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 0, 0
			}
			return width, height
		}
	}
	t.Log = logger(f.err, c.level, t.Live)
	return t
}
