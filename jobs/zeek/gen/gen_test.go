package gen

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"math"
	"slices"
	"testing"

	"github.com/riffledata/riffle/exec/kernel/psl"
	"github.com/riffledata/riffle/jobs/zeek"
)

// field returns the text of a column of a line, empty where it has none.
func field(line []byte, key string) []byte {
	_, rest, _ := bytes.Cut(line, []byte(`"`+key+`":"`))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return value
}

// counts are the numbers that the statistics are about.
type counts struct {
	bytes, passed, local, empty, escaped, columns int
	unique                                        int // queries of the first 300,000 events
	domains, queries                              int // groups
	clients                                       map[string]int
}

// set holds hashes of texts: of a million different ones no two are likely to be equal.
type set map[uint64]struct{}

var hashSeed = maphash.MakeSeed()

func (s set) add(parts ...[]byte) {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, p := range parts {
		h.Write(p)
		h.WriteByte(0)
	}
	s[h.Sum64()] = struct{}{}
}

func measure(n int) counts {
	c := counts{clients: map[string]int{}}
	queries, byDomain, byQuery := set{}, set{}, set{}
	g, rules, line := New(1), psl.Default(), []byte(nil)
	for i := range n {
		line = append(g.Append(line[:0]), '\n')
		c.bytes += len(line)
		c.columns += bytes.Count(line, []byte(`":`))
		client, query, kind := field(line, "id.orig_h"), field(line, "query"), field(line, "qtype_name")
		c.clients[string(client)]++
		if string(kind) == "TXT" && bytes.Contains(line, []byte(`\"`)) && bytes.Contains(line, []byte(`\\`)) {
			c.escaped++
		}
		switch {
		case len(query) == 0:
			c.empty++
			continue
		case bytes.HasSuffix(query, []byte(".local")):
			c.local++
			continue
		}
		c.passed++
		if i < 300_000 {
			queries.add(query)
			c.unique = len(queries)
		}
		domain, _ := rules.Domain(string(query), psl.Extract)
		byDomain.add(client, []byte(domain), kind)
		byQuery.add(client, query, kind)
	}
	c.domains, c.queries = len(byDomain), len(byQuery)
	return c
}

// The statistics of a million events are those of the log that our speed is
// measured with.
func TestStatistics(t *testing.T) {
	if testing.Short() {
		t.Skip("the statistics need a million events: run without -short")
	}
	const n = 1_000_000
	c := measure(n)
	within := func(name string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance*want {
			t.Errorf("%s: got %.1f, want %.1f within %.0f %%", name, got, want, tolerance*100)
		}
	}
	within("bytes an event", float64(c.bytes)/n, 438.9, 0.02)
	within("columns an event", float64(c.columns)/n, 20.5, 0.05)
	within("events that pass the filter", float64(c.passed), 939_738, 0.01)
	within("events below .local", float64(c.local), 0.04*n, 0.05)
	within("events without a query", float64(c.empty), 0.02*n, 0.05)
	within("TXT answers with escapes", float64(c.escaped), 0.03*n, 0.1)
	within("groups by client, domain and type", float64(c.domains), 203_252, 0.05)
	within("groups by client, query and type", float64(c.queries), 762_065, 0.05)
	within("unique queries of 300,000", float64(c.unique), 97_440, 0.05)
	if len(c.clients) != 500 {
		t.Errorf("%d clients, want 500", len(c.clients))
	}
	var byClient []int
	for _, k := range c.clients {
		byClient = append(byClient, k)
	}
	slices.Sort(byClient)
	within("ratio of the first client to the tenth", float64(byClient[499])/float64(byClient[490]), 10, 0.1)
}

// Events are JSON with the columns of the schema, in the order of time, and the
// same for the same seed.
func TestEvents(t *testing.T) {
	a, b, other, last := New(7), New(7), New(8), 0.0
	seen := map[string]bool{}
	for i := range 5000 {
		line := a.Append(nil)
		if again := b.Append([]byte("x")); string(again[1:]) != string(line) {
			t.Fatalf("event %d differs for the same seed:\n%s\n%s", i, line, again)
		}
		if bytes.Equal(line, other.Append(nil)) {
			t.Fatalf("event %d is the same for another seed: %s", i, line)
		}
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("event %d: %v: %s", i, err, line)
		}
		if ts := event["ts"].(float64); ts <= last {
			t.Fatalf("event %d is at %f, after one at %f", i, ts, last)
		} else {
			last = ts
		}
		for key := range event {
			seen[key] = true
		}
	}
	for _, name := range zeek.DNS.Names() {
		if !seen[name] {
			t.Errorf("no event has %s", name)
		}
	}
	if !seen["rtt"] || len(seen) != 24 {
		t.Errorf("events have %d columns, want the schema's 23 and rtt", len(seen))
	}
}

// Every domain is one of its own, but for the network's own names.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range shared().names {
		if d, _ := psl.Default().Domain(name, psl.Extract); d != name && name != "lan" && name != "amazonaws.com" {
			t.Errorf("%s is not a registered domain: %q", name, d)
		}
		if seen[name] {
			t.Errorf("%s occurs twice", name)
		}
		seen[name] = true
	}
}

func BenchmarkAppend(b *testing.B) {
	g, dst := New(1), make([]byte, 0, 4096)
	b.SetBytes(439)
	b.ReportAllocs()
	for b.Loop() {
		dst = g.Append(dst[:0])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
