package main

import (
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/riffledata/riffle/jobs/replay"
)

// bar shows how far a replay is, on a terminal alone.
type bar struct {
	all   *mpb.Progress
	bar   *mpb.Bar
	total int64
}

// newBar returns a bar for so many bytes; 0 where nobody knows how many.
func newBar(out io.Writer, total int64) *bar {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &bar{}
	}
	b := &bar{all: mpb.New(mpb.WithOutput(out), mpb.WithWidth(48)), total: total}
	if total > 0 {
		b.bar = b.all.AddBar(total, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f")),
			mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f "), decor.AverageETA(decor.ET_STYLE_GO)))
		return b
	}
	b.bar = b.all.New(0, mpb.SpinnerStyle(), mpb.BarRemoveOnComplete(),
		mpb.AppendDecorators(decor.CurrentNoUnit("%d events "), decor.AverageSpeed(0, "%.0f a second")))
	return b
}

// set moves the bar.
func (b *bar) set(s replay.Stats) {
	switch {
	case b.bar == nil:
	case b.total > 0:
		b.bar.SetCurrent(min(s.Read, b.total-1)) // close ends it
	default:
		b.bar.SetCurrent(s.Records)
	}
}

// close takes the bar away.
func (b *bar) close() {
	if b.bar == nil {
		return
	}
	b.bar.Abort(true)
	b.all.Wait()
}
