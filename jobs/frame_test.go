package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/dataframe"
)

func TestMain(m *testing.M) {
	// The goroutine that hands out signals stays once it was needed.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreAnyFunction("os/signal.loop"))
}

// told is what a job of the tests was told.
type told struct {
	name   string
	inputs []string
	count  int
	live   bool
	format string
	zone   string
}

// call runs a job with flags of every kind and returns its exit code.
func call(t *testing.T, file string, env []string, job Func, args ...string) (told, int, string) {
	t.Helper()
	var got told
	var out bytes.Buffer
	f := &frame{name: "test", args: args, env: env, out: &out, err: &out}
	WithFlags(func(flags *Flags) {
		flags.String(&got.name, "name", "default", "a name")
		flags.Strings(&got.inputs, "input", "files")
		flags.Int(&got.count, "count", 1, "a number")
		flags.Bool(&got.live, "live-view", false, "a switch")
		flags.Choice(&got.format, "format", "", "a format", "", Table, JSON)
	})(f)
	if file != "" {
		path := filepath.Join(t.TempDir(), "riffle.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		f.args = append(f.args, "--config", path)
	}
	code := f.run(func(ctx context.Context, s *dataframe.Session) (err error) {
		if got.zone, err = s.Conf().Get("riffle.timeZone"); err != nil || job == nil {
			return err
		}
		return job(ctx, s)
	})
	return got, code, out.String()
}

// A flag beats the environment, that the file, and that the default.
func TestPrecedence(t *testing.T) {
	file := "name: file\ncount: 3\ninput: [a b, c]\nlive-view: true\nconf:\n  riffle.timeZone: Asia/Tokyo\n"
	for _, test := range []struct {
		file string
		env  []string
		args []string
		want told
	}{
		{"", nil, nil, told{"default", nil, 1, false, "", "UTC"}},
		{file, nil, nil, told{"file", []string{"a b", "c"}, 3, true, "", "Asia/Tokyo"}},
		{file, []string{"RIFFLE_NAME=env", "RIFFLE_INPUT=d e.log", "RIFFLE_LIVE_VIEW=false", "HOME=/", "RIFFLE_TESTDATA=x"}, nil,
			told{"env", []string{"d e.log"}, 3, false, "", "Asia/Tokyo"}},
		{file, []string{"RIFFLE_NAME=env", "RIFFLE_COUNT=4"},
			[]string{"--name", "flag", "--input", "f,g", "--input", "h", "--format", "json", "--conf", "spark.sql.session.timeZone=Europe/Vienna"},
			told{"flag", []string{"f,g", "h"}, 4, true, "json", "Europe/Vienna"}},
	} {
		got, code, out := call(t, test.file, test.env, nil, test.args...)
		if code != ExitDone || fmt.Sprint(got) != fmt.Sprint(test.want) || !slices.Equal(got.inputs, test.want.inputs) {
			t.Errorf("%v %v: code %d, %+v, want %+v\n%s", test.env, test.args, code, got, test.want, out)
		}
	}
}

// Wrong calls end with code 2 and say what to do.
func TestWrongCalls(t *testing.T) {
	for _, test := range []struct {
		file string
		env  string
		args []string
		want string
	}{
		{args: []string{"--nme", "x"}, want: "unknown flag: --nme; did you mean --name?"},
		{args: []string{"file.log"}, want: `"file.log" is no flag, and arguments are not taken; see --help`},
		{args: []string{"--count", "many"}, want: `invalid argument "many" for "--count"`},
		{args: []string{"--format", "jsn"}, want: "it must be one of"},
		{args: []string{"--master", "local[0]"}, want: `the master "local[0]" needs between 1 and 4096 cores`},
		{args: []string{"--master", "spark://x"}, want: `the master "spark://x" is not known`},
		{args: []string{"--conf", "riffle.ansi"}, want: "--conf riffle.ansi: write key=value"},
		{args: []string{"--conf", "riffle.anse=true"}, want: "no setting riffle.anse; did you mean riffle.ansi?"},
		{args: []string{"--conf", "riffle.ansi=maybe"}, want: `"maybe" is not true or false`},
		{args: []string{"--log-level", "loud"}, want: `log-level "loud": write debug, info, warn or error`},
		{args: []string{"--config", "nowhere.yaml"}, want: "nowhere.yaml"},
		{env: "RIFFLE_NAMES=x", want: "the environment variable RIFFLE_NAMES is no setting; did you mean RIFFLE_NAME?"},
		{env: "RIFFLE_COUNT=many", want: "count (or RIFFLE_COUNT)"},
		{file: "nane: x\n", want: "no setting nane; did you mean name?"},
		{file: "conf: x\n", want: "conf must be a list of settings"},
		{file: "conf:\n  riffle.timeZne: UTC\n", want: "did you mean riffle.timeZone?"},
		{file: "name: [\n", want: "riffle.yaml"},
	} {
		_, code, out := call(t, test.file, []string{test.env}, func(context.Context, *dataframe.Session) error {
			t.Errorf("%+v: the job was run", test)
			return nil
		}, test.args...)
		if code != ExitUsage || !strings.Contains(out, test.want) || strings.Count(out, "\n") != 1 {
			t.Errorf("%+v: code %d, %q", test, code, out)
		}
	}
}

func TestHelp(t *testing.T) {
	_, code, out := call(t, "", nil, nil, "--help")
	if code != ExitDone || !strings.Contains(out, "Usage: test [flags]") || !strings.Contains(out, "--live-view") {
		t.Errorf("code %d:\n%s", code, out)
	}
}

// The job's error and a signal decide the exit code.
func TestExitCodes(t *testing.T) {
	boom := errors.New("boom")
	interrupt := func(ctx context.Context) {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
	}
	for name, test := range map[string]struct {
		job  Func
		code int
		says string
	}{
		"done":                {func(context.Context, *dataframe.Session) error { return nil }, ExitDone, ""},
		"failed":              {func(context.Context, *dataframe.Session) error { return boom }, ExitFailed, "test: boom\n"},
		"interrupted":         {func(ctx context.Context, _ *dataframe.Session) error { interrupt(ctx); return ctx.Err() }, ExitInterrupted, "test: interrupted\n"},
		"ended by the signal": {func(ctx context.Context, _ *dataframe.Session) error { interrupt(ctx); return nil }, ExitDone, ""},
		"failed while ending": {func(ctx context.Context, _ *dataframe.Session) error { interrupt(ctx); return boom }, ExitFailed, "test: boom\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, code, out := call(t, "", nil, test.job)
			if code != test.code || out != test.says {
				t.Errorf("code %d, %q; want %d, %q", code, out, test.code, test.says)
			}
		})
	}
}

// The screen goes back over all that it drew, and never draws more than fits.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	s := screen{out: &out, size: func() (int, int) { return 5, 4 }}
	s.draw("one\ntwo\n")
	s.draw("1234567\n2\n3\n4\n5\n")
	s.clear()
	s.clear()
	want := "one\ntwo\n" + "\x1b[2A\r\x1b[J12345\n2\n3\n" + "\x1b[3A\r\x1b[J"
	if out.String() != want {
		t.Errorf("drew %q, want %q", out.String(), want)
	}
}

// A feed writes all there is to the topic, and ends when it is told to.
func TestFeed(t *testing.T) {
	addr, stop, err := EmbeddedBroker(WithTerminal(t.Context(), &Terminal{Quiet: true}), map[string]int{"t": 2})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte("a\nb\n\nc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := StartFeed(t.Context(), addr, "t", nil, Files([]string{path}))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Stop()
	s, err := open(t.Context(), &config{master: "local"}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n, err := s.Read().Format("kafka").Option("kafka.bootstrap.servers", addr).Option("subscribe", "t").Load().Count(t.Context())
	if err != nil || n != 3 {
		t.Errorf("%d records, %v; want 3", n, err)
	}

	endless, err := StartFeed(t.Context(), addr, "t", nil, func(ctx context.Context, send Send) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := endless.Wait(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for an endless feed: %v", err)
	}
	endless.Stop()
	missing, err := StartFeed(t.Context(), addr, "u", nil, Files([]string{path}))
	if err != nil {
		t.Fatal(err)
	}
	if err := missing.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "topic u: not found") {
		t.Errorf("a feed without a topic: %v", err)
	}
}
