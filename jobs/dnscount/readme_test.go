package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	// a row of the two tables: its number, the notebook's side, ours
	numbered = regexp.MustCompile(`(?m)^\| (\d+) \| (.*?) \| (.*) \|$`)
	// the file that the code before it is in
	placed  = regexp.MustCompile(` in \[([^\]]+)\]\(([^)]+)\)`)
	snippet = regexp.MustCompile("``(.+?)``|`([^`]+)`")
)

// Every step of the notebook and every call has a row, and the code that a row
// names is where it says.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	steps, calls, found := 0, 0, 0
	for _, row := range numbered.FindAllStringSubmatch(string(page), -1) {
		n, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case n == steps+1 && calls == 0 && steps < 13:
			steps++
		case n == calls+1:
			calls++
		default:
			t.Errorf("row %d is out of order: %s", n, row[0])
		}
		from := 0
		for _, at := range placed.FindAllStringSubmatchIndex(row[3], -1) {
			text, label, file := row[3][from:at[0]], row[3][at[2]:at[3]], row[3][at[4]:at[5]]
			from = at[1]
			if label != file {
				t.Errorf("%s links to %s", label, file)
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, code := range snippet.FindAllStringSubmatch(text, -1) {
				found++
				if code := code[1] + code[2]; !strings.Contains(string(source), code) {
					t.Errorf("row %d: %s has no %q", n, file, code)
				}
			}
		}
	}
	if steps != 13 || calls != 17 {
		t.Errorf("%d steps and %d calls, want 13 and 17", steps, calls)
	}
	if found < 30 {
		t.Errorf("only %d pieces of code were found in the tables", found)
	}
}

// The schema in the page is the one that the job prints.
func TestReadmeSchema(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.inputs = []string{write(t, "dns.log", "")}
	result := counts(events(c.records(session(t.Context(), t))), c.domain())
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	tree := result.Schema().Tree()
	if !strings.Contains(string(page), "```\n"+strings.TrimSpace(tree)+"\n```") {
		t.Errorf("the page does not show\n%s", tree)
	}
}
