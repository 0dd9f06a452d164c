package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/jobs"
)

// buffer is a terminal that a test reads while the job writes to it.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A job without an end shows the counts growing. When it is interrupted, it
// prints what it has counted, and that is a good end.
func TestInterrupted(t *testing.T) {
	dir, line := t.TempDir(), dialects[0].line+"\n"
	var out, screen buffer
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ctx = jobs.WithTerminal(ctx, &jobs.Terminal{Out: &out, Err: &screen, Live: true, Log: slog.New(slog.DiscardHandler),
		Size: func() (int, int) { return 30, 10 }})
	c := defaults()
	c.inputs = []string{dir}
	done := make(chan error, 1)
	s := dataframe.Open(ctx, exec.Local(), dataframe.Output(&out))
	go func() { done <- c.run(ctx, s) }()
	for i, want := range []string{"|h        |example.com|A", "1 rows so far", "3 rows so far"} {
		if i != 1 {
			appear(t, dir, strings.Repeat(line, i/2+1))
		}
		for begin := time.Now(); !strings.Contains(screen.String(), want); time.Sleep(10 * time.Millisecond) {
			if time.Since(begin) > 20*time.Second {
				t.Fatalf("no %q on the screen:\n%s", want, screen.String())
			}
		}
	}
	interrupt()
	if err := <-done; err != nil {
		t.Errorf("interrupted: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if want := `{"id.orig_h":"h","domain":"example.com","qtype_name":"A","count":3}` + "\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if !strings.HasPrefix(screen.String(), "Counting until interrupted") || !strings.Contains(screen.String(), "\x1b[J") {
		t.Errorf("the screen shows %q", screen.String())
	}
}

// appear puts a file into a folder at once.
func appear(t *testing.T, dir, text string) {
	t.Helper()
	hidden := filepath.Join(dir, ".part")
	if err := os.WriteFile(hidden, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, filepath.Join(dir, time.Now().Format("150405.000000")+".log")); err != nil {
		t.Fatal(err)
	}
}

// A job that is interrupted before it has counted anything has nothing to print.
func TestInterruptedEarly(t *testing.T) {
	ctx, interrupt := context.WithCancel(jobs.WithTerminal(t.Context(), &jobs.Terminal{Quiet: true}))
	c := defaults()
	c.inputs = []string{t.TempDir()}
	s := session(ctx, t)
	time.AfterFunc(50*time.Millisecond, interrupt)
	if err := c.run(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted early: %v", err)
	}
}
