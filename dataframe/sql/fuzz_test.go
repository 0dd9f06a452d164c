package sql

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/plan"
)

// FuzzParse: no text makes the parser or the binder panic or hang, and every
// error is an *Error whose place is inside the text.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/expr.txt", "testdata/select.txt", "testdata/errors.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(strings.TrimSuffix(line, "\n"))
		}
	}
	f.Add("SELECT 'a\nb' -- \xff\n\t/* */ `x")
	f.Fuzz(func(t *testing.T, text string) {
		begin := cpuTime(t)
		_, err := ParseExpr(text)
		check(t, text, err)
		_, err = ParseList(text)
		check(t, text, err)
		_, err = ParseOrder(text)
		check(t, text, err)
		node, err := Query(text, known)
		check(t, text, err)
		if err == nil {
			plan.Format(node)
		}
		if d := cpuTime(t) - begin; d > 5*time.Second {
			t.Errorf("%d bytes took %s", len(text), d)
		}
	})
}

// cpuTime is what the process has used of processors: how much work something is
// does not depend on what else the machine does.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func check(t *testing.T, text string, err error) {
	if err == nil {
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %T without a place: %v", text, err, err)
	}
	if e.Pos < 0 || e.Pos > len(text) || e.Query != text || e.Err == nil || e.Msg == "" {
		t.Fatalf("%q: %+v", text, e)
	}
	if !strings.HasPrefix(e.Error(), "sql:") {
		t.Fatal(e.Error())
	}
}

// TestSeeds lexes statements of another dialect as well: whatever stands in
// them, the lexer returns.
func TestSeeds(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA does not name the folder of test data")
	}
	n := 0
	err := filepath.WalkDir(filepath.Join(root, "seeds-statements"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sql" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		// Some have a shell's backslash at the end of lines.
		if _, err := lex(string(text), &spark); err != nil && !strings.Contains(string(text), `\`) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		_, err = Parse(string(text))
		check(t, string(text), err)
		return nil
	})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
}

// TestHuge feeds texts that would exhaust the stack or double their work with
// each level.
func TestHuge(t *testing.T) {
	deep := func(n int, open, middle, shut string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(shut, n)
	}
	var views strings.Builder
	views.WriteString("WITH v0 AS (SELECT uid FROM conn)")
	for i := range 40 {
		a, b := string(rune('a'+i%26)), string(rune('a'+(i+1)%26))
		if i == 0 {
			a = "v0"
		}
		views.WriteString(", " + b + " AS (SELECT uid FROM " + a + " UNION ALL SELECT uid FROM " + a + ")")
	}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"brackets":   {"SELECT " + deep(100_000, "(", "1", ")"), false},
		"open":       {"SELECT " + strings.Repeat("(", 100_000), false},
		"not":        {"SELECT " + strings.Repeat("NOT ", 100_000) + "true", false},
		"minus":      {"SELECT " + strings.Repeat("- ", 100_000) + "1", false},
		"case":       {"SELECT " + deep(100_000, "CASE WHEN ", "true", " THEN 1 END"), false},
		"case value": {"SELECT " + deep(300, "CASE ", "1", " WHEN 1 THEN 2 WHEN 3 THEN 4 END"), false},
		"calls":      {"SELECT " + deep(100_000, "abs(", "1", ")"), false},
		"elements":   {"SELECT a" + strings.Repeat("[0]", 100_000), false},
		"casts":      {"SELECT 1" + strings.Repeat("::int", 100_000), false},
		"sum":        {"SELECT 1" + strings.Repeat(" + 1", 100_000), false},
		"subqueries": {"SELECT * FROM " + deep(100_000, "(SELECT * FROM ", "dns", ")"), false},
		"tables":     {"SELECT * FROM " + deep(100_000, "(", "dns", ")"), false},
		"types":      {"SELECT CAST(NULL AS " + deep(100_000, "array<", "int", ">") + ")", false},
		"with":       {views.String() + " SELECT * FROM o", false},
		"comments":   {"SELECT 1 " + deep(100_000, "/*", "", "*/"), true},
		"or":         {"SELECT * FROM dns WHERE bytes = 0" + strings.Repeat(" OR bytes = 1", 20_000), true},
		"in":         {"SELECT * FROM dns WHERE bytes IN (0" + strings.Repeat(", 1", 100_000) + ")", true},
		"list":       {"SELECT 1" + strings.Repeat(", 1", 10_000), true},
		"union":      {"SELECT 1" + strings.Repeat(" UNION SELECT 1", 1_000), true},
		"text":       {"SELECT '" + strings.Repeat("x", 10_000_000) + "' AS x", true},
		"texts":      {"SELECT " + strings.Repeat("'xx' ", 100_000) + "AS x", true},
		"name":       {"SELECT " + strings.Repeat("a.", 100_000) + "a FROM dns", false},
		"digits":     {"SELECT " + strings.Repeat("1", 1_000_000), false},
	} {
		t.Run(name, func(t *testing.T) {
			begin := cpuTime(t)
			_, err := Query(c.text, known)
			check(t, c.text, err)
			if (err == nil) != c.ok {
				t.Errorf("error: %v", err)
			}
			if d := cpuTime(t) - begin; d > 2*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}
