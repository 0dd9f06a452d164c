package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is a process that runs the query.
type child struct {
	cmd     *exec.Cmd
	life    io.Closer // closing it ends the process
	started time.Time
	done    chan struct{} // closed when it has ended
	heard   chan struct{} // gets something with each line

	mu      sync.Mutex
	first   time.Time // of its commits
	commits int
	at      string // the point where it is stopped
	stderr  bytes.Buffer
}

// spawn starts a child. command is the program and its arguments.
func spawn(command []string, j job) (*child, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{}), heard: make(chan struct{}, 1), started: time.Now()}
	c.cmd.Env = append(os.Environ(), Env+"="+string(text), "GOMAXPROCS=2")
	c.cmd.Stderr = &locked{c: c}
	if c.life, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a child: %w", err)
	}
	go func() { // ends with the process
		defer close(c.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			c.hear(lines.Text())
		}
		_ = c.cmd.Wait() // how it ended is in ProcessState
	}()
	return c, nil
}

// locked writes into the buffer of a child.
type locked struct{ c *child }

func (l *locked) Write(p []byte) (int, error) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return l.c.stderr.Write(p)
}

func (c *child) hear(line string) {
	c.mu.Lock()
	switch {
	case line == saidCommit:
		if c.commits++; c.commits == 1 {
			c.first = time.Now()
		}
	case strings.HasPrefix(line, saidAt):
		c.at = strings.TrimPrefix(line, saidAt)
	}
	c.mu.Unlock()
	select {
	case c.heard <- struct{}{}:
	default:
	}
}

// recovery is the time from the start to the first commit, 0 where it had none.
func (c *child) recovery() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.commits == 0 {
		return 0
	}
	return c.first.Sub(c.started)
}

// committed is the number of batches it has committed.
func (c *child) committed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commits
}

func (c *child) stoppedAt() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// said is what it wrote as errors.
func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := strings.TrimSpace(c.stderr.String())
	if len(text) > 4000 {
		text = "..." + text[len(text)-4000:]
	}
	return text
}

// until waits for something to be true of the child, for its end, or for time to
// be up, which is an error.
func (c *child) until(ctx context.Context, most time.Duration, what string, ok func() bool) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	for {
		if ok() {
			return nil
		}
		select {
		case <-c.heard:
		case <-c.done:
			if ok() {
				return nil
			}
			return fmt.Errorf("the child %s before %s: %s", c.cmd.ProcessState, what, c.said())
		case <-timer.C:
			return fmt.Errorf("%s has not come in %v; the child has committed %d batches and said: %s", what, most, c.committed(), c.said())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ended waits for the child's end.
func (c *child) ended(ctx context.Context, most time.Duration) error {
	return c.until(ctx, most, "its end", func() bool {
		select {
		case <-c.done:
			return true
		default:
			return false
		}
	})
}

// kill ends the child and waits for it.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
	_ = c.life.Close()
}

// end describes how it ended.
func (c *child) end() string {
	switch s := c.cmd.ProcessState; {
	case killed(s):
		return "killed"
	case s.ExitCode() == codeDeposed:
		return "deposed"
	default:
		return s.String()
	}
}
