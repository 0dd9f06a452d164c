package crash

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pause stops a process, at a point or anywhere, starts another one of the same
// query, and lets the first one go on as a zombie, which must find out and end.
func (h *harness) pause(ctx context.Context, point string) error {
	zombie, err := h.stopped(ctx, point)
	if err != nil {
		return err
	}
	defer h.forget(zombie)
	next, err := h.spawn(h.job())
	if err != nil {
		return err
	}
	defer h.forget(next)
	long := 100*time.Millisecond + time.Duration(h.random.Int64N(int64(h.MaxPause-100*time.Millisecond)))
	select {
	case <-time.After(long):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := zombie.signal("letting it go on", proceed); err != nil {
		return err
	}
	if err := h.loaded(ctx, func() error { return zombie.ended(ctx, h.Patience) }); err != nil {
		return fmt.Errorf("the zombie lives: %w", err)
	}
	h.result.Pauses++
	h.result.Zombies[zombie.end()]++
	if err := h.commits(ctx, next, 1, "a commit after the zombie's end"); err != nil {
		return err
	}
	return h.strike(next)
}

// commits waits until a process has committed so many batches more.
func (h *harness) commits(ctx context.Context, c *child, n int, what string) error {
	before := c.committed()
	return h.loaded(ctx, func() error {
		return c.until(ctx, h.Patience, what, func() bool { return c.committed() >= before+n })
	})
}

// loaded waits for something that comes to the query only while there is load,
// which is kept up.
func (h *harness) loaded(ctx context.Context, wait func() error) error {
	done := make(chan error, 1)
	go func() { done <- wait() }()
	for {
		if err := h.allow(ctx); err != nil {
			return errors.Join(err, <-done)
		}
		select {
		case err := <-done:
			return err
		case <-time.After(10 * tick):
		}
	}
}

// stopped starts a child and pauses it.
func (h *harness) stopped(ctx context.Context, point string) (*child, error) {
	j := h.job()
	if point != "" {
		j = h.at(j, point)
		j.Stop = true
	}
	c, err := h.spawn(j)
	if err != nil {
		return nil, err
	}
	if point != "" {
		err = c.until(ctx, h.Patience, "its pause", func() bool { return c.stoppedAt() != "" })
		return c, err
	}
	err = c.until(ctx, h.Patience, "its first commit", func() bool { return c.committed() > 0 })
	if err != nil {
		return nil, err
	}
	if err := h.sleep(ctx, 300*time.Millisecond); err != nil {
		return nil, err
	}
	return c, c.signal("pausing it", pause)
}

// outage kills the brokers while a process works, and starts them again. The
// process must live on.
func (h *harness) outage(ctx context.Context) error {
	c, err := h.spawn(h.job())
	if err != nil {
		return err
	}
	defer h.forget(c)
	if err := c.until(ctx, h.Patience, "its first commit", func() bool { return c.committed() > 0 }); err != nil {
		return err
	}
	if err := h.sleep(ctx, 300*time.Millisecond); err != nil {
		return err
	}
	if err := h.Restart(ctx); err != nil {
		return fmt.Errorf("restarting the brokers: %w", err)
	}
	h.result.Restarts++
	if err := h.commits(ctx, c, 2, "a commit after the restart of the brokers"); err != nil {
		return err
	}
	return h.strike(c)
}
