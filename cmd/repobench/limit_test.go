package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/riffledata/riffle/exec/kernel/psl"
	"github.com/riffledata/riffle/jobs/zeek/gen"
)

func events(n int) []byte {
	g, data := gen.New(3), []byte(nil)
	for range n {
		data = append(g.Append(data), '\n')
	}
	return data
}

func padded(data []byte) []byte { return append(data, make([]byte, pad)...)[:len(data)] }

// plainJob is the job as anyone would write it first.
func plainJob(data []byte) (groups map[string]int64, bad int) {
	groups = map[string]int64{}
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) == 0 {
			continue
		}
		var e map[string]json.RawMessage
		if !utf8.Valid(line) || json.Unmarshal(line, &e) != nil || e == nil {
			bad++
			continue
		}
		query, ok := plainText(e["query"])
		if !ok || query == "" || strings.HasSuffix(query, ".local") {
			continue
		}
		domain, _ := psl.Default().Domain(query, psl.Extract)
		host, _ := plainText(e["id.orig_h"])
		kind, _ := plainText(e["qtype_name"])
		groups[host+" "+domain+" "+kind]++
	}
	return groups, bad
}

func plainText(raw json.RawMessage) (text string, ok bool) {
	if raw == nil || string(raw) == "null" {
		return "", false
	}
	if json.Unmarshal(raw, &text) != nil {
		return string(raw), true
	}
	return text, true
}

func (w *worker) groups() map[string]int64 {
	out := map[string]int64{}
	for _, e := range w.counts.entries {
		if e.n == 0 {
			continue
		}
		var parts [numCols]string
		for i, code := range func() [numCols]uint32 { h, d, k := unpack(e.key); return [numCols]uint32{h, d, k} }() {
			parts[i] = string(w.dicts[i].text(code))
		}
		out[strings.Join(parts[:], " ")] = e.n
	}
	return out
}

func same(t *testing.T, got, want map[string]int64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d groups, want %d", len(got), len(want))
	}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("group %q: %d, want %d", k, got[k], n)
		}
	}
}

// The limit counts what the plain job counts, from memory and from a file, with
// one worker and with more, wherever the lines lie in the chunks.
func TestLimit(t *testing.T) {
	data := padded(events(20_000))
	want, _ := plainJob(data)
	for workers := 1; workers <= 3; workers++ {
		same(t, runMemory(data, workers).groups(), want)
		w, err := runLimit(bytes.NewReader(data), int64(len(data)), workers)
		if err != nil || w.read != 20_000 || w.bad != 0 {
			t.Fatalf("read %d, bad %d, %v", w.read, w.bad, err)
		}
		same(t, w.groups(), want)
	}
}

// A line longer than a chunk, one at the very edge of one, and no last newline.
func TestLongLines(t *testing.T) {
	long := fmt.Sprintf(`{"query":"a.com","uid":"%s"}`, strings.Repeat("x", 2*chunkSize))
	for edge := -3; edge <= 3; edge++ {
		first := fmt.Sprintf(`{"query":"b.com","uid":"%s"}`, strings.Repeat("y", chunkSize-28+edge))
		data := []byte(first + "\n" + long + "\n" + `{"query":"c.com"}` + "\n\n" + `{"query":"d.com"}`)
		want, _ := plainJob(data)
		for workers := 1; workers <= 2; workers++ {
			w, err := runLimit(bytes.NewReader(data), int64(len(data)), workers)
			if err != nil || w.read != 4 {
				t.Fatalf("edge %d: read %d lines, %v", edge, w.read, err)
			}
			same(t, w.groups(), want)
			same(t, runMemory(padded(bytes.Clone(data)), workers).groups(), want)
		}
	}
}

var lines = []string{
	`{}`, ` { } `, `{"query":"a.com"}`, `{ "query" : "a.com" , "qtype_name" : "A" }`, `{"qtype_name":"A","query":"a.com","id.orig_h":"h"}`,
	`{"query":null}`, `{"query":1.5e3}`, `{"query":["a.com",{"b":[]}]}`, `{"query":true}`, `{"query":"a.com","query":"b.com"}`, `{"query":"a.com","query":null}`,
	`{"query":"\u0061.com"}`, `{"qu\u0065ry":"a.com"}`, `{"query":"\"\\\/\b\f\n\r\t.com"}`, `{"query":"\ud83d\ude00.com"}`, `{"query":"\x.com"}`, `{"query":"\u12g4"}`,
	`{"query":"ü.com"}`, "{\"query\":\"\xff.com\"}", "{\"query\":\"a\x01b\"}", "{\"uid\":\"\xc3\"}", "{\"query\":\"a\tb\"}",
	`{"ts":01}`, `{"ts":-0}`, `{"ts":-}`, `{"ts":1.}`, `{"ts":.5}`, `{"ts":1e}`, `{"ts":1e+5}`, `{"ts":+1}`, `{"ts":123456789012345678901234567890}`, `{"ts":NaN}`,
	`{"AA":tru}`, `{"AA":truex}`, `{"AA":falsy}`, `{"AA":nul}`, `{"answers":[1,]}`, `{"answers":[,1]}`, `{"answers":[1 2]}`, `{"answers":[}`, `{"answers":{"a":}}`, `{"answers":{"a":1,"b":{"c":[[]]}}}`,
	`{"query":"a.com"`, `{"query":"a.com",}`, `{"query" "a.com"}`, `{query:"a.com"}`, `{"query":"a.com"}x`, `{"query":"a.com"} {}`, `[]`, `"query"`, `1`, `null`, `{"query":"a`, `{"`, `{`, `x`, `{,}`, `{"query":"a.com"}}`,
}

func TestLines(t *testing.T) {
	for _, line := range lines {
		check(t, []byte(line))
	}
}

// check compares one line, and a good one after it, with the plain job.
func check(t *testing.T, line []byte) {
	t.Helper()
	data := append(append([]byte(nil), line...), "\n{\"query\":\"z.com\"}\n"...)
	want, bad := plainJob(data)
	w := runMemory(padded(data), 1)
	if w.bad != bad {
		t.Errorf("%q: %d bad lines, want %d", line, w.bad, bad)
	}
	got := w.groups()
	if len(got) != len(want) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q: got %v, want %v", line, got, want)
	}
}

func FuzzLine(f *testing.F) {
	for _, line := range lines {
		f.Add([]byte(line))
	}
	for line := range bytes.Lines(events(20)) {
		f.Add(bytes.TrimSpace(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.ContainsAny(line, "\n") || bytes.Count(line, []byte("[")) > maxDepth || bytes.Count(line, []byte("{")) > maxDepth {
			t.Skip("one line, not too deep")
		}
		check(t, line)
	})
}

func BenchmarkLimit(b *testing.B) {
	const n = 100_000
	data := padded(events(n))
	for workers := 1; workers <= 2; workers++ {
		b.Run(fmt.Sprintf("rows=1e5/workers=%d", workers), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				runMemory(data, workers)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
