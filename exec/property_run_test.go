package exec_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/store"
	storememory "github.com/riffledata/riffle/exec/store/memory"
)

// The streams of random plans.
const (
	rowDDL    = "k BIGINT, v BIGINT, s STRING, t TIMESTAMP"
	changeRow = rowDDL + ", c INT"
	lateness  = "4 seconds" // rows come up to three seconds out of order
)

// trial is a random plan, its input, and how it is run.
type trial struct {
	plan  *step
	mode  plan.OutputMode
	timed bool
	data  map[string][][]any // the rows of each stream
	cuts  map[string][]int   // the sizes of its batches, over and over
	cores []int              // of each run
	plain bool               // without the optimizer
	disk  bool
	lives bool // state has a time to live that nothing outlives
	// fails are commits of the sink that fail, before they have shown their rows or
	// after; nil: the query has no checkpoint.
	fails map[int]bool

	opts []exec.Option
}

// String tells how to see the trial again.
func (c *trial) String() string {
	out := fmt.Sprintf("%s\nmode %s, watermarks %t, cores %v, without optimizer %t, disk %t, time to live %t, commits that fail, after showing their rows: %v\n",
		c.plan, c.mode, c.timed, c.cores, c.plain, c.disk, c.lives, c.fails)
	for _, name := range []string{"a", "b", "changes"} {
		out += fmt.Sprintf("%s, cut into %v:\n", name, c.cuts[name])
		for _, r := range c.data[name] {
			out += "  " + line(r, make([]column, len(r))) + "\n"
		}
	}
	return out
}

// drawTrial draws a trial whose plan is at most depth steps deep.
func drawTrial(t *rapid.T, depth int) *trial {
	m := &maker{t: t, timed: rapid.Bool().Draw(t, "watermarks"), joins: 2}
	c := &trial{timed: m.timed, data: map[string][][]any{}, cuts: map[string][]int{}}
	c.plan = m.plan(1 + index(depth).Draw(t, "depth"))
	if c.mode = draw(m, "mode", dataframe.Update, dataframe.Update, dataframe.Complete); m.timed {
		c.mode = draw(m, "mode with watermarks", dataframe.Append, c.mode)
	}
	text := c.plan.String()
	if strings.Contains(text, "Limit ") { // which mode update refuses
		c.mode = draw(m, "mode with limits", dataframe.Append, dataframe.Complete)
	}
	if c.mode == dataframe.Append && (strings.Contains(text, "AsTable") || strings.Contains(text, "changes AS ")) {
		c.mode = dataframe.Update // in mode append rows look up what a table has when they come
		if strings.Contains(text, "Limit ") {
			c.mode = dataframe.Complete
		}
	}
	for _, name := range []string{"a", "b", "changes"} {
		if strings.Contains(c.plan.String(), name+" AS ") {
			c.data[name] = drawRows(m, name)
			c.cuts[name] = rapid.SliceOfN(rapid.IntRange(1, 6), 1, 4).Draw(t, "cuts")
		}
	}
	c.cores = rapid.SliceOfN(rapid.IntRange(1, 3), 1, 3).Draw(t, "cores")
	if strings.Contains(c.plan.String(), "collect_") {
		c.cores = c.cores[:1] // the order of elements is that of the tasks, and a batch that comes again has to be the same
	}
	c.plain, c.disk = rapid.Bool().Draw(t, "plain"), rapid.Bool().Draw(t, "disk")
	c.lives = rapid.IntRange(0, 3).Draw(t, "lives") == 3
	if rapid.Bool().Draw(t, "checkpoint") {
		c.fails = rapid.MapOfN(rapid.IntRange(0, 8), rapid.Bool(), 0, 3).Draw(t, "fails")
	}
	return c
}

// drawRows draws the rows of a stream: few values, nulls, rows that are equal. A
// second passes with each row, and its time is up to three seconds later.
func drawRows(m *maker, name string) [][]any {
	var out [][]any
	var live [][]any
	number := rapid.SampledFrom([]any{int64(1), int64(2), int64(3), int64(0), int64(-1), nil})
	words := rapid.SampledFrom([]any{"x", "y", "z", nil})
	for i := range rapid.IntRange(1, 10).Draw(m.t, "rows of "+name) {
		if n := len(live); n > 0 && name == "changes" && rapid.IntRange(0, 2).Draw(m.t, "take back") == 0 {
			at := n - 1
			if !m.timed {
				at = rapid.IntRange(0, n-1).Draw(m.t, "row")
			}
			gone := slices.Clone(live[at])
			gone[4] = int32(-1)
			out, live = append(out, gone), slices.Delete(live, at, at+1)
			if !m.timed {
				continue
			}
			live = nil // later ones would be late
			continue
		}
		late := rapid.IntRange(0, 2).Draw(m.t, "later")
		row := []any{number.Draw(m.t, "k"), number.Draw(m.t, "v"), words.Draw(m.t, "s"), time.Unix(1_700_000_000+int64(i+late), 0).UTC()}
		if n := len(out); n > 0 && name != "changes" && rapid.IntRange(0, 4).Draw(m.t, "again") == 0 {
			row = out[n-1]
		}
		if name == "changes" {
			row = append(row, int32(1))
			live = append(live, row)
		}
		out = append(out, row)
	}
	return out
}

// lastRows end a trial with watermarks: they move these beyond all other rows.
func (c *trial) lastRows(name string) [][]any {
	var out [][]any
	for i := range 3 {
		row := []any{nil, nil, nil, time.Unix(1_800_000_000+int64(i)*1000, 0).UTC()}
		if name == "changes" {
			row = append(row, int32(1))
		}
		out = append(out, row)
	}
	return out
}

// all is the input with the rows that end it.
func (c *trial) all() map[string][][]any {
	out := map[string][][]any{}
	for name, rows := range c.data {
		if out[name] = rows; c.timed {
			out[name] = slices.Concat(rows, c.lastRows(name))
		}
	}
	return out
}

// streams has the input cut into batches.
func (c *trial) streams(data map[string][][]any) (*memory.Streams, error) {
	s := memory.NewStreams()
	for name, rows := range data {
		ddl := rowDDL
		if name == "changes" {
			ddl = changeRow
		}
		schema, err := types.ParseDDL(ddl)
		if err != nil {
			return nil, err
		}
		in := s.Add(name, schema)
		for i, at := 0, 0; at < len(rows); i++ {
			n := min(c.cuts[name][i%len(c.cuts[name])], len(rows)-at)
			if at >= len(c.data[name]) {
				n = 1 // each of the last rows has a batch of its own
			} else {
				n = min(n, len(c.data[name])-at)
			}
			rec, err := types.Record(schema, rows[at:at+n])
			if err != nil {
				return nil, err
			}
			in.Append(rec)
			at += n
		}
	}
	return s, nil
}

// batch computes the plan at once, as a batch query.
func (c *trial) batch(ctx context.Context, data map[string][][]any) (rows []string, err error) {
	streams, err := c.streams(data)
	if err != nil {
		return nil, err
	}
	s := dataframe.Open(ctx, exec.Local(exec.Cores(2), exec.Streams(streams)))
	defer func() { err = errors.Join(err, s.Close()) }()
	found, err := c.plan.frame(func(name string) *dataframe.DataFrame { return s.Read().Format("memory").Option("name", name).Load() }).Collect(ctx)
	if err != nil {
		return nil, err
	}
	all := make([][]any, len(found))
	for i, r := range found {
		all[i] = r.Values()
	}
	return linesOf(all, c.plan.cols), nil
}

// errRefused says that a mode cannot give a plan's result.
var errRefused = errors.New("refused")

// stream computes the plan batch by batch, and returns what its changes leave.
func (c *trial) stream(ctx context.Context) ([]string, error) {
	streams, err := c.streams(c.all())
	if err != nil {
		return nil, err
	}
	out := &exectest.Interrupted{Collect: exectest.NewCollect(), Fails: func(n int) (bool, bool) {
		after, fails := c.fails[n]
		return fails && !after, fails && after
	}}
	files := storememory.New()
	for run := 0; ; run++ {
		opts := append([]exec.Option{exec.Cores(c.cores[run%len(c.cores)]), exec.Streams(streams), exec.WithSink(out),
			exec.Stores(func(string) (store.Store, error) { return files, nil })}, c.opts...)
		if c.plain {
			opts = append(opts, exec.NoOptimizer())
		}
		err := c.run(ctx, dataframe.Open(ctx, exec.Local(opts...)))
		if err == nil {
			break
		}
		if !errors.Is(err, exectest.ErrInterrupted) {
			return nil, err
		}
	}
	return out.Relation(false, func(r exectest.Collected) (string, string) {
		text := line(r.Row.Values(), c.plan.cols)
		return text, text
	})
}

// run runs the query in a session until it has read everything, or fails.
func (c *trial) run(ctx context.Context, s *dataframe.Session) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	if c.disk {
		if err := s.Conf().Set("riffle.state.backend", "disk"); err != nil {
			return err
		}
	}
	if c.lives {
		if err := s.Conf().Set("riffle.state.ttl", "1h"); err != nil {
			return err
		}
	}
	d := c.plan.frame(func(name string) *dataframe.DataFrame {
		return s.ReadStream().Format("memory").Option("name", name).Option("maxBatchesPerTrigger", 1).Load()
	})
	if err := d.Err(); err != nil {
		return err
	}
	w := d.WriteStream().Format("collect").OutputMode(c.mode).Trigger(dataframe.AvailableNow())
	if c.fails != nil {
		w.Checkpoint("memory")
	}
	q, err := w.Start(ctx)
	if err != nil {
		return errors.Join(errRefused, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return q.AwaitTermination(ctx)
}

// check compares what a trial's stream gives with the batch answer, and that with
// the naive one.
func (c *trial) check(t testing.TB) error {
	whole, err := c.batch(t.Context(), c.all())
	if err != nil {
		return fmt.Errorf("in one batch: %w", err)
	}
	if rows, ok := c.plan.rows(c.all()); ok {
		if naive := linesOf(rows, c.plan.cols); !slices.Equal(naive, whole) {
			return fmt.Errorf("in one batch:\n%s\nnaively:\n%s", strings.Join(whole, "\n"), strings.Join(naive, "\n"))
		}
	}
	got, err := c.stream(t.Context())
	if errors.Is(err, errRefused) && (c.mode != dataframe.Update || strings.Contains(err.Error(), "has no equality")) {
		return nil // maps cannot be taken back
	}
	if err != nil {
		return fmt.Errorf("batch by batch: %w", err)
	}
	if c.mode != dataframe.Append {
		if !slices.Equal(got, whole) {
			return fmt.Errorf("batch by batch:\n%s\nin one batch:\n%s", strings.Join(got, "\n"), strings.Join(whole, "\n"))
		}
		return nil
	}
	least, err := c.batch(t.Context(), c.data)
	if err != nil {
		return err
	}
	if lack := without(least, got); len(lack) > 0 {
		return fmt.Errorf("batch by batch these rows are missing:\n%s\nin one batch:\n%s\nbatch by batch:\n%s", strings.Join(lack, "\n"), strings.Join(whole, "\n"), strings.Join(got, "\n"))
	}
	if more := without(got, whole); len(more) > 0 {
		return fmt.Errorf("batch by batch these rows are too many:\n%s\nin one batch:\n%s", strings.Join(more, "\n"), strings.Join(whole, "\n"))
	}
	return nil
}

// without returns what of sorted lines is not in others, counting equal ones.
func without(lines, others []string) []string {
	left := map[string]int{}
	for _, l := range others {
		left[l]++
	}
	var out []string
	for _, l := range lines {
		if left[l]--; left[l] < 0 {
			out = append(out, l)
		}
	}
	return out
}
