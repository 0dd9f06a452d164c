package inspect

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// Show prints what the query is, its last runs, and its last batches with their
// offsets, watermark, rows and state: n of each, all for 0.
func Show(ctx context.Context, w io.Writer, s store.Store, n int) error {
	h, err := load(ctx, s)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	showMeta(t, h.meta)
	fmt.Fprintf(t, "\nruns (%s)\n", of(len(h.epochs), n))
	for _, e := range lastOf(h.epochs, n) {
		run, err := read[checkpoint.Epoch](ctx, s, checkpoint.EpochName(e))
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "  %d\t%s\tprocess %d on %s\t%s\n", run.Epoch, run.RunID, run.PID, run.Host, run.Command)
	}
	fmt.Fprintf(t, "\nbatches (%s)\n", of(len(h.batches), n))
	for _, i := range lastOf(h.batches, n) {
		b, err := loadBatch(ctx, s, h, i)
		if err != nil {
			return err
		}
		showBatch(t, b)
	}
	return t.Flush()
}

func showMeta(w io.Writer, m checkpoint.Meta) {
	fmt.Fprintf(w, "query\t%s\n", m.ID)
	for i, source := range m.Sources {
		fmt.Fprintf(w, "source %d\t%s\n", i+1, source)
	}
	fmt.Fprintf(w, "sink\t%s, %s mode\n", m.Sink, m.Mode)
	fmt.Fprintf(w, "keys\t%d groups by %s\n", m.KeyGroups, m.Hash)
	for _, key := range slices.Sorted(maps.Keys(m.Conf)) {
		fmt.Fprintf(w, "setting\t%s=%s\n", key, m.Conf[key])
	}
	showOperators(w, m.Operators)
	for i, line := range strings.Split(strings.TrimRight(m.Plan, "\n"), "\n") {
		fmt.Fprintf(w, "%s\t%s\n", [2]string{"plan", ""}[min(i, 1)], line)
	}
}

func showBatch(w io.Writer, b batch) {
	p := b.Offsets
	what := "planned, not committed"
	if b.Commit != nil {
		what = fmt.Sprintf("read %d\twrote %d", b.Commit.Read, b.Commit.Written)
	}
	fmt.Fprintf(w, "  %d\tepoch %d\t%s\twatermark %s\t%s\n", p.Batch, p.Epoch, instant(p.Time), instant(p.Watermark), what)
	for i := range p.To {
		from := ""
		if i < len(p.From) {
			from = string(p.From[i])
		}
		fmt.Fprintf(w, "    source %d: %s to %s\n", i+1, from, p.To[i])
		if i < len(p.Pins) && pinned(p.Pins[i]) {
			fmt.Fprintf(w, "    source %d is pinned to %s\n", i+1, p.Pins[i])
		}
	}
	if b.Commit == nil {
		return
	}
	for _, op := range slices.Sorted(maps.Keys(b.Commit.Sizes)) {
		size := b.Commit.Sizes[op]
		fmt.Fprintf(w, "    state of %s: %d rows, %d bytes\n", op, size.Rows, size.Bytes)
	}
	if files := b.Commit.Files(); len(files) > 0 {
		fmt.Fprintf(w, "    files: %s\n", strings.Join(files, " "))
	}
}

// instant writes microseconds as a time in UTC.
func instant(micros int64) string {
	if micros == checkpoint.NoTime {
		return "none"
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.999999Z")
}

func lastOf(all []int64, n int) []int64 {
	if n <= 0 || n > len(all) {
		return all
	}
	return all[len(all)-n:]
}

func of(all, n int) string {
	if n <= 0 || n >= all {
		return fmt.Sprint(all)
	}
	return fmt.Sprintf("last %d of %d", n, all)
}
