package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/jobs"
)

// shown is how many rows a person sees.
const shown = 20

// run is the whole job.
func (c *config) run(ctx context.Context, s *dataframe.Session) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	feed, err := c.feed(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, feed.stop()) }()
	result := counts(events(c.records(s)), c.domain())
	if c.format == "" {
		if err := result.PrintSchema(); err != nil {
			return err
		}
	}
	q, err := start(ctx, result, c.trigger())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Stop()) }()
	if err := c.follow(ctx, s, q, feed); err != nil {
		return err
	}
	return c.finish(context.WithoutCancel(ctx), s, q)
}

func (c *config) trigger() dataframe.Trigger {
	if c.available {
		return dataframe.AvailableNow()
	}
	return dataframe.DefaultTrigger()
}

// records reads what the job was told to read.
func (c *config) records(s *dataframe.Session) *dataframe.DataFrame {
	if len(c.inputs) > 0 && !c.viaKafka {
		return s.ReadStream().Format("json").Schema(record()).Load(c.inputs...)
	}
	options, err := c.options()
	if err != nil {
		options = nil // check has told it
	}
	raw := s.ReadStream().Format("kafka").
		Options(options).
		Option("kafka.bootstrap.servers", c.brokers).
		Option("subscribe", c.topic).
		Option("startingOffsets", c.offsets).
		Load()
	return raw.
		Select(fn.FromJSON(fn.Col("value").Cast("string"), record()).Alias("data")).
		Select(fn.Col("data.*"))
}

// follow shows the counts while they grow. What the job itself feeds comes to an
// end, and so does what is available now; else the job goes on until it is
// interrupted, which is a good end for it.
func (c *config) follow(ctx context.Context, s *dataframe.Session, q *dataframe.StreamingQuery, feed *feed) error {
	if t := jobs.TerminalOf(ctx); !t.Quiet && !c.available && !feed.Ends() {
		fmt.Fprintln(t.Err, "Counting until interrupted, by Ctrl-C; with --available-now the job ends by itself.")
	}
	return jobs.WatchFed(ctx, q, feed, func(ctx context.Context) (string, error) {
		return top(s, shown).ShowString(ctx, dataframe.ShowTruncate(0))
	})
}

// finish stops the query and prints the result and a line about it.
func (c *config) finish(ctx context.Context, s *dataframe.Session, q *dataframe.StreamingQuery) error {
	if err := q.Stop(); err != nil {
		return err
	}
	t := jobs.TerminalOf(ctx)
	if c.format != "" {
		if err := jobs.Write(ctx, t.Out, c.format, top(s, -1)); err != nil {
			return err
		}
	} else if err := top(s, shown).Show(ctx, dataframe.ShowTruncate(0)); err != nil {
		return err
	}
	return summary(ctx, s, q, t)
}

// malformed is how records that are no JSON are counted where from_json finds
// them.
const malformed = ": malformed record"

// summary is one line: what was read, how fast, and what was wrong with it.
func summary(ctx context.Context, s *dataframe.Session, q *dataframe.StreamingQuery, t *jobs.Terminal) error {
	total, ok, err := s.SQL("SELECT count(*) AS groups, sum(count) AS queries FROM " + table).First(ctx)
	if err != nil || !ok {
		return err
	}
	sum := q.Totals()
	queries := total.At(1)
	if queries == nil {
		queries = int64(0)
	}
	rate := 0.0
	if sum.Busy > 0 {
		rate = float64(sum.Rows) / sum.Busy.Seconds()
	}
	fmt.Fprintf(t.Err, "%d rows (%.0f rows/s), batches: %d, bad records: %d; %d queries in %d groups, %s\n",
		sum.Rows, rate, sum.Batches, sum.Bad+sum.Fields[malformed], queries, total.At(0), sum.Busy.Round(time.Millisecond))
	return nil
}
