package crash

import (
	"context"
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
	if err := proceed(zombie.cmd.Process); err != nil {
		return err
	}
	if err := h.allow(ctx); err != nil {
		return err
	}
	if err := zombie.ended(ctx, h.Patience); err != nil {
		return fmt.Errorf("the zombie lives: %w", err)
	}
	h.result.Pauses++
	h.result.Zombies[zombie.end()]++
	before := next.committed()
	if err := next.until(ctx, h.Patience, "a commit after the zombie's end", func() bool { return next.committed() > before }); err != nil {
		return err
	}
	return h.strike(next)
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
	return c, pause(c.cmd.Process)
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
	if err := h.allow(ctx); err != nil {
		return err
	}
	before := c.committed()
	if err := c.until(ctx, h.Patience, "a commit after the restart of the brokers", func() bool { return c.committed() > before+1 }); err != nil {
		return err
	}
	return h.strike(c)
}
