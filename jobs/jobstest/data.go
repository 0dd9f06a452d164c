package jobstest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Data is the path of a file below the folder data of the reference data. Without
// reference data it skips the test.
func Data(t *testing.T, path ...string) string {
	t.Helper()
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA is not set; it is to name the folder of reference data")
	}
	return filepath.Join(append([]string{root, "data"}, path...)...)
}

// Expected reads an answer of the reference data, a JSON document.
func Expected[T any](t *testing.T, path ...string) T {
	t.Helper()
	text, err := os.ReadFile(Data(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Lines reads the lines of files, one after the other, gzipped where the name
// ends in .gz, without blank ones.
func Lines(t *testing.T, paths ...string) []string {
	t.Helper()
	var out []string
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(path, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			if line := strings.TrimSpace(s.Text()); line != "" {
				out = append(out, line)
			}
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Decode reads lines of JSON.
func Decode[T any](t *testing.T, lines []string) []T {
	t.Helper()
	out := make([]T, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &out[i]); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	return out
}

// Write makes a file of lines.
func Write(t *testing.T, lines []string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lines.json")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
