package types

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"golang.org/x/text/width"
)

// Table is rows of text, to be printed in the form of Spark's show.
type Table struct {
	Names []string
	// Rows have a text for each name.
	Rows [][]string
	// Truncate is the number of characters after which a value is cut, the last
	// three of them dots; 0: none is.
	Truncate int
	// More tells that there are rows behind the last.
	More bool
}

// Cell returns row i of a column of text as a cell of a Table: NULL for null.
func Cell(col arrow.Array, i int) string {
	if col.IsNull(i) {
		return "NULL"
	}
	return Value(col, i).(string)
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

// texts returns names and rows as they are printed.
func (t Table) texts() (names []string, rows [][]string) {
	for _, name := range t.Names {
		names = append(names, escapes.Replace(name))
	}
	for _, row := range t.Rows {
		out := make([]string, len(row))
		for i, text := range row {
			out[i] = truncate(text, t.Truncate)
		}
		rows = append(rows, out)
	}
	return names, rows
}

// String returns the table between rules. Values that may be cut stand at the
// right, as in Spark; whole ones at the left.
func (t Table) String() string {
	names, rows := t.texts()
	widths := make([]int, len(names))
	for c := range names {
		widths[c] = max(3, cells(names[c]))
		for _, row := range rows {
			widths[c] = max(widths[c], cells(row[c]))
		}
	}
	var b strings.Builder
	rule(&b, widths)
	line(&b, names, widths, t.Truncate == 0)
	rule(&b, widths)
	for _, row := range rows {
		line(&b, row, widths, t.Truncate == 0)
	}
	rule(&b, widths)
	t.foot(&b)
	return b.String()
}

func (t Table) foot(b *strings.Builder) {
	if t.More {
		fmt.Fprintf(b, "only showing top %s\n", plural(len(t.Rows)))
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

func rule(b *strings.Builder, widths []int) {
	b.WriteByte('+')
	for c, w := range widths {
		if c > 0 {
			b.WriteByte('+')
		}
		b.WriteString(strings.Repeat("-", w))
	}
	b.WriteString("+\n")
}

func line(b *strings.Builder, row []string, widths []int, left bool) {
	b.WriteByte('|')
	for c, text := range row {
		if c > 0 {
			b.WriteByte('|')
		}
		room := strings.Repeat(" ", widths[c]-cells(text))
		if left {
			b.WriteString(text + room)
		} else {
			b.WriteString(room + text)
		}
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

// Vertical returns the table with a line for each value.
func (t Table) Vertical() string {
	names, rows := t.texts()
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
		return b.String()
	}
	t.foot(&b)
	return b.String()
}
