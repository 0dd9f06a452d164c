package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// reference is a set of real logs and the groups that another implementation of
// the notebook found in them.
type reference struct {
	inputs []string
	groups string
}

var references = map[string]reference{
	"zeek":       {[]string{"zat/dns.log"}, "zat/dns.expected-domain-groups.tsv"},
	"corelight":  {[]string{"brimdata/dns.json.gz"}, "brimdata/dns.expected-domain-groups.tsv"},
	"two files":  {[]string{"otrf-apt29-day1/NASHUA_dns.log", "otrf-apt29-day1/SCRANTON_dns.log"}, "otrf-apt29-day1/dns.expected-domain-groups.tsv"},
	"mixed logs": {[]string{"otrf-apt29-day1/combined_zeek.log"}, "otrf-apt29-day1/combined_zeek.dns.expected-domain-groups.tsv"},
	"blanks":     {[]string{"rita-all-fields/dns.log"}, "rita-all-fields/dns.expected-domain-groups.tsv"},
	"wrapped":    {[]string{"metron/bro.out"}, "metron/bro.out.dns.expected-domain-groups.tsv"},
}

// listDifferences are groups that another version of the public suffix list
// gives, by set: as printed by differences. There are to be five at most.
var listDifferences = map[string][]string{}

func TestReference(t *testing.T) {
	known := 0
	for _, lines := range listDifferences {
		known += len(lines)
	}
	if known > 5 {
		t.Errorf("%d groups differ by the version of the list, more than 5", known)
	}
	for name, ref := range references {
		t.Run(name, func(t *testing.T) {
			want := ref.load(t)
			for way, set := range map[string]func(*config){
				"files":        func(*config) {},
				"via kafka":    func(c *config) { c.viaKafka = true },
				"own function": func(c *config) { c.udf = true },
			} {
				c := defaults()
				c.inputs, c.available = ref.paths(t), true
				set(c)
				got := play(t, 2, c)
				if diff := differences(want, got.groups); strings.Join(diff, "\n") != strings.Join(listDifferences[name], "\n") {
					t.Errorf("%s: %d groups differ:\n%s", way, len(diff), strings.Join(diff[:min(20, len(diff))], "\n"))
				}
				if !strings.Contains(got.summary, "bad records: 0;") {
					t.Errorf("%s: %s", way, got.summary)
				}
				sorted(t, got.lines)
			}
		})
	}
}

// testdata returns the folder of logs.
func testdata(t *testing.T) string {
	t.Helper()
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA is not set; it is to name the folder of reference data")
	}
	return filepath.Join(root, "data", "zeek", "json")
}

func (r reference) paths(t *testing.T) []string {
	var out []string
	for _, in := range r.inputs {
		out = append(out, filepath.Join(testdata(t), in))
	}
	return out
}

func (r reference) load(t *testing.T) map[group]int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testdata(t), r.groups))
	if err != nil {
		t.Fatal(err)
	}
	out := map[group]int64{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if f[0] != "tldextract_seed_function" {
			continue
		}
		n, err := strconv.ParseInt(f[4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		var g group
		for i := range g {
			if g[i] = f[i+1]; g[i] == `\N` {
				g[i] = "<null>"
			}
		}
		out[g] = n
	}
	if len(out) == 0 {
		t.Fatalf("no groups in %s", r.groups)
	}
	return out
}

// differences lists the groups that are in one alone, or differ in their count.
func differences(want, got map[group]int64) []string {
	var out []string
	for g, n := range want {
		if got[g] != n {
			out = append(out, fmt.Sprintf("%q: %d instead of %d", g, got[g], n))
		}
	}
	for g, n := range got {
		if _, ok := want[g]; !ok {
			out = append(out, fmt.Sprintf("%q: %d instead of none", g, n))
		}
	}
	sort.Strings(out)
	return out
}

// sorted checks the order of the printed groups: by count, largest first, then
// by the keys, nulls last.
func sorted(t *testing.T, lines []string) {
	t.Helper()
	type row struct {
		keys  group
		count int64
	}
	var rows []row
	for _, line := range lines {
		for g, n := range groupsOf(t, line) {
			rows = append(rows, row{g, n})
		}
	}
	key := func(s string) string {
		if s == "<null>" {
			return "\xff"
		}
		return s
	}
	for i := 1; i < len(rows); i++ {
		a, b := rows[i-1], rows[i]
		for k := 0; k < 3 && a.count == b.count; k++ {
			if x, y := key(a.keys[k]), key(b.keys[k]); x != y {
				if x > y {
					t.Fatalf("line %d: %v comes after %v", i+1, b, a)
				}
				break
			}
		}
		if a.count < b.count {
			t.Fatalf("line %d: %v comes after %v", i+1, b, a)
		}
	}
}
