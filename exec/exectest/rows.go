package exectest

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
)

// Rows reads a stream to its end, closes it, and returns its rows as sorted
// lines, for answers whose order is free. Line says how a row looks.
func Rows(t testing.TB, s batch.Stream) []string {
	t.Helper()
	lines := Lines(t, s)
	sort.Strings(lines)
	return lines
}

// Lines is like Rows, and leaves the rows in the order they came in.
func Lines(t testing.TB, s batch.Stream) []string {
	t.Helper()
	var lines []string
	for _, b := range Batches(t, s) {
		for i := range b.NumRows() {
			row := i
			if b.Sel != nil {
				row = int(b.Sel[i])
			}
			lines = append(lines, Line(b, row))
		}
	}
	return lines
}

// Batches reads a stream to its end and closes it. It fails the test on an
// error, and where the stream breaks its contract: a batch without rows or of
// another schema, changes of another length, a selection that does not ascend.
func Batches(t testing.TB, s batch.Stream) []batch.Batch {
	t.Helper()
	var out []batch.Batch
	for {
		b, err := s.Next(t.Context())
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			_ = s.Close() // the first error tells more
			t.Fatalf("%s: after %d batches: %v", s, len(out), err)
		}
		if msg := broken(s.Schema(), b); msg != "" {
			t.Fatalf("%s: batch %d %s", s, len(out), msg)
		}
		out = append(out, b)
	}
	if _, err := s.Next(t.Context()); !batch.IsEnd(err) {
		t.Fatalf("%s: after its end Next returns %v instead of io.EOF", s, err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("%s: closing it: %v", s, err)
	}
	return out
}

// broken says what is wrong with a batch of a stream of schema, or "".
func broken(schema *arrow.Schema, b batch.Batch) string {
	rows := int(b.Record.NumRows())
	switch {
	case b.NumRows() == 0:
		return "has no rows that count"
	case !b.Record.Schema().Equal(schema):
		return fmt.Sprintf("is of %s, the stream of %s", b.Record.Schema(), schema)
	case b.Changes != nil && len(b.Changes) != rows:
		return fmt.Sprintf("has %d changes for %d rows", len(b.Changes), rows)
	}
	for i, row := range b.Sel {
		if row < 0 || int(row) >= rows {
			return fmt.Sprintf("selects row %d of %d", row, rows)
		}
		if i > 0 && b.Sel[i-1] >= row {
			return fmt.Sprintf("selects rows %d, %d; a selection ascends", b.Sel[i-1], row)
		}
	}
	for i, c := range b.Changes {
		if c != 1 && c != -1 {
			return fmt.Sprintf("has the change %d at row %d of %d; a change is +1 or -1", c, i, rows)
		}
	}
	return ""
}

// Line returns row number row of b.Record as text: its values, separated by
// " | ", behind "+ " or "- " if the batch has changes. A null is NULL; a string
// that is empty, that could be mistaken or that does not print is quoted.
func Line(b batch.Batch, row int) string {
	var out strings.Builder
	if b.Changes != nil {
		out.WriteString(map[bool]string{true: "+ ", false: "- "}[b.Change(row) > 0])
	}
	for c := range b.Record.Columns() {
		if c > 0 {
			out.WriteString(" | ")
		}
		out.WriteString(Value(b.Record.Column(c), row))
	}
	return out.String()
}

// Value returns one value as Line writes it.
func Value(column arrow.Array, row int) string {
	if column.IsNull(row) {
		return "NULL"
	}
	text := column.ValueStr(row)
	json := arrow.IsNested(column.DataType().ID()) // has quotes of its own
	plain := json || strconv.Quote(text) == `"`+text+`"` && !strings.Contains(text, "|")
	if !plain || text == "" || text == "NULL" || strings.TrimSpace(text) != text {
		return strconv.Quote(text)
	}
	return text
}
