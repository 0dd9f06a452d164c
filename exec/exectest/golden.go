package exectest

import (
	"sort"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// Command answers one command of a golden. d.Input is the text under the
// command, d.HasArg and d.ScanArgs give its arguments. The answer is compared
// with what stands in the file; an error is answered as "error: ..." and is as
// good an answer as any.
type Command func(t *testing.T, d *datadriven.TestData) (string, error)

// Golden runs all files under dir (usually "testdata"). Each file is a story of
// commands and answers, with comments that say why:
//
//	# A limit stops reading once it has its rows.
//
//	feed
//	a | 1
//	b | 2
//	----
//	2 rows
//
// setup returns the commands for one file, so that files share nothing. To renew
// the answers: go test -run NAME ./PACKAGE -rewrite.
func Golden(t *testing.T, dir string, setup func(t *testing.T) map[string]Command) {
	t.Helper()
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		commands := setup(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			t.Helper()
			run, ok := commands[d.Cmd]
			if !ok {
				d.Fatalf(t, "no command %q; there are %s", d.Cmd, names(commands))
			}
			answer, err := run(t, d)
			if err != nil {
				answer = "error: " + err.Error()
			}
			if answer == "" {
				return "ok\n"
			}
			return strings.TrimRight(answer, "\n") + "\n"
		})
	})
}

func names(commands map[string]Command) string {
	out := make([]string, 0, len(commands))
	for name := range commands {
		out = append(out, name)
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}
