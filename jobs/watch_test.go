package jobs

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
)

// watched starts a query that has read three rows and waits for more.
func watched(t *testing.T) *dataframe.StreamingQuery {
	t.Helper()
	schema, streams := types.NewSchema().Add("n", types.Long), memory.NewStreams()
	in := streams.Add("in", schema)
	rec, err := types.Record(schema, [][]any{{1}, {2}, {3}})
	if err != nil {
		t.Fatal(err)
	}
	in.Append(rec)
	s := dataframe.Open(t.Context(), exec.Local(exec.Cores(1), exec.WithSource(streams)))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	q, err := s.ReadStream().Format("memory").Option("name", "in").Load().WriteStream().Format("memory").QueryName("out").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := q.ProcessAllAvailable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

// seen is an output that ends a context once something is written to it.
type seen struct {
	bytes.Buffer
	end context.CancelFunc
}

func (s *seen) Write(p []byte) (int, error) {
	if len(p) > 0 {
		s.end()
	}
	return s.Buffer.Write(p)
}

// Watching shows what the terminal can show, and leaves nothing drawn behind.
func TestWatch(t *testing.T) {
	boom := errors.New("boom")
	view := func(context.Context) (string, error) { return "a table\n", nil }
	for _, c := range []struct {
		what     string
		terminal Terminal
		view     func(context.Context) (string, error)
		out      string
		err      error
	}{
		{"quietly", Terminal{Quiet: true, Live: true}, view, `^$`, context.Canceled},
		{"a log", Terminal{}, view, `^batch 0: 3 rows so far\n$`, context.Canceled},
		{"a terminal without a view", Terminal{Live: true}, nil, `^batch 0: 3 rows so far\n$`, context.Canceled},
		{"a terminal", Terminal{Live: true}, view, `^batch 0: 3 rows so far\na table\n\x1b\[2A\r\x1b\[J$`, context.Canceled},
		{"a view that fails", Terminal{Live: true}, func(context.Context) (string, error) { return "", boom }, `^$`, boom},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			q := watched(t)
			ctx, cancel := context.WithCancel(WithTerminal(t.Context(), &c.terminal))
			defer cancel()
			out := &seen{end: cancel}
			c.terminal.Err = out
			if c.terminal.Quiet {
				time.AfterFunc(2*drawEvery, cancel)
			}
			if err := Watch(ctx, q, c.view); !errors.Is(err, c.err) {
				t.Errorf("ended with %v, want %v", err, c.err)
			}
			if !regexp.MustCompile(c.out).MatchString(out.String()) {
				t.Errorf("showed %q, want %s", out.String(), c.out)
			}
			if !q.IsActive() {
				t.Error("the query ended with its watching")
			}
		})
	}
}

// Watching ends with the query.
func TestWatchEnds(t *testing.T) {
	for _, quiet := range []bool{true, false} {
		q := watched(t)
		time.AfterFunc(20*time.Millisecond, func() { _ = q.Stop() })
		if err := Watch(WithTerminal(t.Context(), &Terminal{Quiet: quiet, Err: &bytes.Buffer{}}), q, nil); err != nil {
			t.Errorf("quiet %v: a query that was stopped ended with %v", quiet, err)
		}
	}
}

// The masters that there are.
func TestMasters(t *testing.T) {
	for master, ok := range map[string]bool{
		"local": true, "local[1]": true, "local[4096]": true, "local[*]": true,
		"local[0]": false, "local[4097]": false, "local[99999999999999999999]": false, "local[]": false, "local[-1]": false,
		"LOCAL": false, "local[ 2]": false, "local[2": false, "yarn": false, "": false,
	} {
		e, err := pick(master)
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "master") {
			t.Errorf("%q: %v, want it to be known: %v", master, err, ok)
		}
		if e == nil {
			continue
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
