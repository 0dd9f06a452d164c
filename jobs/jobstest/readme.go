package jobstest

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/riffledata/riffle/jobs"
)

var (
	// a row of the table of statements: its number, the statement, ours
	numbered = regexp.MustCompile(`(?m)^\| (\d+) \| (.*?) \| (.*) \|$`)
	// the file that the code before it is in
	placed  = regexp.MustCompile(` in \[([^\]]+)\]\(([^)]+)\)`)
	snippet = regexp.MustCompile("``(.+?)``|`([^`]+)`")
)

// Readme checks README.md beside the test: its table of statements has so many
// rows, the code that a row names is where it says, and every flag that a command
// of the page gives is one of the pipeline's.
func Readme(t *testing.T, p *jobs.Pipeline, rows int) {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range numbered.FindAllStringSubmatch(string(page), -1) {
		if n++; row[1] != strconv.Itoa(n) {
			t.Errorf("row %d has the number %s: %s", n, row[1], row[0])
		}
		from := 0
		for _, at := range placed.FindAllStringSubmatchIndex(row[3], -1) {
			text, label, file := row[3][from:at[0]], row[3][at[2]:at[3]], row[3][at[4]:at[5]]
			from = at[1]
			source, err := os.ReadFile(file)
			if err != nil || label != file {
				t.Errorf("row %d links to %s, %s: %v", n, label, file, err)
			}
			for _, code := range snippet.FindAllStringSubmatch(text, -1) {
				if code := code[1] + code[2]; !strings.Contains(string(source), code) {
					t.Errorf("row %d: %s has no %q", n, file, code)
				}
			}
		}
		if from == 0 {
			t.Errorf("row %d names no code: %s", n, row[0])
		}
	}
	if n != rows {
		t.Errorf("%d rows, want %d", n, rows)
	}
	flags(t, p, string(page))
}

var flag = regexp.MustCompile(`(?m)(?:^|[ \x60(])--([a-z0-9-]+)`)

func flags(t *testing.T, p *jobs.Pipeline, page string) {
	t.Helper()
	var help strings.Builder
	if code := p.Call("job", []string{"--help"}, nil, &help, &help); code != jobs.ExitDone {
		t.Fatalf("--help: exit code %d: %s", code, help.String())
	}
	for _, f := range flag.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(help.String(), " --"+f[1]+" ") {
			t.Errorf("the page names a flag --%s, which there is not", f[1])
		}
	}
}
