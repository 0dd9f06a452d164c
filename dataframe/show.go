package dataframe

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// ShowOption changes what Show prints.
type ShowOption func(*showConfig)

type showConfig struct {
	rows, truncate int
	vertical       bool
}

// ShowRows sets the most rows that are shown. Default 20.
func ShowRows(n int) ShowOption { return func(c *showConfig) { c.rows = max(n, 0) } }

// ShowTruncate sets the width at which a value is cut. Default 20; 0: never.
func ShowTruncate(n int) ShowOption { return func(c *showConfig) { c.truncate = max(n, 0) } }

// ShowVertical shows a line for each value.
func ShowVertical() ShowOption { return func(c *showConfig) { c.vertical = true } }

// Show prints the first rows as a table, in Spark's form.
func (d *DataFrame) Show(ctx context.Context, opts ...ShowOption) error {
	text, err := d.showString(ctx, "Show", opts)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(d.session.out, text)
	return err
}

// ShowString returns what Show prints, without the empty line at the end.
func (d *DataFrame) ShowString(ctx context.Context, opts ...ShowOption) (string, error) {
	return d.showString(ctx, "ShowString", opts)
}

func (d *DataFrame) showString(ctx context.Context, op string, opts []ShowOption) (string, error) {
	c := showConfig{rows: 20, truncate: 20}
	for _, opt := range opts {
		opt(&c)
	}
	cells, err := d.texts(ctx, op, c.rows+1)
	if err != nil {
		return "", err
	}
	t := types.Table{Names: d.node.Schema().Names(), Rows: cells[:min(len(cells), c.rows)], Truncate: c.truncate, More: len(cells) > c.rows}
	if c.vertical {
		return t.Vertical(), nil
	}
	return t.String(), nil
}

// texts computes the first n rows with every value as text, NULL for null.
func (d *DataFrame) texts(ctx context.Context, op string, n int) ([][]string, error) {
	if d.err != nil {
		return nil, d.err
	}
	list := d.all()
	for i, e := range list {
		text, err := expr.BindCall(expr.NewCall("to_pretty_string", e))
		if err != nil {
			return nil, err
		}
		list[i] = expr.As(text, expr.OutputName(e))
	}
	limit := &plan.Limit{Input: d.node, Rows: int64(n)}
	shown := &DataFrame{d.session, plan.ProjectOf(limit, list), nil}
	recs, err := shown.toArrow(ctx, op)
	if err != nil {
		return nil, err
	}
	var out [][]string
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			row := make([]string, rec.NumCols())
			for c := range row {
				row[c] = types.Cell(rec.Column(c), i)
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// PrintSchema prints the tree of names, types and nullability.
func (d *DataFrame) PrintSchema() error {
	if d.err != nil {
		return d.err
	}
	_, err := fmt.Fprint(d.session.out, d.node.Schema().Tree())
	return err
}
