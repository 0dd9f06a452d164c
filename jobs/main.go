package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/lmittmann/tint"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/sink"
)

// The exit codes.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2
	// ExitDeposed says that a later run of a query has taken over: do not start this
	// one again.
	ExitDeposed     = 77
	ExitInterrupted = 130
)

// Func is a job: it builds queries on the session and runs them. Its context
// ends when the process is asked to stop.
type Func func(ctx context.Context, s *dataframe.Session) error

// Option describes a job to the frame.
type Option func(*frame)

// WithFlags adds a job's own flags; define is called before they are read.
func WithFlags(define func(*Flags)) Option {
	return func(f *frame) { f.define = append(f.define, define) }
}

// Usage is what --help prints before the flags.
func Usage(text string) Option { return func(f *frame) { f.usage = text } }

// Main runs a job and exits the process.
func Main(job Func, opts ...Option) {
	f := &frame{name: filepath.Base(os.Args[0]), args: os.Args[1:], env: os.Environ(), out: os.Stdout, err: os.Stderr}
	for _, opt := range opts {
		opt(f)
	}
	os.Exit(f.run(job))
}

// frame is one call of a job.
type frame struct {
	name, usage string
	args, env   []string
	out, err    io.Writer
	define      []func(*Flags)
}

// run returns the exit code.
func (f *frame) run(job Func) int {
	c, err := f.configure()
	switch {
	case errors.Is(err, errHelp):
		return ExitDone
	case err != nil:
		fmt.Fprintf(f.err, "%s: %v\n", f.name, err)
		return ExitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	ctx = WithTerminal(ctx, f.terminal(c))
	if c.again != nil {
		return f.done(c.again.run(ctx, f.out), ctx.Err() != nil)
	}
	served, err := serveMetrics(ctx, c.metrics)
	if err != nil {
		fmt.Fprintf(f.err, "%s: %v\n", f.name, err)
		return ExitUsage
	}
	session, err := open(ctx, c, f.out, served.options()...)
	if err != nil {
		_ = served.close() // nobody has asked yet
		fmt.Fprintf(f.err, "%s: %v\n", f.name, err)
		return ExitUsage
	}
	err = job(ctx, session)
	interrupted := ctx.Err() != nil
	return f.done(errors.Join(err, session.Close(), served.close()), interrupted)
}

// done tells how a run has ended, and returns its exit code.
func (f *frame) done(err error, interrupted bool) int {
	switch {
	case err == nil:
		return ExitDone
	case interrupted && errors.Is(err, context.Canceled):
		fmt.Fprintf(f.err, "%s: interrupted\n", f.name)
		return ExitInterrupted
	case errors.Is(err, sink.ErrDeposed), errors.Is(err, journal.ErrDeposed):
		fmt.Fprintf(f.err, "%s: %v\n", f.name, err)
		return ExitDeposed
	}
	fmt.Fprintf(f.err, "%s: %v\n", f.name, err)
	return ExitFailed
}

// logger writes to standard error, in colours on a terminal.
func logger(w io.Writer, level slog.Level, colours bool) *slog.Logger {
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: !colours}))
}
