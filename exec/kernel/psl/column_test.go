package psl

import (
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// column holds the names; "-" is null.
func column(names []string) *array.String {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for _, n := range names {
		if n == "-" {
			b.AppendNull()
		} else {
			b.Append(n)
		}
	}
	return b.NewStringArray()
}

func rows(a *array.String) []string {
	out := make([]string, a.Len())
	for i := range out {
		out[i] = show(a.Value(i), a.IsValid(i))
	}
	return out
}

// The column gives what Domain gives, wherever the input is cut.
func TestColumn(t *testing.T) {
	names := []string{"-"}
	for _, w := range wants {
		names = append(names, w.name)
	}
	names = append(names, "-", "www.example.org")
	for mode := range Mode(3) {
		want := make([]string, len(names))
		for i, n := range names {
			if want[i] = show(Default().Domain(n, mode)); n == "-" {
				want[i] = "-"
			}
		}
		in := column(names)
		for from := range names {
			part := array.NewSlice(in, int64(from), int64(len(names))).(*array.String)
			got := Default().Column(part, nil, mode)
			if !slices.Equal(rows(got), want[from:]) || got.NullN() != count(want[from:], "-") {
				t.Fatalf("%s from %d: got %q, %d nulls, want %q", mode, from, rows(got), got.NullN(), want[from:])
			}
		}
	}
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// Rows outside the selection are empty and not null, whatever they hold.
func TestColumnSelection(t *testing.T) {
	in := column([]string{"-", "www.a.com", "b.com", "-", "x.lan", "c.d.co.uk"})
	for _, c := range []struct {
		sel  []int32
		want []string
	}{
		{[]int32{}, []string{"", "", "", "", "", ""}},
		{[]int32{1, 4}, []string{"", "a.com", "", "", "", ""}},
		{[]int32{0, 2, 5}, []string{"-", "", "b.com", "", "", "d.co.uk"}},
	} {
		if got := rows(Default().Column(in, c.sel, Extract)); !slices.Equal(got, c.want) {
			t.Errorf("selection %v: got %q, want %q", c.sel, got, c.want)
		}
	}
	if got := Default().Column(column(nil), nil, Extract); got.Len() != 0 {
		t.Errorf("an empty column gave %d rows", got.Len())
	}
}
