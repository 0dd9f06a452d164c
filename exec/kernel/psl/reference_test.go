package psl

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newer lists the names whose reference answer is of another version of the
// list than ours: name, then mode.
var newer = map[string]Mode{}

// The references give each query's domain as tldts (ICANN's rules, private
// rules) and the notebook's function compute it.
func TestReference(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("set RIFFLE_TESTDATA to the folder of the reference data to compare with it")
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(root, "data", "zeek"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".expected-query-domains.tsv") {
			files++
			compareReference(t, path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files below %s: %v", files, root, err)
	}
	if len(newer) > 5 {
		t.Errorf("%d differences are excused, at most 5 may be", len(newer))
	}
}

func compareReference(t *testing.T, path string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, lines := Default(), bufio.NewScanner(f)
	lines.Scan() // the header: query, tldts_icann_only, tldts_with_private, tldextract
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		for i, mode := range []Mode{ICANN, Private, Extract} {
			want := cells[i+1]
			if want == `\N` {
				want = "-"
			}
			if m, ok := newer[cells[0]]; ok && m == mode {
				continue
			}
			if got := show(r.Domain(cells[0], mode)); got != want {
				t.Errorf("%s: %s of %q: got %q, want %q", filepath.Base(filepath.Dir(path)), mode, cells[0], got, want)
			}
		}
	}
}
