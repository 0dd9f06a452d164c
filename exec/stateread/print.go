package stateread

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
)

// Printer writes what a state holds, for people or, with JSON, a JSON object a
// line.
type Printer struct {
	Out  io.Writer
	JSON bool
	// Limit is the most rows that are written; 0 is all.
	Limit int
}

// table begins the columns of a table.
func (p Printer) table(head string) *tabwriter.Writer {
	t := tabwriter.NewWriter(p.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, head)
	return t
}

// line writes an object.
func (p Printer) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s\n", text)
	return err
}

// Sizes lists the states of the operators and how much they hold after a batch; in
// all, after each batch that the checkpoint keeps.
func (p Printer) Sizes(ctx context.Context, s store.Store, batch int64, all bool) error {
	batches := []int64{batch}
	if all {
		var err error
		if batches, err = Kept(ctx, s); err != nil {
			return err
		}
	}
	var t *tabwriter.Writer
	if !p.JSON {
		t = p.table("BATCH\tOPERATOR\tSTATE\tROWS\tKEY BYTES\tVALUE BYTES\tKEY\tVALUE")
	}
	for _, b := range batches {
		v, err := Load(ctx, s, b)
		if err != nil {
			return err
		}
		sizes, err := v.Sizes(ctx)
		if err != nil {
			return err
		}
		for _, z := range sizes {
			if p.JSON {
				err = p.line(z)
			} else {
				_, err = fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", z.Batch, z.Operator, z.State, z.Rows, z.KeyBytes, z.ValueBytes, or(z.Key), or(z.Value))
			}
			if err != nil {
				return err
			}
		}
	}
	if t == nil {
		return nil
	}
	return t.Flush()
}

func or(ddl string) string {
	if ddl == "" {
		return "bytes"
	}
	return ddl
}

// Get writes the pairs of a choice after a batch whose keys have some values, as
// Version.Each finds them. That there is none is an error.
func (p Printer) Get(ctx context.Context, s store.Store, batch int64, c Choice, key json.RawMessage) error {
	v, err := Load(ctx, s, batch)
	if err != nil {
		return err
	}
	var t *tabwriter.Writer
	if !p.JSON {
		t = p.table("OPERATOR\tSTATE\tGROUP\tKEY\tVALUE")
	}
	n := 0
	err = v.Each(ctx, c, key, func(e Entry) error {
		if p.Limit > 0 && n == p.Limit {
			return state.ErrStop
		}
		n++
		if p.JSON {
			return p.line(e)
		}
		_, err := fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", e.Operator, e.State, e.Group, e.Key, e.Value)
		return err
	})
	return p.end(t, n, err, fmt.Sprintf("no pair of the state after batch %d", v.Batch), key)
}

// Diff writes the pairs of a choice that differ between the states after two
// batches.
func (p Printer) Diff(ctx context.Context, s store.Store, from, to int64, c Choice) error {
	a, err := Load(ctx, s, from)
	if err != nil {
		return err
	}
	b, err := Load(ctx, s, to)
	if err != nil {
		return err
	}
	var t *tabwriter.Writer
	if !p.JSON {
		t = p.table("OPERATOR\tSTATE\tGROUP\tKEY\tBEFORE\tAFTER")
	}
	n := 0
	err = Diff(ctx, a, b, c, func(d Change) error {
		if p.Limit > 0 && n == p.Limit {
			return state.ErrStop
		}
		n++
		if p.JSON {
			return p.line(d)
		}
		_, err := fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\n", d.Operator, d.State, d.Group, d.Key, orDash(d.Before), orDash(d.After))
		return err
	})
	return p.end(t, max(n, 1), err, "", nil)
}

func orDash(text json.RawMessage) string {
	if text == nil {
		return "-"
	}
	return string(text)
}

// end ends a table of n rows.
func (p Printer) end(t *tabwriter.Writer, n int, err error, none string, key json.RawMessage) error {
	if err == state.ErrStop { //nolint:errorlint // our own, as it is
		err = nil
	}
	if err == nil && n == 0 {
		if key != nil {
			none += fmt.Sprintf(" has the key %s", key)
		} else {
			none += " is there"
		}
		return fmt.Errorf("%s; \"riffle state ls\" lists what there is", none)
	}
	if t == nil || err != nil {
		return err
	}
	return t.Flush()
}
