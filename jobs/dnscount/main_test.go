package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/jobs"
)

// The test binary is the command too: scripts run it under its name.
func TestMain(m *testing.M) {
	testscript.Main(checked{m}, map[string]func(){"dnscount": main})
}

// checked looks for goroutines that are left over after all tests.
type checked struct{ m *testing.M }

func (c checked) Run() int {
	code := c.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Println(err)
		return 1
	}
	return code
}

func TestScripts(t *testing.T) { testscript.Run(t, testscript.Params{Dir: "testdata"}) }

// group is a row of the result: host, domain and type, <null> for null.
type group [3]string

// outcome is what a run of the job gave.
type outcome struct {
	groups  map[group]int64
	lines   []string // as printed
	summary string
}

// defaults is the configuration without any flags.
func defaults() *config {
	return &config{topic: "dns", offsets: "earliest", rows: 5000, format: jobs.JSON}
}

// play runs the job to its end, on so many cores.
func play(t *testing.T, cores int, c *config) outcome {
	t.Helper()
	var out, err bytes.Buffer
	ctx := jobs.WithTerminal(t.Context(), &jobs.Terminal{Out: &out, Err: &err, Quiet: true, Log: slog.New(slog.DiscardHandler)})
	s := dataframe.Open(ctx, exec.Local(exec.Cores(cores)), dataframe.Output(&out))
	if err := c.run(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return outcome{groupsOf(t, out.String()), strings.Split(strings.TrimSpace(out.String()), "\n"), err.String()}
}

func groupsOf(t *testing.T, text string) map[group]int64 {
	t.Helper()
	out := map[group]int64{}
	for line := range strings.Lines(text) {
		var row struct {
			Host   *string `json:"id.orig_h"`
			Domain *string `json:"domain"`
			Kind   *string `json:"qtype_name"`
			Count  int64   `json:"count"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out[group{orNull(row.Host), orNull(row.Domain), orNull(row.Kind)}] = row.Count
	}
	return out
}

func orNull(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}

// session is one of the engine that run uses, for tests that watch from beside.
func session(ctx context.Context, t *testing.T) *dataframe.Session {
	t.Helper()
	s := dataframe.Open(ctx, exec.Local(), dataframe.Output(&bytes.Buffer{}))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
