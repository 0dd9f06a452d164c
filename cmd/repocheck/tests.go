package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// report gathers what the tests said.
type report struct {
	out     io.Writer
	skips   []skip
	getenv  func(string) string
	said    map[[2]string]*strings.Builder // by package and test; "" is the package
	results []string                       // "ok  	package	1.2s", as go test prints them
	skipped []string                       // those not expected
	allowed int
	failed  int
}

// checkTests reads what go test -json writes: it prints what failed and each
// package's result, and finds the skips that the file skips does not name.
func checkTests(in io.Reader, out io.Writer, skips, summary string) error {
	text, err := os.ReadFile(skips)
	if err != nil {
		return fmt.Errorf("reading the expected skips: %w", err)
	}
	r := &report{out: out, getenv: os.Getenv, said: map[[2]string]*strings.Builder{}}
	if r.skips, err = parseSkips(string(text)); err != nil {
		return fmt.Errorf("reading %s: %w", skips, err)
	}
	if err := r.read(in); err != nil {
		return err
	}
	if summary != "" {
		if err := os.WriteFile(summary, []byte(r.summary()), 0o644); err != nil {
			return err
		}
	}
	return r.end(skips)
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // the go command speaking for itself
			} else {
				r.see(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the tests' output: %w", err)
		}
	}
}

func (r *report) see(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		if r.said[key] == nil {
			r.said[key] = &strings.Builder{}
		}
		r.said[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		text := ""
		if b := r.said[key]; b != nil {
			text = b.String()
		}
		delete(r.said, key)
		r.done(e, text)
	}
}

// done is called with the end of a test, or of a package, and all it said.
func (r *report) done(e event, text string) {
	if e.Action == "fail" {
		r.failed++
		fmt.Fprint(r.out, text)
	}
	if e.Test == "" {
		if result := resultLine(text); result != "" {
			r.results = append(r.results, result)
			if e.Action != "fail" { // it was printed with the rest
				fmt.Fprintln(r.out, result)
			}
		}
		return
	}
	if e.Action != "skip" {
		return
	}
	why := fmt.Sprintf("%s.%s: %s", e.Package, e.Test, reason(text))
	if expected(r.skips, why, r.getenv) {
		r.allowed++
		return
	}
	r.skipped = append(r.skipped, why)
}

// resultLine returns the line of a package's output that gives its result; ""
// for a package without tests.
func resultLine(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") {
			return line
		}
	}
	return ""
}

// reason returns what a skipped test said, in one line.
func reason(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

func (r *report) summary() string {
	lines := append([]string(nil), r.results...)
	sort.Strings(lines)
	return strings.Join(append(lines, fmt.Sprintf("expected skips: %d", r.allowed), ""), "\n")
}

// end prints the skips that nobody expects and says whether all is well.
func (r *report) end(file string) error {
	for _, s := range r.skipped {
		fmt.Fprintf(r.out, "unexpected skip: %s\n\tmake it run here, or add a line with the reason to %s\n", s, file)
	}
	switch {
	case r.failed > 0 || len(r.skipped) > 0:
		return errFound
	case len(r.results) == 0:
		return fmt.Errorf("no package was tested; pipe go test -json ./... into it")
	}
	return nil
}
