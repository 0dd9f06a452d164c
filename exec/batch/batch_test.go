package batch

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

// numbers is a record of the rows 0, 1, ... n-1.
func numbers(t interface{ Fatal(...any) }, n int) arrow.RecordBatch {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = []any{int64(i)}
	}
	rec, err := types.Record(types.NewSchema(types.Field{Name: "n", Type: types.Long}), rows)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// counted lists the rows that count, each with its change: "3+" or "3-".
func counted(b Batch) []string {
	values := b.Record.Column(0).(*array.Int64)
	out := make([]string, b.NumRows())
	for k := range out {
		i := k
		if b.Sel != nil {
			i = int(b.Sel[k])
		}
		sign := "+"
		if b.Change(i) < 0 {
			sign = "-"
		}
		out[k] = fmt.Sprint(values.Value(i), sign)
	}
	return out
}

func TestBatch(t *testing.T) {
	changes := []int8{1, -1, 1, -1, 1}
	for _, c := range []struct {
		what     string
		changes  []int8
		sel      []int32
		all      string
		from, to int
		part     string
	}{
		{"plain", nil, nil, "[0+ 1+ 2+ 3+ 4+]", 1, 3, "[1+ 2+]"},
		{"changes", changes, nil, "[0+ 1- 2+ 3- 4+]", 1, 4, "[1- 2+ 3-]"},
		{"selection", nil, []int32{0, 2, 4}, "[0+ 2+ 4+]", 1, 3, "[2+ 4+]"},
		{"changes and selection", changes, []int32{1, 2, 3}, "[1- 2+ 3-]", 0, 2, "[1- 2+]"},
		{"nothing of it", changes, nil, "[0+ 1- 2+ 3- 4+]", 2, 2, "[]"},
		{"all of it", changes, []int32{3, 4}, "[3- 4+]", 0, 2, "[3- 4+]"},
		{"none selected", nil, []int32{}, "[]", 0, 0, "[]"},
	} {
		b := Batch{numbers(t, 5), c.changes, c.sel}
		part := b.Slice(c.from, c.to)
		if got := fmt.Sprint(counted(b)); got != c.all {
			t.Errorf("%s: %s count, want %s", c.what, got, c.all)
		}
		if got := fmt.Sprint(counted(part)); got != c.part {
			t.Errorf("%s: [%d,%d) is %s, want %s", c.what, c.from, c.to, got, c.part)
		}
		if (part.Sel == nil) != (c.sel == nil) || (part.Changes == nil) != (c.changes == nil) {
			t.Errorf("%s: the slice has other parts: %+v", c.what, part)
		}
	}
}

// Slicing is slicing the rows that count, however often and whatever the form.
func TestSliceOfSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		b := Batch{Record: numbers(t, n)}
		if rapid.Bool().Draw(t, "changes") {
			b.Changes = rapid.SliceOfN(rapid.SampledFrom([]int8{1, -1}), n, n).Draw(t, "change")
		}
		if rapid.Bool().Draw(t, "selection") {
			b.Sel = []int32{}
			for i := range n {
				if rapid.Bool().Draw(t, "selected") {
					b.Sel = append(b.Sel, int32(i))
				}
			}
		}
		want := counted(b)
		for range 3 {
			from := rapid.IntRange(0, b.NumRows()).Draw(t, "from")
			to := rapid.IntRange(from, b.NumRows()).Draw(t, "to")
			b, want = b.Slice(from, to), want[from:to]
			if got := counted(b); !slices.Equal(got, want) {
				t.Fatalf("[%d,%d) is %v, want %v", from, to, got, want)
			}
		}
	})
}

// The views of buffers heed an array's offset, and need no buffers of empty ones.
func TestViews(t *testing.T) {
	rec := numbers(t, 5)
	if got := Values[int64](rec.NewSlice(2, 4).Column(0)); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("rows 2 and 3 are %v", got)
	}
	if got := Values[int64](rec.NewSlice(2, 2).Column(0)); len(got) != 0 {
		t.Errorf("no rows are %v", got)
	}
	texts, err := types.Record(types.NewSchema(types.Field{Name: "s", Type: types.String, Nullable: true}), [][]any{{"ab"}, {""}, {nil}, {"cde"}})
	if err != nil {
		t.Fatal(err)
	}
	offsets, data := Texts(texts.NewSlice(1, 4).Column(0))
	var got []string
	for i := range len(offsets) - 1 {
		got = append(got, string(data[offsets[i]:offsets[i+1]]))
	}
	if !slices.Equal(got, []string{"", "", "cde"}) {
		t.Errorf("rows 1 to 3 are %q", got)
	}
	if offsets, data := Texts(texts.NewSlice(0, 0).Column(0)); !slices.Equal(offsets, []int32{0}) || len(data) != 0 {
		t.Errorf("no rows are %v, %q", offsets, data)
	}
	if got := len(Bytes([]int32{1, 2, 3})); got != 12 {
		t.Errorf("three values of 4 bytes are %d bytes", got)
	}
	if got := len(Bytes[int64](nil)); got != 0 {
		t.Errorf("no values are %d bytes", got)
	}
}

// The end is io.EOF itself: what wraps it is a failure.
func TestIsEnd(t *testing.T) {
	for err, want := range map[error]bool{
		nil: false, io.EOF: true, io.ErrUnexpectedEOF: false,
		fmt.Errorf("decoding: %w", io.EOF): false, errors.Join(io.EOF): false,
	} {
		if IsEnd(err) != want {
			t.Errorf("%v: %v, want %v", err, IsEnd(err), want)
		}
	}
}
