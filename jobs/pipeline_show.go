package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe"
)

// shown is how many rows a person sees.
const shown = 20

// follow shows the result while it grows. What the job itself feeds comes to an
// end, and so does what is available now; else the job goes on until it is
// interrupted, which is a good end for it.
func (p *Pipeline) follow(ctx context.Context, s *dataframe.Session, q *dataframe.StreamingQuery, feed *feeds) error {
	if t := TerminalOf(ctx); !t.Quiet && !p.available && !feed.Ends() {
		fmt.Fprintln(t.Err, "Running until interrupted, by Ctrl-C; with --available-now the job ends by itself.")
	}
	return WatchFed(ctx, q, feed, func(ctx context.Context) (string, error) {
		return p.rowsOf(s, shown).ShowString(ctx, dataframe.ShowTruncate(0))
	})
}

// rowsOf returns the first rows of the result in its order, or all.
func (p *Pipeline) rowsOf(s *dataframe.Session, rows int) *dataframe.DataFrame {
	text := "SELECT * FROM " + p.Table + " ORDER BY " + p.Order()
	if rows >= 0 {
		text += fmt.Sprintf(" LIMIT %d", rows)
	}
	return s.SQL(text)
}

// finish stops the query and prints the result and a line about it.
func (p *Pipeline) finish(ctx context.Context, s *dataframe.Session, q *dataframe.StreamingQuery) error {
	if err := q.Stop(); err != nil {
		return err
	}
	t := TerminalOf(ctx)
	if p.format != "" {
		if err := Write(ctx, t.Out, p.format, p.rowsOf(s, -1)); err != nil {
			return err
		}
	} else if err := p.rowsOf(s, shown).Show(ctx, dataframe.ShowTruncate(0)); err != nil {
		return err
	}
	n, err := s.Table(p.Table).Count(ctx)
	if err != nil {
		return err
	}
	sum := q.Totals()
	rate := 0.0
	if sum.Busy > 0 {
		rate = float64(sum.Rows) / sum.Busy.Seconds()
	}
	fmt.Fprintf(t.Err, "%d rows (%.0f rows/s), batches: %d, bad records: %d, late rows: %d; %d rows in %s, %s\n",
		sum.Rows, rate, sum.Batches, sum.Bad+sum.Fields[malformed], sum.Late, n, p.Table, sum.Busy.Round(time.Millisecond))
	return nil
}

// malformed is how records that are no JSON are counted where from_json finds
// them.
const malformed = ": malformed record"
