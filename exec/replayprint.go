package exec

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	jsonformat "github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/stateread"
)

func (r *replaying) printf(format string, args ...any) { fmt.Fprintf(r.Out, format, args...) }

// head says what is run.
func (r *replaying) head() {
	instant := func(micros int64) string {
		if micros == checkpoint.NoTime {
			return "none"
		}
		return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.999999Z")
	}
	r.printf("batch %d of epoch %d, time %s, watermark %s, output mode %s\n", r.Batch, r.offsets.Epoch, instant(r.offsets.Time), instant(r.offsets.Watermark), r.w.Mode)
	for i := range r.offsets.To {
		from := "the beginning"
		if i < len(r.offsets.From) {
			from = string(r.offsets.From[i])
		}
		r.printf("source %d: %s to %s\n", i+1, from, r.offsets.To[i])
	}
	for line := range strings.Lines(plan.Format(r.start.plan.Root)) {
		r.printf("  %s", line)
	}
}

// rows writes the rows of an op, those that are traced; count counts all.
func (r *replaying) rows(ctx context.Context, run *physical.Run, op physical.Op, what string, count *int64) (err error) {
	schema, err := types.SchemaFromArrow(op.Schema())
	if err != nil {
		return err
	}
	o := jsonformat.DefaultWriteOptions()
	o.IgnoreNullFields = false
	enc, err := jsonformat.NewEncoder(schema.Struct(), o)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	parts, err := op.Open(ctx, run)
	if err != nil {
		return err
	}
	for _, p := range parts {
		defer func() {
			if closed := p.Close(); err == nil {
				err = closed
			}
		}()
	}
	r.printf("%s%s:\n", what, r.traced())
	for _, p := range parts {
		for {
			b, err := p.Next(ctx)
			if batch.IsEnd(err) {
				break
			}
			if err == nil {
				b, err = kernel.Compact(b)
			}
			if err != nil {
				return err
			}
			r.batch(b, enc)
			if count != nil {
				*count += int64(b.NumRows())
			}
		}
	}
	return nil
}

func (r *replaying) batch(b batch.Batch, enc *jsonformat.Encoder) {
	for i := range b.NumRows() {
		text := enc.AppendRow(nil, b.Record.Columns(), i)
		if r.match.Takes(text) {
			r.printf("  %+d %s\n", b.Change(i), text)
		}
	}
}

func (r *replaying) traced() string {
	if r.match == nil {
		return ""
	}
	return " with " + string(r.Trace)
}

// changes writes what became of the state.
func (r *replaying) changes(list []stateread.Change) {
	if len(r.start.plan.State) == 0 {
		return
	}
	r.printf("state%s:\n", r.traced())
	text := func(v json.RawMessage) string {
		if v == nil {
			return "nothing"
		}
		return string(v)
	}
	for _, c := range list {
		if r.match.Takes(c.Key) {
			r.printf("  %s, %s %s: %s, then %s\n", c.Operator, c.State, c.Key, text(c.Before), text(c.After))
		}
	}
}

// compare says whether the batch gave the same again.
func (r *replaying) compare(ctx context.Context, written int64, now []stateread.Change) error {
	if r.bad > 0 {
		r.printf("%d rows failed and were left out\n", r.bad)
	}
	if !deterministic(r.w.Input) {
		r.printf("the plan has functions that need not give the same again\n")
	}
	if r.commit == nil {
		r.printf("%d rows; the batch was never committed\n", written)
		return nil
	}
	if written != r.commit.Written {
		return fmt.Errorf("the replay gives %d rows, and the batch gave %d when it was committed: its input or the program have changed", written, r.commit.Written)
	}
	if len(r.start.plan.State) > 0 {
		differs, err := r.stateDiffers(ctx, now)
		if err != nil {
			return err
		}
		if differs != "" {
			return fmt.Errorf("the replay leaves another state than the batch left when it was committed: %s; its input or the program have changed", differs)
		}
	}
	r.printf("%d rows, as when it was committed, and the same state\n", written)
	return nil
}

// stateDiffers returns the first change of the state that is another than the one
// that was committed; "" where there is none.
func (r *replaying) stateDiffers(ctx context.Context, now []stateread.Change) (string, error) {
	after, err := stateread.Load(ctx, r.files, r.Batch)
	if err != nil {
		return "", err
	}
	var then []string
	err = stateread.Diff(ctx, r.before, after, stateread.Choice{}, func(c stateread.Change) error {
		text, err := json.Marshal(c)
		then = append(then, string(text))
		return err
	})
	if err != nil {
		return "", err
	}
	for i, c := range now {
		text, err := json.Marshal(c)
		if err != nil {
			return "", err
		}
		if i >= len(then) || then[i] != string(text) {
			return fmt.Sprintf("%s, %s %s", c.Operator, c.State, c.Key), nil
		}
	}
	if len(then) > len(now) {
		return then[len(now)], nil
	}
	return "", nil
}
