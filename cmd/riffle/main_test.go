package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/jobs"
)

// The test binary is riffle too, and a small job for it to run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"riffle": main, "job": job, "mkcheckpoint": mkcheckpoint, "mkstate": mkstate})
}

// job prints the settings that it was given, and fails where it is told to.
func job() {
	var fail bool
	jobs.Main(func(_ context.Context, s *dataframe.Session) error {
		zone, err := s.Conf().Get("riffle.timeZone")
		if err != nil {
			return err
		}
		fmt.Println("zone", zone)
		if fail {
			return fmt.Errorf("told to fail")
		}
		return nil
	}, jobs.WithFlags(func(f *jobs.Flags) { f.Bool(&fail, "fail", false, "fail") }))
}

// Scripts find an embedded broker at $BROKER, with the topic dns, and a topic
// that is theirs at a real one where there is one.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error {
		b, err := broker.Embedded(context.Background(), broker.Options{Topics: map[string]int{"dns": 2}})
		if err != nil {
			return err
		}
		env.Defer(func() { _ = b.Close() })
		env.Setenv("BROKER", b.Addr())
		return nil
	}})
}

// What is replayed can be read again, from a real broker.
func TestReplay(t *testing.T) {
	addr := exectest.Kafka(t)
	topic := exectest.Topic(t, addr, 3)
	path := filepath.Join(t.TempDir(), "dns.log")
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "{\"ts\":%d.5,\"n\":%d}\n", 100+i, i)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := execute(t, replayCommand(), "--brokers", addr, "--topic", topic, "--speed", "2000", "--key-field", "n", path)
	if !strings.HasPrefix(out, "1000 events (") {
		t.Errorf("says %q", out)
	}
	s := dataframe.Open(t.Context(), exec.Local(), dataframe.Output(&bytes.Buffer{}))
	defer s.Close()
	n, err := s.Read().Format("kafka").Option("kafka.bootstrap.servers", addr).Option("subscribe", topic).Load().
		Filter("key = get_json_object(CAST(value AS STRING), '$.n')").Distinct().Count(t.Context())
	if err != nil || n != 1000 {
		t.Errorf("%d records came back, %v", n, err)
	}
}

func execute(t *testing.T, cmd *cobra.Command, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err         error
		interrupted bool
		want        int
	}{
		{nil, false, 0},
		{nil, true, 0}, // the job ended well, as it does when it is interrupted
		{fmt.Errorf("boom"), false, 1},
		{&usageError{fmt.Errorf("no --topic")}, false, 2},
		{fmt.Errorf("running: %w", &jobError{7}), false, 7},
		{fmt.Errorf("reading: %w", context.Canceled), true, 130},
		{fmt.Errorf("boom"), true, 1},
	} {
		if got := exitCode(test.err, test.interrupted); got != test.want {
			t.Errorf("%v (interrupted %t): code %d, want %d", test.err, test.interrupted, got, test.want)
		}
	}
}
