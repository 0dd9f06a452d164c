package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collect returns a Send that keeps what it is given: "key=value".
func collect(into *[]string) Send {
	return func(_ context.Context, key, value []byte) error {
		text := string(value)
		if key != nil {
			text = string(key) + "=" + text
		}
		*into = append(*into, text)
		return nil
	}
}

// files writes files into a folder of the test and returns their paths.
func files(t *testing.T, texts ...string) []string {
	t.Helper()
	var out []string
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), fmt.Sprint("file", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out = append(out, path)
	}
	return out
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// Lines are sent as they are, whatever is in them; blank ones are not.
func TestLines(t *testing.T) {
	paths := files(t, "{\"a\":1}\n\n  \nno json\r\n", "last, without a newline")
	zipped := filepath.Join(t.TempDir(), "more.gz")
	if err := os.WriteFile(zipped, append(gzipped("z1\n"), gzipped("z2\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	stats, err := Run(t.Context(), Options{Paths: append(paths, zipped, "-"), Stdin: strings.NewReader("in\n")}, collect(&got))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"a":1}`, "no json", "last, without a newline", "z1", "z2", "in"}
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if stats.Records != 6 || stats.Bytes != 43 {
		t.Errorf("stats are %+v", stats)
	}
}

func TestLimitAndKeys(t *testing.T) {
	paths := files(t, `{"dns":{"id.orig_h":"a\u0062","n":1}}`+"\n"+`{"id.orig_h":7}`+"\n"+`{"id.orig_h":null}`+"\n"+`{"x":1}`+"\n{}\n")
	var got []string
	if _, err := Run(t.Context(), Options{Paths: paths, KeyField: "id.orig_h", Limit: 4}, collect(&got)); err != nil {
		t.Fatal(err)
	}
	want := []string{`ab={"dns":{"id.orig_h":"a\u0062","n":1}}`, `7={"id.orig_h":7}`, `{"id.orig_h":null}`, `{"x":1}`}
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// Events come as far apart as their times are, divided by the speed; files are
// merged; what is late or has no time comes at once.
func TestPace(t *testing.T) {
	paths := files(t,
		`{"ts":100.0,"n":1}`+"\n"+`{"ts":104.0,"n":4}`+"\n"+`{"ts":101.0,"n":5}`+"\n"+`{"n":6}`+"\n",
		`{"@timestamp":"1970-01-01T00:01:42Z","n":2}`+"\n"+`{"@timestamp":"1970-01-01T00:01:43.5Z","n":3}`+"\n")
	for _, speed := range []float64{1, 10} {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			begin := time.Now()
			_, err := Run(t.Context(), Options{Paths: paths, Speed: speed}, func(_ context.Context, _, value []byte) error {
				_, n, _ := bytes.Cut(value, []byte(`"n":`))
				got = append(got, fmt.Sprintf("%s at %v", n[:1], time.Duration(float64(time.Since(begin))*speed)))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"1 at 0s", "2 at 2s", "3 at 3.5s", "4 at 4s", "5 at 4s", "6 at 4s"}
			if !slices.Equal(got, want) {
				t.Errorf("speed %g: %q, want %q", speed, got, want)
			}
		})
	}
}

// In each further round times go on, in the form they are written in.
func TestLoop(t *testing.T) {
	paths := files(t, `{"ts":100.25,"a":"ts"}`+"\n"+`{"dns":{"ts":"102.250","b":[{}]}}`+"\n"+`{"ts":"1970-01-01T00:01:44.000001Z"}`+"\n"+`{"c":1}`+"\n")
	var got []string
	if _, err := Run(t.Context(), Options{Paths: paths, Loop: true, Limit: 9}, collect(&got)); err != nil {
		t.Fatal(err)
	}
	want := []string{ // the round is 3.750001 s long, and two events are half of that apart
		`{"ts":100.25,"a":"ts"}`, `{"dns":{"ts":"102.250","b":[{}]}}`, `{"ts":"1970-01-01T00:01:44.000001Z"}`, `{"c":1}`,
		`{"ts":105.87,"a":"ts"}`, `{"dns":{"ts":"107.875","b":[{}]}}`, `{"ts":"1970-01-01T00:01:49.625002Z"}`, `{"c":1}`,
		`{"ts":111.50,"a":"ts"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestErrors(t *testing.T) {
	cut := filepath.Join(t.TempDir(), "cut.gz")
	if err := os.WriteFile(cut, gzipped(strings.Repeat("line of text\n", 1000))[:30], 0o600); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "plain.gz")
	if err := os.WriteFile(plain, []byte("no gzip at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	timeless := files(t, `{"a":1}`+"\n")
	for want, o := range map[string]Options{
		"no files to replay":                    {},
		"no file nowhere.log":                   {Paths: []string{"nowhere.log"}},
		"is a folder":                           {Paths: []string{t.TempDir()}},
		cut + ": after line":                    {Paths: []string{cut}},
		plain + ": after line 0: the gzip data": {Paths: []string{plain}},
		"name its field":                        {Paths: timeless, Speed: 1},
		"no time under when":                    {Paths: timeless, Speed: 1, TimeField: "when"},
		"standard input cannot be read again":   {Paths: []string{"-"}, Loop: true},
		"a speed of -1":                         {Paths: timeless, Speed: -1},
		"to begin again with":                   {Paths: files(t, "\n"), Loop: true},
		"is longer than":                        {Paths: files(t, strings.Repeat("x", maxLine+1))},
	} {
		var got []string
		if _, err := Run(t.Context(), o, collect(&got)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	boom := errors.New("boom")
	if _, err := Run(t.Context(), Options{Paths: timeless}, func(context.Context, []byte, []byte) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("the receiver's error comes back as %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var got []string
	if _, err := Run(gone, Options{Paths: timeless, Loop: true}, collect(&got)); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled replay says %v", err)
	}
}
