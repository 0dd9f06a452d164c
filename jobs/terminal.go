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
	// Width is that of the terminal in columns; 0 where it is none.
	Width int
	// Quiet says that no progress is wanted.
	Quiet bool
	Log   *slog.Logger
}

type terminalKey struct{}

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
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			t.Width = width
		}
	}
	t.Log = logger(f.err, c.level, t.Live)
	return t
}
