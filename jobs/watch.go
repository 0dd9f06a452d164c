package jobs

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe"
)

// The pace of drawing: a table that changes more often cannot be read, and a log
// that has more lines is not.
const (
	drawEvery = 200 * time.Millisecond
	lineEvery = 2 * time.Second
)

// Watch waits until a streaming query ends, or ctx does, and returns the query's
// error. Meanwhile it shows progress: on a terminal the text of view, drawn
// again and again in place, else a line now and then. view may be nil.
func Watch(ctx context.Context, q *dataframe.StreamingQuery, view func(context.Context) (string, error)) error {
	t := TerminalOf(ctx)
	if t.Quiet {
		return q.AwaitTermination(ctx)
	}
	every := lineEvery
	if t.Live {
		every = drawEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	s := screen{out: t.Err, width: t.Width}
	defer s.clear()
	last := int64(-1)
	for {
		select {
		case <-q.Done():
			return q.Exception()
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		p := q.LastProgress()
		if p == nil || p.BatchID == last {
			continue
		}
		last = p.BatchID
		if !t.Live || view == nil {
			fmt.Fprintf(t.Err, "batch %d: %d rows in %d ms\n", p.BatchID, p.NumInputRows, p.BatchDuration)
			continue
		}
		text, err := view(ctx)
		if err != nil {
			return err
		}
		s.draw(fmt.Sprintf("batch %d, %.0f rows/s\n%s", p.BatchID, p.ProcessedRowsPerSecond, text))
	}
}

// screen draws a text over the one that it drew before.
type screen struct {
	out   io.Writer
	width int
	lines int
}

func (s *screen) clear() {
	if s.lines > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\x1b[J", s.lines)
		s.lines = 0
	}
}

func (s *screen) draw(text string) {
	s.clear()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if s.width > 0 && utf8.RuneCountInString(line) > s.width {
			line = string([]rune(line)[:s.width])
		}
		fmt.Fprintln(s.out, line)
		s.lines++
	}
}
