package exec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

func joinSides(b *bench) (left, right *dataframe.DataFrame) {
	left = b.frame("id INT, v STRING", []any{1, "a"}, []any{2, "b"}, []any{2, "c"}, []any{3, "d"}, []any{nil, "e"})
	right = b.frame("id BIGINT, w INT", []any{2, 20}, []any{2, 21}, []any{3, nil}, []any{4, 40}, []any{nil, 50})
	return left, right
}

// What each type of join gives: pairs in the order of the left side and, for
// each left row, of the right one; nulls match nothing.
func TestJoinTypes(t *testing.T) {
	pairs := "[2,b,2,20] [2,b,2,21] [2,c,2,20] [2,c,2,21] [3,d,3,null]"
	for _, c := range []struct {
		how  dataframe.JoinType
		want string
	}{
		{dataframe.Inner, pairs},
		{dataframe.Left, "[1,a,null,null] " + pairs + " [null,e,null,null]"},
		{dataframe.Right, pairs + " [null,null,4,40] [null,null,null,50]"},
		{dataframe.Full, "[1,a,null,null] " + pairs + " [null,e,null,null] [null,null,4,40] [null,null,null,50]"},
		{dataframe.Semi, "[2,b] [2,c] [3,d]"},
		{dataframe.Anti, "[1,a] [null,e]"},
		{"left_outer", "[1,a,null,null] " + pairs + " [null,e,null,null]"},
	} {
		for _, opts := range [][]exec.Option{{exec.Cores(1)}, {exec.Cores(3)}, {exec.NoOptimizer()}} {
			b := open(t, opts...)
			left, right := joinSides(b)
			got := rowsOf(t, left.Alias("l").Join(right.Alias("r"), fn.Col("l.id").Eq(fn.Col("r.id")), c.how))
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("%s:\n%s, want\n%s", c.how, text, c.want)
			}
		}
	}
}

func TestJoinUsing(t *testing.T) {
	b := open(t)
	left, right := joinSides(b)
	for _, c := range []struct {
		how        dataframe.JoinType
		cols, want string
	}{
		{dataframe.Inner, "[id v w]", "[2,b,20] [2,b,21] [2,c,20] [2,c,21] [3,d,null]"},
		{dataframe.Left, "[id v w]", "[1,a,null] [2,b,20] [2,b,21] [2,c,20] [2,c,21] [3,d,null] [null,e,null]"},
		{dataframe.Right, "[id v w]", "[2,b,20] [2,b,21] [2,c,20] [2,c,21] [3,d,null] [4,null,40] [null,null,50]"},
		{dataframe.Full, "[id v w]", "[1,a,null] [2,b,20] [2,b,21] [2,c,20] [2,c,21] [3,d,null] [null,e,null] [4,null,40] [null,null,50]"},
		{dataframe.Anti, "[id v]", "[1,a] [null,e]"},
	} {
		j := left.Join(right, fn.Using("ID"), c.how)
		if got := strings.Join(rowsOf(t, j), " "); got != c.want || fmt.Sprint(j.Columns()) != c.cols {
			t.Errorf("%s: %v\n%s, want\n%s", c.how, j.Columns(), got, c.want)
		}
	}
}

// Conditions of every kind: null-safe keys, keys that are computed, what is left
// of them, none at all.
func TestJoinConditions(t *testing.T) {
	for _, c := range []struct {
		cond string
		how  dataframe.JoinType
		want string
	}{
		{"l.id <=> r.id", dataframe.Inner, "[2,b,2,20] [2,b,2,21] [2,c,2,20] [2,c,2,21] [3,d,3,null] [null,e,null,50]"},
		{"r.id = l.id + 1 AND r.w > 20", dataframe.Inner, "[1,a,2,21] [3,d,4,40]"},
		{"r.id = l.id AND r.w > 20", dataframe.Left, "[1,a,null,null] [2,b,2,21] [2,c,2,21] [3,d,null,null] [null,e,null,null]"},
		{"r.id = l.id AND r.w > 20", dataframe.Semi, "[2,b] [2,c]"},
		{"r.id = l.id AND r.w > 20", dataframe.Anti, "[1,a] [3,d] [null,e]"},
		{"l.id < r.id AND w < 40", dataframe.Inner, "[1,a,2,20] [1,a,2,21]"},
		{"l.id < r.id AND w < 40", dataframe.Right, "[1,a,2,20] [1,a,2,21] [null,null,3,null] [null,null,4,40] [null,null,null,50]"},
		{"l.id > 2 AND r.w = 50", dataframe.Full, "[1,a,null,null] [2,b,null,null] [2,c,null,null] [3,d,null,50] [null,e,null,null] [null,null,2,20] [null,null,2,21] [null,null,3,null] [null,null,4,40]"},
		{"false", dataframe.Left, "[1,a,null,null] [2,b,null,null] [2,c,null,null] [3,d,null,null] [null,e,null,null]"},
		{"true", dataframe.Semi, "[1,a] [2,b] [2,c] [3,d] [null,e]"},
	} {
		for _, opts := range [][]exec.Option{{exec.Cores(2)}, {exec.NoOptimizer()}} {
			b := open(t, opts...)
			left, right := joinSides(b)
			got := strings.Join(rowsOf(t, left.Alias("l").Join(right.Alias("r"), fn.Expr(c.cond), c.how)), " ")
			if got != c.want {
				t.Errorf("%s join on %s:\n%s, want\n%s", c.how, c.cond, got, c.want)
			}
		}
	}
	b := open(t)
	left, right := joinSides(b)
	if got := len(rowsOf(t, left.CrossJoin(right))); got != 25 {
		t.Errorf("a cross join of 5 and 5 rows has %d", got)
	}
}

// A dataframe can be joined with itself, and a join with a third.
func TestJoinChains(t *testing.T) {
	b := open(t)
	left, right := joinSides(b)
	self := left.Alias("a").Join(left.Alias("b"), fn.Col("a.id").Eq(fn.Col("b.id")).And(fn.Col("a.v").Lt(fn.Col("b.v"))), dataframe.Inner).
		Join(right.Alias("r"), fn.Col("r.id").Eq(fn.Col("b.id")), dataframe.Inner).Select(fn.Col("a.v"), fn.Col("b.v"), fn.Col("r.*")).OrderBy(fn.Col("w"))
	if got := rowsOf(t, self); !slices.Equal(got, []string{"[b,c,2,20]", "[b,c,2,21]"}) {
		t.Error(got)
	}
}

// The side that is held has a budget, and the error says what to do.
func TestJoinBudget(t *testing.T) {
	b := open(t)
	if err := b.Conf().Set("riffle.join.bytes", "100"); err != nil {
		t.Fatal(err)
	}
	left, right := joinSides(b)
	_, err := left.Join(right, fn.Using("id"), dataframe.Inner).Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "raise riffle.join.bytes") || !strings.Contains(err.Error(), "the right side") {
		t.Error(err)
	}
}

// A stream is joined with what is no stream: by default as that was when the
// query began, and by a setting as it is at each batch.
func TestJoinStatic(t *testing.T) {
	for _, how := range []string{"cache", "reread"} {
		b := open(t)
		if err := b.Conf().Set("riffle.join.static", how); err != nil {
			t.Fatal(err)
		}
		names, frame := b.stream("names", "id INT, name STRING")
		names.Append(record(t, "id INT, name STRING", []any{1, "one"}, []any{2, "two"}))
		first := start(t, frame.WriteStream().Format("memory").QueryName("names"))
		settle(t, first)
		table := b.Table("names")
		events, stream := b.stream("events", "id INT, v INT")
		left := start(t, stream.Join(table, fn.Using("id"), dataframe.Left).WriteStream().Format("memory").QueryName("lefts"))
		right := start(t, table.Join(stream, fn.Using("id"), dataframe.Inner).WriteStream().Format("memory").QueryName("rights"))
		feed := func(rows ...[]any) {
			events.Append(record(t, "id INT, v INT", rows...))
			settle(t, left)
			settle(t, right)
		}
		feed([]any{1, 10}, []any{3, 30}, []any{nil, 0})
		names.Append(record(t, "id INT, name STRING", []any{3, "three"}))
		settle(t, first)
		feed([]any{3, 31})
		third := map[string]string{"cache": "null", "reread": "three"}[how]
		check := func(name, want string) {
			if got := strings.Join(rowsOf(t, b.Table(name)), " "); got != want {
				t.Errorf("%s, %s: %s, want %s", how, name, got, want)
			}
		}
		check("lefts", "[1,10,one] [3,30,null] [null,0,null] [3,31,"+third+"]")
		check("rights", map[string]string{"cache": "[1,one,10]", "reread": "[1,one,10] [3,three,31]"}[how])
	}
}
