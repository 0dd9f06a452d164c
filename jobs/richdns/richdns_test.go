package main

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/jobs/jobstest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreAnyFunction("os/signal.loop"))
}

// answer is what the reference data say of a set.
type answer struct {
	Pairs        int   `json:"pairs_within_1_minute"`
	PairsLocal   int   `json:"pairs_within_1_minute_and_local_orig_true"`
	RequestBytes int64 `json:"sum_request_bytes_of_pairs"`
	ReplyBytes   int64 `json:"sum_reply_bytes_of_pairs"`
}

// set is a set of logs with an answer.
type set struct {
	name   []string // of the answer
	in     func(t *testing.T) map[string]jobstest.Stream
	late   string
	atOnce int // records of a batch
}

func streams(dns, conn []string) map[string]jobstest.Stream {
	return map[string]jobstest.Stream{"dns": jobstest.Halves(dns), "conn": jobstest.Halves(conn)}
}

var sets = map[string]set{
	"zat": {[]string{"zeek", "json", "zat", "rich-dns.expected.json"}, func(t *testing.T) map[string]jobstest.Stream {
		return streams(jobstest.Lines(t, jobstest.Data(t, "zeek/json/zat/dns.log")), jobstest.Lines(t, jobstest.Data(t, "zeek/json/zat/conn.log")))
	}, "10 minutes", 7},
	"otrf": {[]string{"zeek", "json", "otrf-apt29-day1", "rich-dns.expected.json"}, func(t *testing.T) map[string]jobstest.Stream {
		dir := jobstest.Data(t, "zeek/json/otrf-apt29-day1")
		return streams(jobstest.Lines(t, dir+"/NASHUA_dns.log", dir+"/SCRANTON_dns.log"), jobstest.Lines(t, dir+"/NASHUA_conn.log", dir+"/SCRANTON_conn.log"))
	}, "1 day", 50}, // two hosts, one after the other
	"rita": {[]string{"zeek", "tsv", "rita-2024-04-19", "rich-dns.expected.json"}, func(t *testing.T) map[string]jobstest.Stream {
		dir := jobstest.Data(t, "zeek/tsv/rita-2024-04-19")
		return streams(jobstest.ZeekLines(t, dir+"/dns.*.log.gz"), jobstest.ZeekLines(t, dir+"/conn.*.log.gz"))
	}, "2 hours", 4000}, // connections are written when they end
}

// row is what the answers are about.
type row struct {
	Time  time.Time `json:"time"`
	UID   string    `json:"uid"`
	Bytes *int64    `json:"request_bytes"`
	Reply *int64    `json:"reply_bytes"`
	Local *bool     `json:"local_orig"`
}

// Each set gives the expected pairs, by files and by Kafka with a stop in the
// middle: the very same rows.
func TestSets(t *testing.T) {
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			want := jobstest.Expected[answer](t, set.name...)
			in := set.in(t)
			all := jobstest.Files(t, pipeline(), in, "--late", set.late, "--everyone")
			check(t, want, jobstest.Decode[row](t, all))

			first, second := jobstest.Kafka(t, pipeline, in, set.atOnce, "--late", set.late, "--everyone")
			if got := slices.Concat(first, second); !same(all, got) {
				t.Errorf("%d and %d rows by kafka differ from the %d by files", len(first), len(second), len(all))
			}
			local, _ := jobstest.Play(t, pipeline(), "--late", set.late,
				"--dns", jobstest.Write(t, in["dns"].Lines), "--conn", jobstest.Write(t, in["conn"].Lines))
			if len(local) != want.PairsLocal {
				t.Errorf("%d queries of the local network, want %d", len(local), want.PairsLocal)
			}
		})
	}
}

func check(t *testing.T, want answer, rows []row) {
	t.Helper()
	got := answer{Pairs: len(rows), PairsLocal: want.PairsLocal}
	for _, r := range rows {
		got.RequestBytes += *r.Bytes
		got.ReplyBytes += *r.Reply
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// same tells whether two lists have the same lines.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
