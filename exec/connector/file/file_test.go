package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

func write(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(content) // a buffer takes all
		_ = z.Close()
		content = b.Bytes()
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func openFiles(t testing.TB, split int64, streaming bool, options map[string]string) (source.Source, error) {
	t.Helper()
	p := NewProvider("json", nil, SplitBytes(split))
	set, err := option.Check("the json source", options, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	spec := source.Spec{Options: set, Streaming: streaming}
	if _, err := p.Describe(t.Context(), spec); err != nil {
		return nil, err
	}
	return p.Open(t.Context(), spec)
}

// records reads ranges: the lines, without their ends. Each is read twice, with
// fresh memory for each batch and with the same for all.
func records(ctx context.Context, src source.Source, ranges []source.Range) ([]string, error) {
	var out []string
	for _, r := range ranges {
		fresh, err := read(ctx, src, r, false)
		out = append(out, fresh...)
		if err != nil {
			return out, err
		}
		again, err := read(ctx, src, r, true)
		if err != nil || !slices.Equal(again, fresh) {
			return out, fmt.Errorf("with the same memory for all batches: %d lines, not the same %d as before, %w", len(again), len(fresh), err)
		}
	}
	return out, nil
}

func read(ctx context.Context, src source.Source, r source.Range, reuse bool) ([]string, error) {
	s, err := src.Open(ctx, r)
	if err != nil {
		return nil, err
	}
	if reuse {
		s.(source.Reuser).Reuse()
	}
	var out []string
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, s.Close()
		}
		if err != nil {
			return out, errors.Join(err, s.Close())
		}
		out = append(out, values(b)...)
	}
}

func values(b batch.Batch) []string {
	col := b.Record.Column(0).(*array.Binary)
	out := make([]string, col.Len())
	for i := range out {
		out[i] = strings.TrimSuffix(string(col.Value(i)), "\n")
	}
	return out
}

// all reads the whole of what the options name.
func all(t testing.TB, split int64, options map[string]string) ([]string, error) {
	t.Helper()
	src, err := openFiles(t, split, false, options)
	if err != nil {
		return nil, err
	}
	from, to, err := src.Bounds(t.Context())
	if err != nil {
		return nil, err
	}
	ranges, err := src.Plan(t.Context(), from, to)
	if err != nil {
		return nil, err
	}
	return records(t.Context(), src, ranges)
}

func lineList(content string) []string {
	lines := strings.SplitAfter(content, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\n")
	}
	return lines
}

// Ranges of any size give each line once, in order: short lines, empty ones,
// lines longer than a range or a page, with and without an end of the last.
func TestRangesAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 40).Draw(t, "lines") {
			b.WriteString(strings.Repeat("x", rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(4000, 4200), rapid.IntRange(0, 9000)).Draw(t, "length")))
			b.WriteString(rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end"))
		}
		if rapid.Bool().Draw(t, "open") {
			b.WriteString("last")
		}
		split := rapid.OneOf(rapid.Int64Range(1, 64), rapid.Int64Range(4000, 9000), rapid.Int64Range(1, 50_000), rapid.Just(int64(4096))).Draw(t, "split")
		if b.Len()/int(split) > 100 {
			split = int64(b.Len()/100 + 1)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		p := NewProvider("json", nil, SplitBytes(split))
		set, _ := option.Check("", map[string]string{"path": path}, p.Options())
		src, err := p.Open(context.Background(), source.Spec{Options: set})
		if err != nil {
			t.Fatal(err)
		}
		from, to, _ := src.Bounds(context.Background())
		ranges, err := src.Plan(context.Background(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		got, err := records(context.Background(), src, ranges)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lineList(b.String()), got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("split %d of %d bytes in %d ranges: %.500s", split, b.Len(), len(ranges), diff)
		}
	})
}

// Chunks larger than one read keep their lines whole.
func TestManyChunks(t *testing.T) {
	var b strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&b, `{"i":%d,"pad":"%s"}`+"\n", i, strings.Repeat("p", i%37))
	}
	b.WriteString(strings.Repeat("long", 200_000) + "\nend")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.json"), []byte(b.String()))
	write(t, filepath.Join(dir, "a.json.gz"), []byte(b.String()))
	expected := lineList(b.String())
	for _, split := range []int64{1 << 30, 1 << 20, 300_001, 99_999} {
		got, err := all(t, split, map[string]string{"path": filepath.Join(dir, "a.json")})
		if err != nil || !cmp.Equal(expected, got) {
			t.Errorf("split %d: %d records of %d, %v", split, len(got), len(expected), err)
		}
	}
	got, err := all(t, 1000, map[string]string{"path": filepath.Join(dir, "a.json.gz")})
	if err != nil || !cmp.Equal(expected, got) {
		t.Errorf("gzip: %d records of %d, %v", len(got), len(expected), err)
	}
}

func TestListing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a.json", ".hidden.json", "_SUCCESS", "c.txt", "deep/d.json", "deep/er/e.json", "_temp/f.json", ".git/g.json", "empty.json"} {
		content := filepath.Base(name) + "\n"
		if name == "empty.json" {
			content = ""
		}
		write(t, filepath.Join(dir, name), []byte(content))
	}
	for what, c := range map[string]struct {
		options map[string]string
		want    string
	}{
		"a file":           {map[string]string{"path": "a.json"}, "a.json"},
		"a hidden file":    {map[string]string{"path": ".hidden.json"}, ".hidden.json"},
		"a folder":         {map[string]string{"path": "."}, "a.json b.json c.txt"},
		"recursive":        {map[string]string{"path": ".", "recursiveFileLookup": "true"}, "a.json b.json c.txt d.json e.json"},
		"a name's pattern": {map[string]string{"path": ".", "pathGlobFilter": "*.json", "recursivefilelookup": "TRUE"}, "a.json b.json d.json e.json"},
		"a pattern":        {map[string]string{"path": "*.json"}, "a.json b.json"},
		"folders":          {map[string]string{"path": "[db]*"}, "b.json d.json"},
		"hidden, as asked": {map[string]string{"path": ".*.json"}, ".hidden.json"},
		"letters":          {map[string]string{"path": "[bc].*"}, "b.json c.txt"},
		"several":          {map[string]string{"paths": `["b.json","a.json","deep"]`}, "b.json a.json d.json"},
		"an empty file":    {map[string]string{"path": "empty.json"}, ""},
	} {
		if p := c.options["path"]; p != "" {
			c.options["path"] = filepath.Join(dir, p)
		}
		if p := c.options["paths"]; p != "" {
			c.options["paths"] = strings.NewReplacer(`["`, `["`+dir+"/", `,"`, `,"`+dir+"/").Replace(p)
		}
		got, err := all(t, 1<<20, c.options)
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, %v; want %s", what, got, err, c.want)
		}
	}
}

// What is wrong with a file is told with its name.
func TestBrokenFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	var many strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&many, "{\"i\":%d}\n", i*7919%100_003)
	}
	write(t, at("whole.json.gz"), []byte(many.String()))
	whole, err := os.ReadFile(at("whole.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 1
	for name, content := range map[string][]byte{"cut.gz": whole[:len(whole)/2], "end.gz": whole[:len(whole)-3], "sum.gz": flipped, "no.gz": []byte(`{"this":"is no gzip"}`),
		"zero.gz": nil, "long.json": []byte("{}\n" + strings.Repeat("x", 5000) + "\n{}\n"), "tail.json": []byte("{}\n" + strings.Repeat("x", 900_000))} {
		if err := os.WriteFile(at(name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, part := range map[string]string{"cut.gz": "too early", "end.gz": "unexpected EOF", "sum.gz": "checksum", "no.gz": "invalid header",
		"zero.gz": "empty and no gzip", "long.json": "maxRecordBytes", "tail.json": "maxRecordBytes"} {
		for _, split := range []int64{1 << 30, 3000} {
			_, err := all(t, split, map[string]string{"path": at(name), "maxRecordBytes": "4000"})
			if err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), at(name)) {
				t.Errorf("%s: %v; want it to say %q", name, err, part)
			}
		}
	}
	if _, err := all(t, 3000, map[string]string{"path": at("long.json"), "maxRecordBytes": "5000"}); err != nil {
		t.Errorf("a line of just the allowed length: %v", err)
	}
	src, err := openFiles(t, 100, false, map[string]string{"path": at("long.json")})
	if err != nil {
		t.Fatal(err)
	}
	from, to, _ := src.Bounds(t.Context())
	ranges, _ := src.Plan(t.Context(), from, to)
	if err := os.Truncate(at("long.json"), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := records(t.Context(), src, ranges); err == nil || !strings.Contains(err.Error(), "shorter than when it was listed") {
		t.Errorf("a file that was cut off after it was listed: %v", err)
	}
	if err := os.Remove(at("long.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := records(t.Context(), src, ranges); err == nil || !strings.Contains(err.Error(), at("long.json")) {
		t.Errorf("a file that was removed: %v", err)
	}
}

// A stream reads each file once, new ones as they come.
func TestStreamOfFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.json", i)), fmt.Appendf(nil, "%d\n", i))
	}
	src, err := openFiles(t, 100, true, map[string]string{"path": dir, "maxFilesPerTrigger": "2"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	at, err := src.Initial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	step := func(want ...string) {
		t.Helper()
		to, err := src.Next(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		ranges, err := src.Plan(ctx, at, to)
		if err != nil {
			t.Fatal(err)
		}
		got, err := records(ctx, src, ranges)
		if err != nil || !cmp.Equal(want, got, cmpopts.EquateEmpty()) {
			t.Errorf("from %s to %s: %v, %v; want %v", at, to, got, err, want)
		}
		at = to
	}
	step("0", "1")
	step("2")
	step()
	done := make(chan error, 1)
	go func() { done <- src.Wait(ctx, at) }()
	write(t, filepath.Join(dir, "new.json"), nil) // not there yet, as long as it is empty
	write(t, filepath.Join(dir, "new.json"), []byte("new\n"))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	step("new")
	if latest := src.(source.Latest).Latest(); string(latest) != `{"files":4}` {
		t.Errorf("latest is %s", latest)
	}
	write(t, filepath.Join(dir, "newer.json"), []byte("newer\n"))
	if err := src.(source.Freezer).Freeze(ctx); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "late.json"), []byte("late\n"))
	step("newer")
	step()
	gone, stop := context.WithCancel(ctx)
	stop()
	if err := src.Wait(gone, at); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting after the end: %v", err)
	}
}

func BenchmarkLines(b *testing.B) {
	path := os.Getenv("RIFFLE_BENCH_FILE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "a.json")
		write(b, path, bytes.Repeat([]byte(`{"ts":1700000000.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"10.1.2.3","query":"www.example.com"}`+"\n"), 200_000))
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		src, err := openFiles(b, splitBytes, false, map[string]string{"path": path})
		if err != nil {
			b.Fatal(err)
		}
		from, to, _ := src.Bounds(b.Context())
		ranges, _ := src.Plan(b.Context(), from, to)
		for _, r := range ranges {
			s, err := src.Open(b.Context(), r)
			if err != nil {
				b.Fatal(err)
			}
			for err == nil {
				_, err = s.Next(b.Context())
			}
			_ = s.Close()
		}
	}
}
