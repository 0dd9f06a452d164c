package main

import (
	"fmt"
	"regexp"
	"strings"
)

// skip is one line of .ci/skips.
type skip struct {
	re    *regexp.Regexp // of "package.Test: what the skip says"
	unset string         // holds only where this environment variable is not set; may be ""
}

// parseSkips reads the file of expected skips. Each line must say why.
func parseSkips(text string) ([]skip, error) {
	var out []skip
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		expr, why, ok := strings.Cut(line, " # ")
		if !ok || strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("line %d says no reason; write it behind the expression and %q", n, " # ")
		}
		var s skip
		if rest, ok := strings.CutPrefix(expr, "unset:"); ok {
			if s.unset, expr, ok = strings.Cut(rest, " "); !ok {
				return nil, fmt.Errorf("line %d has no expression behind unset:%s", n, rest)
			}
		}
		var err error
		if s.re, err = regexp.Compile(strings.TrimSpace(expr)); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// expected tells whether a line allows the skip.
func expected(skips []skip, text string, getenv func(string) string) bool {
	for _, s := range skips {
		if (s.unset == "" || getenv(s.unset) == "") && s.re.MatchString(text) {
			return true
		}
	}
	return false
}
