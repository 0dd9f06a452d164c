package kafka

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Restart kills the broker with SIGKILL, starts it again with its data and the
// same address, and returns once it answers. It may not be called beside Close.
func (b *Broker) Restart(ctx context.Context) error {
	before, err := b.pid()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "again"), nil, 0o600); err != nil {
		return err
	}
	java, err := os.FindProcess(before)
	if err != nil {
		return err
	}
	if err := java.Kill(); err != nil {
		return fmt.Errorf("killing Kafka: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for now := before; now == before; {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
		if now, err = b.pid(); err != nil {
			return err
		}
	}
	if err := b.ready(ctx); err != nil {
		return fmt.Errorf("starting Kafka again: %w; its log ends:\n%s", err, b.tail())
	}
	return nil
}

// pid is the process that the script has started last.
func (b *Broker) pid() (int, error) {
	for { // it is written in one piece, but not at once
		text, err := os.ReadFile(filepath.Join(b.dir, "pid"))
		if err != nil {
			return 0, fmt.Errorf("finding Kafka's process: %w", err)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			return strconv.Atoi(string(text))
		}
		time.Sleep(time.Millisecond)
	}
}
