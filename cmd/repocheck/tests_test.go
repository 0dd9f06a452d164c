package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// events of three packages: one that is well, one with skips, one that fails.
const events = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestA"}
{"Action":"output","Package":"m/a","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"m/a","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.1s\n"}
{"Action":"pass","Package":"m/a","Elapsed":0.1}
{"Action":"output","Package":"m/b","Test":"TestData","Output":"=== RUN   TestData\n"}
{"Action":"output","Package":"m/b","Test":"TestData","Output":"    b_test.go:9: set RIFFLE_TESTDATA\n"}
{"Action":"output","Package":"m/b","Test":"TestData","Output":"--- SKIP: TestData (0.00s)\n"}
{"Action":"skip","Package":"m/b","Test":"TestData","Elapsed":0}
{"Action":"output","Package":"m/b","Output":"ok  \tm/b\t0.2s\n"}
{"Action":"pass","Package":"m/b","Elapsed":0.2}
`

const failing = `{"Action":"output","Package":"m/c","Test":"TestC","Output":"    c_test.go:3: wrong\n"}
{"Action":"fail","Package":"m/c","Test":"TestC","Elapsed":0}
{"Action":"output","Package":"m/c","Output":"FAIL\tm/c\t0.3s\n"}
{"Action":"fail","Package":"m/c","Elapsed":0.3}
`

func TestCheckTests(t *testing.T) {
	const allow = "# a comment\n\nunset:RIFFLE_REPOCHECK_TEST RIFFLE_TESTDATA # data is elsewhere\n"
	for name, c := range map[string]struct {
		in, skips, set string
		ok             bool
		want, not      string
	}{
		"well":            {in: events, skips: allow, ok: true, want: "ok  \tm/b\t0.2s", not: "noise"},
		"unexpected":      {in: events, skips: "", want: "unexpected skip: m/b.TestData: b_test.go:9: set RIFFLE_TESTDATA"},
		"no longer right": {in: events, skips: allow, set: "yes", want: "unexpected skip: m/b.TestData"},
		"failing":         {in: events + failing, skips: allow, want: "c_test.go:3: wrong"},
		"build":           {in: `{"ImportPath":"m/d","Action":"build-output","Output":"d.go:1: no\n"}` + "\nplain\n", want: "d.go:1: no\nplain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("RIFFLE_REPOCHECK_TEST", c.set)
			dir := t.TempDir()
			skips, summary := filepath.Join(dir, "skips"), filepath.Join(dir, "summary")
			if err := os.WriteFile(skips, []byte(c.skips), 0o644); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := checkTests(strings.NewReader(c.in), &out, skips, summary)
			if (err == nil) != c.ok {
				t.Errorf("error %v, want ok %t", err, c.ok)
			}
			if !strings.Contains(out.String(), c.want) || c.not != "" && strings.Contains(out.String(), c.not) {
				t.Errorf("printed\n%s\nwant %q, not %q", out.String(), c.want, c.not)
			}
			if text, err := os.ReadFile(summary); c.ok && (err != nil || string(text) != "ok  \tm/a\t0.1s\nok  \tm/b\t0.2s\nexpected skips: 1\n") {
				t.Errorf("summary %q, %v", text, err)
			}
		})
	}
}

func TestParseSkips(t *testing.T) {
	for text, want := range map[string]string{
		"m/a.TestA":          "line 1 says no reason",
		"\nm/a.TestA # ":     "line 2 says no reason",
		"unset:X # because":  "line 1 has no expression behind unset:X",
		"m/(a # because":     "missing closing )",
		"m/a.TestA # it is.": "",
	} {
		_, err := parseSkips(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := run([]string{"fly"}); err == nil || errors.Is(err, errFound) {
		t.Errorf("an unknown command: %v", err)
	}
}
