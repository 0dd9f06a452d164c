package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		lower  bool
		value  float64
		word   string
		missed bool
	}{
		{false, 10, "ok", false}, {false, 9, "BELOW", false}, {false, 7.9, "BELOW", true},
		{true, 10, "ok", false}, {true, 12, "BELOW", false}, {true, 12.6, "BELOW", true},
	} {
		word, missed := gate{accept: 10, lower: c.lower}.verdict(c.value)
		if word != c.word || missed != c.missed {
			t.Errorf("%v of 10, lower %t: got %s, %t", c.value, c.lower, word, missed)
		}
	}
}

// Every gate names contestants that there are, once the engine is one of them.
func TestGatesNameContestants(t *testing.T) {
	best := map[string]outcome{}
	engine := engineContestants(func(string, int, variant) (result, error) { return result{}, nil })
	for _, c := range append(contestants(), engine...) {
		best[c.name] = outcome{result: result{Rows: 1}, CPU: time.Second, Wall: time.Second, Peak: 1, GC: 0.01}
	}
	for _, g := range gates {
		if _, ok := g.value(best); !ok {
			t.Errorf("%s names a contestant that there is not", g.name)
		}
	}
}

// Each of our own contestants runs over a small file and finds the same.
func TestContestants(t *testing.T) {
	path, err := eventFile(t.TempDir(), 5000)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fill(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var first outcome
	for _, c := range contestants() {
		input := path
		if c.kafka {
			input = b.Addr()
		}
		if c.command != nil {
			continue
		}
		o, err := measure(c, input, "")
		if err != nil || o.CPU <= 0 || o.Wall <= 0 {
			t.Fatalf("%s: %+v, %v", c.name, o, err)
		}
		if o.Passed == 0 {
			continue // a part of the job
		}
		if strings.HasPrefix(c.name, "engine/fourth") {
			o.Groups = first.Groups // it has more, as it should
		}
		if first.Rows == 0 {
			first = o
		}
		if o.result != first.result || o.Rows != 5000 {
			t.Errorf("%s found %+v, others %+v", c.name, o.result, first.result)
		}
	}
}

// The other forms of the events hold the same values.
func TestVariants(t *testing.T) {
	path, err := eventFile(t.TempDir(), 200)
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, path)
	for _, v := range variants {
		file, err := variantFile(path, v)
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, file)
		if len(got) != len(want) {
			t.Fatalf("%s: %d events, want %d", filepath.Base(file), len(got), len(want))
		}
		for i, e := range got {
			for from, to := range map[string]string{v.host: "id.orig_h", v.query: "query", v.kind: "qtype_name"} {
				if value, ok := e[from]; ok && from != to {
					e[to] = value
					delete(e, from)
				}
			}
			if !maps.Equal(e, want[i]) {
				t.Errorf("%s: event %d is %v, want %v", v.name, i, e, want[i])
			}
		}
	}
}

func decode(t *testing.T, path string) (out []map[string]string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var e map[string]json.RawMessage
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		flat := map[string]string{}
		for k, v := range e {
			flat[k] = string(v)
		}
		out = append(out, flat)
	}
	return out
}

func TestPick(t *testing.T) {
	got, err := pick(contestants(), []string{"limit/file"})
	if err != nil || len(got) != 2 {
		t.Errorf("got %d contestants, %v", len(got), err)
	}
	if _, err := pick(contestants(), []string{"nobody"}); err == nil || !strings.Contains(err.Error(), "duckdb/1") {
		t.Errorf("got %v, want an error that names all", err)
	}
}
