package main

import (
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each line is one event of a producer's dialect, or something that must not
// count.
var dialects = []struct{ name, line, want string }{
	{"zeek", `{"ts":1.5,"id.orig_h":"h","query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"blanks", ` { "id.orig_h" : "h" , "query" : "a.example.com" , "qtype_name" : "A" } `, "h example.com A"},
	{"iso time", `{"_path":"dns","_write_ts":"2018-03-24T17:15:20Z","ts":"2018-03-24T17:15:20.600725Z","id.orig_h":"h","query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"underscores", `{"@stream":"dns","@system":"s","id_orig_h":"h","query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"underscores by path", `{"_path":"dns","id_orig_h":"h","query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"objects", `{"id":{"orig_h":"h","orig_p":5},"query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"wrapped", `{"dns":{"id.orig_h":"h","query":"a.example.com","qtype_name":"A"}}`, "h example.com A"},
	{"wrapped underscores", `{"dns": {"id_orig_h":"h","query":"a.example.com","qtype_name":"A"}}`, "h example.com A"},
	{"wrapped objects", `{"dns":{"id":{"orig_h":"h"},"query":"a.example.com","qtype_name":"A"}}`, "h example.com A"},
	{"wrapped beside others", `{"@timestamp":"2020-01-01T00:00:00Z","host":"x","dns":{"id.orig_h":"h","query":"a.example.com","qtype_name":"A"}}`, "h example.com A"},
	{"without a type", `{"id.orig_h":"h","query":"a.example.com"}`, "h example.com <null>"},
	{"null type", `{"id.orig_h":"h","query":"a.example.com","qtype_name":null}`, "h example.com <null>"},
	{"without a host", `{"query":"a.example.com","qtype_name":"A"}`, "<null> example.com A"},
	{"no known suffix", `{"id.orig_h":"h","query":"printer.lan","qtype_name":"A"}`, "h  A"},
	{"letter case", `{"id.orig_h":"h","query":"WWW.Example.COM","qtype_name":"A"}`, "h Example.COM A"},
	{"escapes", `{"id.orig_h":"h","query":"a.ex\u0061mple.com","qtype_name":"A"}`, "h example.com A"},
	{"key twice", `{"id.orig_h":"g","id.orig_h":"h","query":"a.example.com","qtype_name":"A"}`, "h example.com A"},
	{"local", `{"id.orig_h":"h","query":"printer.local","qtype_name":"PTR"}`, ""},
	{"empty query", `{"id.orig_h":"h","query":"","qtype_name":"A"}`, ""},
	{"null query", `{"id.orig_h":"h","query":null,"qtype_name":"A"}`, ""},
	{"no query", `{"id.orig_h":"h","qtype_name":"A"}`, ""},
	{"another log", `{"ts":1,"id.orig_h":"h","service":"http","proto":"tcp"}`, ""},
	{"another stream", `{"@stream":"conn","id_orig_h":"h","query":"a.example.com"}`, ""},
	{"another path", `{"_path":"weird","id.orig_h":"h","query":"a.example.com"}`, ""},
	{"another log wrapped", `{"http":{"id.orig_h":"h","query":"a.example.com"}}`, ""},
	{"dns is no object", `{"dns":"a.example.com"}`, ""},
	{"empty object", `{}`, ""},
	{"blank line", ``, ""},
}

// TestDialects reads each dialect by itself, and then all of them in one
// stream, by files and by Kafka.
func TestDialects(t *testing.T) {
	all, lines := map[group]int64{}, []string(nil)
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			want := map[group]int64{}
			if d.want != "" {
				want[group(strings.Split(d.want, " "))] = 1
			}
			c := defaults()
			c.inputs, c.available = []string{write(t, "dns.log", d.line+"\n")}, true
			if got := play(t, 1, c); !maps.Equal(got.groups, want) || !strings.Contains(got.summary, "bad records: 0;") {
				t.Errorf("got %v, want %v; %s", got.groups, want, got.summary)
			}
		})
		if d.want != "" {
			all[group(strings.Split(d.want, " "))]++
		}
		lines = append(lines, d.line)
	}
	text := strings.Join(lines, "\n") + "\n"
	for name, path := range map[string]string{"plain": write(t, "dns.log", text), "gzip": write(t, "dns.log.gz", text)} {
		for _, via := range []bool{false, true} {
			c := defaults()
			c.inputs, c.viaKafka, c.available = []string{path}, via, true
			if got := play(t, 2, c); len(differences(all, got.groups)) > 0 {
				t.Errorf("%s, via kafka %t: %v", name, via, differences(all, got.groups))
			}
		}
	}
}

// Lines that are no JSON are counted, and keep nothing else from being counted.
func TestBadRecords(t *testing.T) {
	good := dialects[0].line
	text := strings.Join([]string{good, `{"query":"a.com"`, good, "#separator \\x09", `["query"]`, good + good, good, ""}, "\n")
	for _, via := range []bool{false, true} {
		c := defaults()
		c.inputs, c.viaKafka, c.available = []string{write(t, "dns.log", text)}, via, true
		got := play(t, 2, c)
		if n := got.groups[group{"h", "example.com", "A"}]; n != 3 || len(got.groups) != 1 {
			t.Errorf("via kafka %t: %v", via, got.groups)
		}
		if !strings.Contains(got.summary, "bad records: 4;") {
			t.Errorf("via kafka %t: %s", via, got.summary)
		}
	}
}

// A gzip file that is cut off is an error that names it, not a short result.
func TestCutOff(t *testing.T) {
	path := write(t, "dns.log.gz", strings.Repeat(dialects[0].line+"\n", 1000))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, via := range []bool{false, true} {
		c := defaults()
		c.inputs, c.viaKafka, c.available = []string{path}, via, true
		if err := c.run(t.Context(), session(t.Context(), t)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("via kafka %t: %v", via, err)
		}
	}
}

// write makes a file, gzipped where its name says so.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".gz") {
		if _, err := fmt.Fprint(f, text); err != nil {
			t.Fatal(err)
		}
		return path
	}
	z := gzip.NewWriter(f)
	if _, err := fmt.Fprint(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
