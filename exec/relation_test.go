package exec_test

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/exec"
)

// In a batch query a table is what the rows, in their order, have left of it.
func TestAsTable(t *testing.T) {
	for _, opts := range [][]exec.Option{{exec.Cores(1)}, {exec.Cores(3), exec.NoOptimizer()}} {
		b := open(t, opts...)
		rows := b.frame("op STRING, id INT, v STRING", []any{"c", 1, "a"}, []any{"c", 2, "b"}, []any{"u", 1, "c"}, []any{"d", 2, "b"},
			[]any{"c", nil, "n"}, []any{"c", 3, nil}, []any{"c", 2, "back"}, []any{"d", 1, nil})
		for _, c := range []struct {
			what, want string
			got        []string
		}{
			{"by a condition", "[c,null,n] [c,3,null] [c,2,back]", rowsOf(t, rows.AsTable("id").DeletedWhen("op = 'd'"))},
			{"by nulls", "[null,n] [2,back]", rowsOf(t, rows.Drop("op").AsTable("ID"))},
			{"by two columns", "[c,2,back] [d,2,b] [u,1,c]", sorted(t, rows.AsTable("op", "id").Filter("v > 'a' AND id IS NOT NULL"))},
		} {
			if got := strings.Join(c.got, " "); got != c.want {
				t.Errorf("%s: %s, want %s", c.what, got, c.want)
			}
		}
	}
}

func TestAsTableMistakes(t *testing.T) {
	b := open(t)
	rows := b.frame("id INT, v STRING, m MAP<STRING, INT>")
	for want, err := range map[string]error{
		"a table without a key":                        rows.AsTable().Err(),
		"no column idd in (id, v, m); did you mean id": rows.AsTable("idd").Err(),
		"the key names ID twice":                       rows.AsTable("id", "ID").Err(),
		"a key needs equality, which m":                rows.AsTable("m").Err(),
		"call it right after AsTable":                  rows.DeletedWhen("id = 1").Err(),
		"no column x":                                  rows.AsTable("id").DeletedWhen("x = 1").Err(),
		"changes are +1 and -1, but v is string":       rows.AsChanges("v").Err(),
		"m (map<string,int>) has no equality":          rows.AsChanges("id").Err(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "relation_test.go:") {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// In a batch query changes leave what is not taken back.
func TestAsChanges(t *testing.T) {
	b := open(t)
	rows := b.frame("v STRING, c INT", []any{"a", 1}, []any{"b", -1}, []any{"a", 1}, []any{"b", 1}, []any{nil, 1}, []any{"a", -1}, []any{"a", 1})
	if got := strings.Join(rowsOf(t, rows.AsChanges("c")), " "); got != "[a] [a] [null]" {
		t.Error(got)
	}
	for _, c := range []struct {
		want string
		row  []any
	}{
		{"the change of a row is 2; it must be 1", []any{"a", 2}}, {"the change of a row is (null)", []any{"a", nil}},
		{"the row (x) is taken back 1 times more", []any{"x", -1}},
	} {
		_, err := b.frame("v STRING, c INT", c.row).AsChanges("c").Collect(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
