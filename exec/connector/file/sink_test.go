package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/format/ipc"
	"github.com/riffledata/riffle/exec/format/parquet"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

var hosts = types.NewSchema().Add("host", types.String).Add("n", types.Long)

func sinkSpec(t testing.TB, format, dir string, kv ...string) (*SinkProvider, sink.Spec) {
	t.Helper()
	p := NewSinkProvider(format)
	given := map[string]string{"path": dir}
	for _, s := range kv {
		k, v, _ := strings.Cut(s, "=")
		given[k] = v
	}
	set, err := option.Check("the sink", given, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	return p, sink.Spec{Options: set, Schema: hosts, QueryID: "q", Role: "sink", Epoch: 1, Committed: -1}
}

func openSink(t testing.TB, format, dir string, change func(*sink.Spec), kv ...string) sink.Sink {
	t.Helper()
	p, spec := sinkSpec(t, format, dir, kv...)
	if change != nil {
		change(&spec)
	}
	s, err := p.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func hostRows(t testing.TB, id int64, changes ...int8) batch.Batch {
	t.Helper()
	rec, err := types.Record(hosts, [][]any{{fmt.Sprint("host", id), id}, {"a,b", 7}, {nil, nil}})
	if err != nil {
		t.Fatal(err)
	}
	return batch.Batch{Record: rec, Changes: changes}
}

func put(ctx context.Context, s sink.Sink, id int64, batches ...batch.Batch) error {
	w, err := s.Begin(ctx, id)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := w.Write(ctx, b); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return errors.Join(w.Commit(ctx), w.Abort())
}

// lines reads a folder of JSON lines as our own source does.
func linesIn(t testing.TB, dir string) []string {
	t.Helper()
	src, err := openFiles(t, 1<<20, false, map[string]string{"path": dir})
	if err != nil {
		t.Fatal(err)
	}
	from, to, err := src.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := src.Plan(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	got, err := records(t.Context(), src, ranges)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func jsonOf(ids ...int64) []string {
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf(`{"host":"host%d","n":%d}`, id, id), `{"host":"a,b","n":7}`, `{}`)
	}
	return out
}

func parts(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Readers see whole batches, in their order, each once.
func TestSink(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := openSink(t, "json", dir, nil)
	if err := put(t.Context(), s, 0, hostRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	later := openSink(t, "json", dir, func(spec *sink.Spec) { spec.Epoch = 2 })
	for _, id := range []int64{0, 11, 11} {
		if err := put(t.Context(), later, id, hostRows(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(t.Context(), later, 12); err != nil { // no rows, no files
		t.Fatal(err)
	}
	w, err := later.Begin(t.Context(), 13)
	if err == nil {
		err = w.Write(t.Context(), hostRows(t, 13))
	}
	if got := linesIn(t, dir); err != nil || !slices.Equal(got, jsonOf(0, 11)) {
		t.Errorf("%v, readers see %q", err, got)
	}
	if err := w.Abort(); err != nil || len(parts(t, dir)) != 2 {
		t.Errorf("after an abort there are %v, %v", parts(t, dir), err)
	}
	if last, err := later.(sink.Progressive).LastCommitted(t.Context()); err != nil || last != 11 {
		t.Errorf("the last batch is %d, %v", last, err)
	}
	if err := put(t.Context(), s, 11, hostRows(t, 11)); !errors.Is(err, sink.ErrDeposed) {
		t.Errorf("the older run goes on: %v", err)
	}
}

// A run is gone at any step: the next one shows each row once. What the first has
// left is swept away once it is old.
func TestSinkCrashes(t *testing.T) {
	for _, point := range []string{sink.PointProducing, sink.PointFlushed, sink.PointCommitted} {
		dir := t.TempDir()
		s := openSink(t, "json", dir, nil)
		if err := put(t.Context(), s, 0, hostRows(t, 0)); err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		reached := make(chan struct{})
		var once sync.Once
		ctx := sink.WithCrashPoints(t.Context(), func(p string) {
			if p == point {
				once.Do(func() { close(reached) })
				<-gone
			}
		})
		done := make(chan error)
		go func() { done <- put(ctx, s, 1, hostRows(t, 1)) }()
		<-reached
		later := openSink(t, "json", dir, func(spec *sink.Spec) { spec.Epoch = 2 })
		for _, id := range []int64{1, 2} {
			if err := put(t.Context(), later, id, hostRows(t, id)); err != nil {
				t.Fatal(err)
			}
		}
		if err := sweep(dir, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if n := len(parts(t, dir)); n != 3 {
			t.Errorf("%s: %d files are left", point, n)
		}
		if point != sink.PointProducing { // its file is gone, and it fails
			close(gone)
			if err := <-done; point == sink.PointCommitted && err != nil || point == sink.PointFlushed && !errors.Is(err, sink.ErrDeposed) {
				t.Errorf("%s: the run that was paused ends with %v", point, err)
			}
		} else {
			close(gone)
			<-done
		}
		if got := linesIn(t, dir); !slices.Equal(got, jsonOf(0, 1, 2)) {
			t.Errorf("%s: readers see %q", point, got)
		}
	}
}

// Tasks write to files of their own, which one manifest names.
func TestSinkTasks(t *testing.T) {
	dir := t.TempDir()
	s := openSink(t, "json", dir, nil, "compression=gzip")
	w, err := s.Begin(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	for i := range 4 {
		tasks.Go(func() {
			for j := range 50 {
				if err := w.Write(t.Context(), hostRows(t, int64(100*i+j))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tasks.Wait()
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := linesIn(t, dir); len(got) != 600 {
		t.Errorf("%d lines", len(got))
	}
}

// reader reads the rows of a file.
func readAll(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var next func() (arrow.RecordBatch, error)
	var schema *types.Schema
	if strings.HasSuffix(path, ".parquet") {
		r, err := parquet.NewReader(f, 100)
		if err != nil {
			t.Fatal(err)
		}
		next = func() (arrow.RecordBatch, error) { return r.Next(t.Context()) }
		schema, err = types.SchemaFromArrow(r.Schema())
		if err != nil {
			t.Fatal(err)
		}
	} else {
		r, err := ipc.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		next = r.Next
		schema, err = types.SchemaFromArrow(r.Schema())
		if err != nil {
			t.Fatal(err)
		}
	}
	out := ""
	for {
		rec, err := next()
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range types.Rows(schema, rec) {
			out += row.String()
		}
	}
}

// Each format in each compression holds the rows, and in mode update the changes.
func TestSinkFormats(t *testing.T) {
	for _, format := range []string{"json", "csv", "parquet", "ipc"} {
		for _, codec := range codecsOf(format) {
			dir := t.TempDir()
			s := openSink(t, format, dir, func(spec *sink.Spec) { spec.Mode = sink.Update }, "compression="+codec)
			if err := put(t.Context(), s, 0, hostRows(t, 3, 1, -1, 1), hostRows(t, 4)); err != nil {
				t.Fatalf("%s %s: %v", format, codec, err)
			}
			file := parts(t, dir)[0]
			switch {
			case format == "parquet" || format == "ipc":
				if got, want := readAll(t, file), "[host3,3,1][a,b,7,-1][null,null,1][host4,4,1][a,b,7,1][null,null,1]"; got != want {
					t.Errorf("%s %s: %s, want %s", format, codec, got, want)
				}
			case format == "json":
				if got := linesIn(t, dir); len(got) != 6 || got[0] != `{"host":"host3","n":3,"_change":1}` {
					t.Errorf("json %s: %q", codec, got)
				}
			case codec == "none" && format == "csv":
				text, err := os.ReadFile(file)
				if want := "host3,3,1\n\"a,b\",7,-1\n,,1\nhost4,4,1\n\"a,b\",7,1\n,,1\n"; err != nil || string(text) != want {
					t.Errorf("csv: %q, %v, want %q", text, err, want)
				}
			}
		}
	}
}

// What the sink cannot do is refused before anything is written.
func TestSinkRefuses(t *testing.T) {
	full := t.TempDir()
	write(t, filepath.Join(full, "mine.json"), []byte("{}\n"))
	other := t.TempDir()
	if err := put(t.Context(), openSink(t, "json", other, func(s *sink.Spec) { s.QueryID = "p" }), 0, hostRows(t, 1)); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*sink.Spec, *string){
		"needs a query with a checkpoint":  func(s *sink.Spec, _ *string) { s.QueryID = "" },
		"output mode complete has no use":  func(s *sink.Spec, _ *string) { s.Mode = sink.Complete },
		"such as mine.json":                func(_ *sink.Spec, dir *string) { *dir = full },
		"has the result of another query":  func(_ *sink.Spec, dir *string) { *dir = other },
		"option path: is needed":           func(_ *sink.Spec, dir *string) { *dir = "" },
		"has a column _change":             func(s *sink.Spec, _ *string) { s.Mode, s.Schema = sink.Update, hosts.Add("_change", types.Int) },
		"csv: the column l of type array<": func(s *sink.Spec, _ *string) { s.Schema = types.NewSchema().Add("l", types.Array{Elem: types.Int}) },
	} {
		dir := t.TempDir()
		p, spec := sinkSpec(t, "csv", dir)
		change(&spec, &dir)
		given := map[string]string{"path": dir}
		set, err := option.Check("the sink", given, p.Options())
		if err != nil {
			t.Fatal(err)
		}
		spec.Options = set
		if _, err := p.Open(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	s := openSink(t, "json", t.TempDir(), nil)
	if err := put(t.Context(), s, 0, hostRows(t, 1, 1, -1, 1)); err == nil || !strings.Contains(err.Error(), "use output mode update") {
		t.Errorf("a row taken back: %v", err)
	}
}

// Any bytes are a manifest or an error, and no manifest names files elsewhere.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"query":"q","batch":3,"files":[{"name":"part-3-0-00.json","rows":1,"bytes":7}]}`))
	f.Add([]byte(`{"format":1,"files":[{"name":"../x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if filepath.Dir(filepath.Join("/t", file.Name)) != "/t" {
				t.Errorf("%q is elsewhere", file.Name)
			}
		}
	})
}
