package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/jobs/jobstest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreAnyFunction("os/signal.loop"))
}

// row is a row of the result, and of the answer under its names.
type row struct {
	Time      string  `json:"frame_time"`
	Len       string  `json:"frame_len"`
	Protocols string  `json:"frame_protocols"`
	Src       string  `json:"eth_src"`
	Dst       string  `json:"eth_dst"`
	IPSrc     *string `json:"ip_src"`
	IPDst     *string `json:"ip_dst"`
	SrcHost   *string `json:"ip_src_host"`
	DstHost   *string `json:"ip_dst_host"`
	Proto     *string `json:"ip_proto"`
	ID        string  `json:"emp_id"`
	Name      string  `json:"emp_name"`
	MAC       string  `json:"macaddr"`
}

// lines are rows as texts, sorted.
func lines(t *testing.T, rows []row) []string {
	t.Helper()
	var out []string
	for _, r := range rows {
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	slices.Sort(out)
	return out
}

// expected are the rows of the reference data.
func expected(t *testing.T) []row {
	t.Helper()
	rows := jobstest.Expected[struct {
		Rows []map[string]any `json:"WATCHED_EMP_NETWORK_TRAFFIC"`
	}](t, "pcap", "pcap.expected.json").Rows
	var out []row
	for _, r := range rows {
		renamed := map[string]any{}
		for name, value := range r {
			renamed[strings.ToLower(name[len("P_"):])] = value
		}
		text, err := json.Marshal(renamed)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, jobstest.Decode[row](t, []string{string(text)})...)
	}
	return out
}

func input(t *testing.T, name string) []string {
	t.Helper()
	return jobstest.Lines(t, jobstest.Data(t, "pcap", name))
}

// unkeyed are lines without their keys.
func unkeyed(in []string) []string {
	var out []string
	for _, line := range in {
		_, value, _ := strings.Cut(line, ":")
		out = append(out, value)
	}
	return out
}

// The packets of the watched employee are all there, by files and by Kafka with a
// stop in the middle.
func TestWatched(t *testing.T) {
	want := lines(t, expected(t))
	employees, computers, pcap := input(t, "employees.json"), input(t, "computers.json"), input(t, "pcap.json")
	files := map[string]jobstest.Stream{"employees": {Lines: unkeyed(employees)}, "computers": {Lines: unkeyed(computers)}, "pcap": {Lines: pcap}}
	all := jobstest.Files(t, pipeline(), files)
	if got := lines(t, jobstest.Decode[row](t, all)); !slices.Equal(got, want) {
		t.Errorf("%d rows by files, want %d", len(got), len(want))
	}
	if got := jobstest.Files(t, pipeline(), files, "--protocols", "%http"); len(got) != 8 {
		t.Errorf("%d packets of http, want 8", len(got))
	}
	first, second := jobstest.Kafka(t, pipeline, map[string]jobstest.Stream{
		"employees": {Lines: employees, Before: 3}, "computers": {Lines: computers, Before: 3}, "pcap": jobstest.Halves(pcap),
	}, 40)
	if got := slices.Concat(first, second); !same(all, got) {
		t.Errorf("%d and %d rows by kafka differ from the %d by files", len(first), len(second), len(all))
	}
}

// The tables change while the packets come: after the stop the employee is no
// longer watched, and another is, who has got a computer that sends.
func TestChanges(t *testing.T) {
	employees, computers, pcap := input(t, "employees.json"), input(t, "computers.json"), input(t, "pcap.json")
	mac := busiest(t, pcap[len(pcap)/2:])
	before := len(employees)
	employees = append(employees,
		`100:{"key":"100", "name":"Tom Jones", "watch_flag":"NO"}`, `101:{"key":"101", "name":"Bob Davis", "watch_flag":"YES"}`, `102:`)
	computers = append(computers, fmt.Sprintf(`101:{"comp_id":2, "empkey":"101", "macaddr":%q}`, mac))
	first, second := jobstest.Kafka(t, pipeline, map[string]jobstest.Stream{
		"employees": {Lines: employees, Before: before}, "computers": {Lines: computers, Before: before}, "pcap": jobstest.Halves(pcap),
	}, 40)
	for i, half := range []struct {
		got       []string
		pcap      []string
		mac, name string
	}{
		{first, pcap[:len(pcap)/2], "e0:a1:d7:18:c2:72", "Tom Jones"},
		{second, pcap[len(pcap)/2:], mac, "Bob Davis"},
	} {
		want := sent(t, half.pcap)[half.mac]
		if len(half.got) != want || want == 0 {
			t.Errorf("run %d: %d packets of %s, want %d", i+1, len(half.got), half.name, want)
		}
		for _, r := range jobstest.Decode[row](t, half.got) {
			if r.Src != half.mac || r.Name != half.name {
				t.Fatalf("run %d: %+v, want packets of %s alone", i+1, r, half.name)
			}
		}
	}
}

// sent counts packets by the computer that sent them.
func sent(t *testing.T, pcap []string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, p := range jobstest.Decode[struct {
		Source struct {
			Layers struct{ Eth struct{ Src string } }
		} `json:"_source"`
	}](t, pcap) {
		out[p.Source.Layers.Eth.Src]++
	}
	return out
}

// busiest is the computer that sent most but the one that is watched.
func busiest(t *testing.T, pcap []string) string {
	t.Helper()
	best, counts := "", sent(t, pcap)
	delete(counts, "e0:a1:d7:18:c2:72")
	for mac, n := range counts {
		if n > counts[best] || n == counts[best] && mac < best {
			best = mac
		}
	}
	return best
}

// same tells whether two lists have the same lines.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
