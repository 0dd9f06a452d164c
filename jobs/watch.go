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
	tick := time.NewTicker(drawEvery)
	defer tick.Stop()
	var line time.Time // when the last one was written
	s := screen{out: t.Err, size: t.Size}
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
		if !t.Live || view == nil {
			if time.Since(line) >= lineEvery {
				last, line = p.BatchID, time.Now()
				fmt.Fprintf(t.Err, "batch %d: %d rows so far\n", p.BatchID, q.Totals().Rows)
			}
			continue
		}
		last = p.BatchID
		text, err := view(ctx)
		if err != nil {
			return err
		}
		s.draw(fmt.Sprintf("batch %d: %d rows so far\n%s", p.BatchID, q.Totals().Rows, text))
	}
}

// screen draws a text over the one that it drew before. What is wider or higher
// than the terminal is cut: a line that wraps, or one that has scrolled away,
// could not be drawn over.
type screen struct {
	out   io.Writer
	size  func() (width, height int)
	lines int
}

func (s *screen) clear() {
	fmt.Fprint(s.out, s.back())
	s.lines = 0
}

// back goes to the first line drawn and clears all.
func (s *screen) back() string {
	if s.lines == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", s.lines)
}

// draw writes all at once, so that nothing flickers.
func (s *screen) draw(text string) {
	width, height := 0, 0
	if s.size != nil {
		width, height = s.size()
	}
	var b strings.Builder
	b.WriteString(s.back())
	s.lines = 0
	for line := range strings.Lines(text) {
		if height > 1 && s.lines == height-1 {
			break
		}
		line = strings.TrimRight(line, "\n")
		if width > 0 && utf8.RuneCountInString(line) > width {
			line = string([]rune(line)[:width])
		}
		b.WriteString(line + "\n")
		s.lines++
	}
	fmt.Fprint(s.out, b.String())
}
