package dataframe

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/text/width"

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
	more := len(cells) > c.rows
	cells = cells[:min(len(cells), c.rows)]
	for _, row := range cells {
		for i := range row {
			row[i] = truncate(row[i], c.truncate)
		}
	}
	names := d.node.Schema().Names()
	for i := range names {
		names[i] = truncate(names[i], c.truncate)
	}
	if c.vertical {
		return vertical(names, cells, more), nil
	}
	return table(names, cells, c.truncate == 0, more), nil
}

// texts computes the first n rows with every value as text, NULL for null.
func (d *DataFrame) texts(ctx context.Context, op string, n int) ([][]string, error) {
	if d.err != nil {
		return nil, d.err
	}
	list := d.all()
	for i, e := range list {
		list[i] = expr.As(&expr.Cast{Child: e, To: types.String}, expr.OutputName(e))
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
				row[c] = "NULL"
				if col := rec.Column(c).(*array.String); col.IsValid(i) {
					row[c] = strings.Clone(col.Value(i))
				}
			}
			out = append(out, row)
		}
	}
	return out, nil
}

var escapes = strings.NewReplacer("\n", "\\n", "\r", "\\r", "\t", "\\t", "\f", "\\f", "\b", "\\b", "\v", "\\v", "\a", "\\a")

// truncate cuts a text to n characters, the last three of them dots.
func truncate(s string, n int) string {
	s = escapes.Replace(s)
	if n == 0 || utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	if n < 4 {
		return string(r[:n])
	}
	return string(r[:n-3]) + "..."
}

// table draws rows under names: aligned right, or left where nothing was cut.
func table(names []string, rows [][]string, left, more bool) string {
	widths := make([]int, len(names))
	for c := range names {
		widths[c] = max(3, cells(names[c]))
		for _, row := range rows {
			widths[c] = max(widths[c], cells(row[c]))
		}
	}
	var b strings.Builder
	rule(&b, widths)
	line(&b, names, widths, left)
	rule(&b, widths)
	for _, row := range rows {
		line(&b, row, widths, left)
	}
	rule(&b, widths)
	if more {
		fmt.Fprintf(&b, "only showing top %s\n", plural(len(rows)))
	}
	return b.String()
}

func plural(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func rule(b *strings.Builder, widths []int) {
	for _, w := range widths {
		b.WriteString("+" + strings.Repeat("-", w))
	}
	b.WriteString("+\n")
}

func line(b *strings.Builder, row []string, widths []int, left bool) {
	for c, text := range row {
		pad := strings.Repeat(" ", widths[c]-cells(text))
		if left {
			text, pad = pad, text
		}
		b.WriteString("|" + pad + text)
	}
	b.WriteString("|\n")
}

// cells is the width of a text on a terminal: two for East Asian wide letters.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

func vertical(names []string, rows [][]string, more bool) string {
	nameWidth, valueWidth := 3, 3
	for c, name := range names {
		nameWidth = max(nameWidth, cells(name))
		for _, row := range rows {
			valueWidth = max(valueWidth, cells(row[c]))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		head := fmt.Sprintf("-RECORD %d", i)
		b.WriteString(head + strings.Repeat("-", max(0, nameWidth+valueWidth+5-len(head))) + "\n")
		for c, text := range row {
			fmt.Fprintf(&b, " %s%s | %s%s \n", names[c], strings.Repeat(" ", nameWidth-cells(names[c])),
				text, strings.Repeat(" ", valueWidth-cells(text)))
		}
	}
	if len(rows) == 0 {
		b.WriteString("(0 rows)\n")
	}
	if more {
		fmt.Fprintf(&b, "only showing top %s\n", plural(len(rows)))
	}
	return b.String()
}

// PrintSchema prints the tree of names, types and nullability.
func (d *DataFrame) PrintSchema() error {
	if d.err != nil {
		return d.err
	}
	_, err := fmt.Fprint(d.session.out, d.node.Schema().Tree())
	return err
}
