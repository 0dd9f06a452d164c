package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
)

// ahead is how many records the load may be ahead of the query.
const ahead = 8000

// harness is a run on its way.
type harness struct {
	Config
	random *rand.Rand
	feed   *feed
	result Result
	live   []*child
}

// Run starts a query, lets happen to it what the configuration says, lets it read
// what is left, and looks at its result. An error says that the query, or the
// harness, could not go on; what is wrong with the result is in the verdict.
func Run(ctx context.Context, c Config) (*Result, error) {
	c.defaults()
	began := time.Now()
	h := &harness{Config: c, random: rand.New(rand.NewPCG(c.Seed, 1)), result: Result{Kills: map[string]int{}, Zombies: map[string]int{}}}
	var err error
	if h.feed, err = startFeed(ctx, c); err != nil {
		return nil, err
	}
	defer h.feed.close()
	defer func() {
		for _, c := range h.live {
			c.kill()
		}
	}()
	for i, s := range h.schedule() {
		if err := h.allow(ctx); err != nil {
			return nil, err
		}
		h.Log("%s %d: %s", c.prefix(), i, s)
		if err := h.do(ctx, s); err != nil {
			return nil, fmt.Errorf("%s, step %d, %s: %w", c.prefix(), i, s, err)
		}
	}
	err = h.drain(ctx)
	h.result.Took = time.Since(began)
	return &h.result, err
}

// event is something that happens to the query.
type event struct{ kind, point string }

func (e event) String() string { return e.kind + " " + e.point }

// The kinds of events.
const (
	atPoint  = "kill at"
	anywhere = "kill anywhere"
	paused   = "pause"
	outage   = "restart of the brokers"
)

// schedule returns what happens, in random order.
func (h *harness) schedule() []event {
	var out []event
	for _, p := range h.points() {
		for range h.Kills {
			out = append(out, event{atPoint, p})
		}
	}
	for range h.Random {
		out = append(out, event{kind: anywhere})
	}
	for i := range h.Pauses {
		e := event{kind: paused}
		if i%2 == 0 {
			e.point = h.points()[h.random.IntN(len(h.points()))]
		}
		out = append(out, e)
	}
	for range h.Restarts {
		out = append(out, event{kind: outage})
	}
	h.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (h *harness) do(ctx context.Context, e event) error {
	switch e.kind {
	case atPoint:
		return h.killAt(ctx, e.point)
	case anywhere:
		return h.killAnywhere(ctx)
	case paused:
		return h.pause(ctx, e.point)
	}
	return h.outage(ctx)
}

// allow lets the load go on, a fixed piece ahead of the query.
func (h *harness) allow(ctx context.Context) error {
	plans, err := lastPlan(ctx, h.checkpoint())
	if err != nil {
		return err
	}
	h.feed.most.Store(plans + ahead)
	return nil
}

// job returns a run of the query, at another parallelism each time.
func (h *harness) job() job {
	return job{Workload: h.Workload, Brokers: h.Brokers, Prefix: h.prefix(), Checkpoint: h.checkpoint(), Control: h.Control,
		Cores: 1 + h.random.IntN(3), Disk: h.random.IntN(4) == 0, Limit: h.Limit}
}

// at adds to a run that it ends at a point: not always the first time, and in the
// middle of what goes on beside.
func (h *harness) at(j job, point string) job {
	j.Point, j.Times, j.Delay = point, 1, time.Duration(h.random.IntN(3000))*time.Microsecond
	switch point {
	case Claimed: // comes once
	case "A2":
		j.Times += h.random.IntN(2)
	default:
		j.Times += h.random.IntN(6)
	}
	return j
}

func (h *harness) spawn(j job) (*child, error) {
	c, err := spawn(h.Command, j)
	if err == nil {
		h.live = append(h.live, c)
	}
	return c, err
}

// killAt lets a process kill itself.
func (h *harness) killAt(ctx context.Context, point string) error {
	c, err := h.spawn(h.at(h.job(), point))
	if err != nil {
		return err
	}
	defer h.forget(c)
	if err := c.ended(ctx, h.Patience); err != nil {
		return err
	}
	if !killed(c.cmd.ProcessState) || c.stoppedAt() != point {
		return fmt.Errorf("it was not killed there, but ended by itself, %s: %s", c.end(), c.said())
	}
	h.result.Kills[point]++
	return nil
}

// forget notes how long a child's recovery was. The child is killed if it lives.
func (h *harness) forget(c *child) {
	c.kill()
	if d := c.recovery(); d > 0 {
		h.result.Recovery = append(h.result.Recovery, d)
	}
	for i, l := range h.live {
		if l == c {
			h.live = append(h.live[:i], h.live[i+1:]...)
			return
		}
	}
}

// killAnywhere kills a process at any moment.
func (h *harness) killAnywhere(ctx context.Context) error {
	c, err := h.spawn(h.job())
	if err != nil {
		return err
	}
	defer h.forget(c)
	if h.random.IntN(3) > 0 { // more often while it works than while it starts
		if err := c.until(ctx, h.Patience, "its first commit", func() bool { return c.committed() > 0 }); err != nil {
			return err
		}
	}
	if err := h.sleep(ctx, 600*time.Millisecond); err != nil {
		return err
	}
	return h.strike(c)
}

// strike kills a child, which must be alive.
func (h *harness) strike(c *child) error {
	c.kill()
	if !killed(c.cmd.ProcessState) {
		return fmt.Errorf("it has ended by itself, %s: %s", c.end(), c.said())
	}
	h.result.Random++
	return nil
}

func (h *harness) sleep(ctx context.Context, most time.Duration) error {
	select {
	case <-time.After(time.Duration(h.random.Int64N(int64(most)))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drain ends the load and lets the query read the rest.
func (h *harness) drain(ctx context.Context) error {
	if err := h.feed.finish(ctx); err != nil {
		return fmt.Errorf("the load: %w", err)
	}
	j := h.job()
	j.Drain, j.Limit = true, 20*h.Limit
	c, err := h.spawn(j)
	if err != nil {
		return err
	}
	defer h.forget(c)
	if err := c.ended(ctx, 2*h.Patience); err != nil {
		return fmt.Errorf("reading the rest: %w", err)
	}
	if code := c.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("reading the rest ended with code %d: %s", code, c.said())
	}
	h.result.Records = int(h.feed.sent.Load())
	plans, err := readPlans(ctx, h.checkpoint())
	if err != nil {
		return err
	}
	h.result.Batches = len(plans)
	h.result.Verdict, err = h.verify(ctx)
	return err
}

// lastPlan is the number of records before the end of the last plan.
func lastPlan(ctx context.Context, folder string) (n int64, err error) {
	files, err := openFolder(folder)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	names, err := files.List(ctx, checkpoint.OffsetsPrefix)
	last := checkpoint.Highest(names, checkpoint.OffsetsPrefix)
	if err != nil || last < 0 {
		return 0, err
	}
	plan, err := readPlan(ctx, files, last)
	if err != nil {
		return 0, err
	}
	for _, to := range plan.To {
		sum, err := total(to)
		if err != nil {
			return 0, err
		}
		n += sum
	}
	return n, nil
}
