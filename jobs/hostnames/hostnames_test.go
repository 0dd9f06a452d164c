package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/jobs/jobstest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreAnyFunction("os/signal.loop"))
}

// group is a window of a host and a name.
type group struct {
	Start int64 `json:"window_start"` // seconds since 1970
	IP    string
	Name  string // <null> for null
}

// answer is what the reference data say of a set.
type answer struct {
	All      int     `json:"tumbling_5_min_groups_all_pairs"`
	TopAll   []entry `json:"tumbling_5_min_top20_all_pairs"`
	Local    int     `json:"tumbling_5_min_groups_local_orig_true"`
	TopLocal []entry `json:"tumbling_5_min_top20_local_orig_true"`
}

type entry struct {
	Start int64   `json:"window_start"`
	IP    string  `json:"SRC_IP"`
	Name  *string `json:"HOSTNAME"`
	Count int64   `json:"COUNT_HOSTNAME"`
}

// set is a set of logs with an answer.
type set struct {
	folder string
	in     func(t *testing.T, dir string) (dns, conn []string)
	late   string
	atOnce int // records of a batch
}

var sets = []set{
	{"zeek/json/zat", func(t *testing.T, dir string) (dns, conn []string) {
		return jobstest.Lines(t, dir+"/dns.log"), jobstest.Lines(t, dir+"/conn.log")
	}, "10 minutes", 7},
	{"zeek/json/otrf-apt29-day1", func(t *testing.T, dir string) (dns, conn []string) {
		return jobstest.Lines(t, dir+"/NASHUA_dns.log", dir+"/SCRANTON_dns.log"), jobstest.Lines(t, dir+"/NASHUA_conn.log", dir+"/SCRANTON_conn.log")
	}, "1 day", 50}, // two hosts, one after the other
	{"zeek/tsv/rita-2024-04-19", func(t *testing.T, dir string) (dns, conn []string) {
		return jobstest.ZeekLines(t, dir+"/dns.*.log.gz"), jobstest.ZeekLines(t, dir+"/conn.*.log.gz")
	}, "2 hours", 4000}, // connections are written when they end
}

// end is an event after all others: it moves the watermark past the last window,
// and belongs to no connection.
const end = `{"ts":4102444800.0,"uid":"%s"}`

// Each set gives the expected groups, by files and by Kafka with a stop in the
// middle. The largest are as the reference has them, and all are those of the
// pairs counted in Go.
func TestSets(t *testing.T) {
	for _, set := range sets {
		t.Run(strings.ReplaceAll(set.folder, "/", "-"), func(t *testing.T) {
			want := jobstest.Expected[answer](t, set.folder, "rich-dns.expected.json")
			dns, conn := set.in(t, jobstest.Data(t, set.folder))
			in := map[string]jobstest.Stream{"dns": ended(dns, "dns"), "conn": ended(conn, "conn")}
			all := groups(t, jobstest.Files(t, pipeline(), in, "--late", set.late, "--everyone"))
			check(t, all, want.All, want.TopAll)
			if counted := count(t, dns, conn); !maps.Equal(counted, all) {
				t.Errorf("%d groups differ from the %d that Go counts", len(all), len(counted))
			}
			first, second := jobstest.Kafka(t, pipeline, in, set.atOnce, "--late", set.late, "--everyone")
			if got := groups(t, slices.Concat(first, second)); !maps.Equal(all, got) {
				t.Errorf("%d groups by kafka differ from the %d by files", len(got), len(all))
			}
			check(t, groups(t, jobstest.Files(t, pipeline(), in, "--late", set.late)), want.Local, want.TopLocal)
		})
	}
}

func ended(lines []string, uid string) jobstest.Stream {
	last := slices.Repeat([]string{fmt.Sprintf(end, uid)}, 16) // so that each partition has one
	return jobstest.Halves(slices.Concat(lines, last))
}

// groups reads the job's lines; none may come twice.
func groups(t *testing.T, lines []string) map[group]int64 {
	t.Helper()
	out := map[group]int64{}
	for _, r := range jobstest.Decode[struct {
		Start time.Time `json:"window_start"`
		IP    string    `json:"src_ip"`
		Name  *string   `json:"hostname"`
		Count int64     `json:"count"`
	}](t, lines) {
		g := group{r.Start.Unix(), r.IP, orNull(r.Name)}
		if _, twice := out[g]; twice {
			t.Errorf("%v came twice", g)
		}
		out[g] = r.Count
	}
	return out
}

func orNull(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}

func check(t *testing.T, got map[group]int64, n int, top []entry) {
	t.Helper()
	if len(got) != n {
		t.Errorf("%d groups, want %d", len(got), n)
	}
	for _, e := range top {
		if g := (group{e.Start, e.IP, orNull(e.Name)}); got[g] != e.Count {
			t.Errorf("%v is counted %d times, want %d", g, got[g], e.Count)
		}
	}
}

// count is the answer computed in another way.
func count(t *testing.T, dns, conn []string) map[group]int64 {
	t.Helper()
	type event struct {
		TS    json.Number
		UID   string
		IP    string  `json:"id.orig_h"`
		IP2   string  `json:"id_orig_h"`
		Query *string `json:"query"`
	}
	began := map[string][]float64{}
	for _, c := range jobstest.Decode[event](t, conn) {
		ts, _ := c.TS.Float64()
		began[c.UID] = append(began[c.UID], ts)
	}
	out := map[group]int64{}
	for _, d := range jobstest.Decode[event](t, dns) {
		ts, _ := d.TS.Float64()
		for _, at := range began[d.UID] {
			if ts-at > 60 || at-ts > 60 {
				continue
			}
			g := group{int64(ts) / 300 * 300, d.IP + d.IP2, "<null>"}
			if d.Query != nil {
				g.Name, _, _ = strings.Cut(*d.Query, ".")
				out[g]++
			} else {
				out[g] += 0
			}
		}
	}
	return out
}
