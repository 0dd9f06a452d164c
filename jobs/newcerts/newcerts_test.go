package main

import (
	"encoding/json"
	"slices"
	"strconv"
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
	Pairs    int            `json:"pairs_within_1_second"`
	NotOK    int            `json:"pairs_where_validation_status_not_ok"`
	Statuses map[string]int `json:"validation_status_of_pairs"`
	First    []struct {
		SSL     float64 `json:"SSL_TS"`
		X509    float64 `json:"X509_TS"`
		IP      string  `json:"SRC_IP"`
		Server  string  `json:"SERVER_NAME"`
		Subject string  `json:"SUBJECT"`
		From    float64 `json:"CERTIFICATE_NOT_VALID_BEFORE"`
		To      float64 `json:"CERTIFICATE_NOT_VALID_AFTER"`
	} `json:"first_5_pairs"`
}

// row is what the answers are about.
type row struct {
	SSL     time.Time `json:"ssl_time"`
	X509    time.Time `json:"x509_time"`
	IP      string    `json:"src_ip"`
	Server  string    `json:"server_name"`
	Subject string    `json:"subject"`
	From    time.Time `json:"valid_from"`
	To      time.Time `json:"valid_to"`
	Status  string    `json:"validation_status"`
}

// streams are the logs of a folder.
func streams(t *testing.T, dir string, ssl, x509 []string) map[string]jobstest.Stream {
	read := func(names []string) jobstest.Stream {
		var paths []string
		for _, n := range names {
			paths = append(paths, jobstest.Data(t, dir, n))
		}
		return jobstest.Halves(jobstest.Lines(t, paths...))
	}
	return map[string]jobstest.Stream{"ssl": read(ssl), "x509": read(x509)}
}

// Sets with subjects give the expected pairs, by files and by Kafka with a stop in
// the middle; those that are new are as many as Go finds.
func TestBySubject(t *testing.T) {
	for name, set := range map[string]struct {
		dir       string
		ssl, x509 []string
		late      string
		atOnce    int
		days      int // for which the certificates found are valid at most
	}{
		"zat": {"zeek/json/zat", []string{"ssl.log"}, []string{"x509.log"}, "20 minutes", 9, 60},
		"otrf": {"zeek/json/otrf-apt29-day1", []string{"NASHUA_ssl.log", "SCRANTON_ssl.log"},
			[]string{"NASHUA_x509.log", "SCRANTON_x509.log"}, "1 day", 60, 1500},
	} {
		t.Run(name, func(t *testing.T) {
			want := jobstest.Expected[answer](t, set.dir, "ssl-x509.expected.json")
			in := streams(t, set.dir, set.ssl, set.x509)
			all := jobstest.Files(t, pipeline(), in, "--late", set.late, "--days", "0")
			rows := jobstest.Decode[row](t, all)
			check(t, want, rows)
			first, second := jobstest.Kafka(t, pipeline, in, set.atOnce, "--late", set.late, "--days", "0")
			if got := slices.Concat(first, second); !same(all, got) {
				t.Errorf("%d and %d rows by kafka differ from the %d by files", len(first), len(second), len(all))
			}
			if bad := jobstest.Files(t, pipeline(), in, "--late", set.late, "--days", "0", "--untrusted"); len(bad) != want.NotOK {
				t.Errorf("%d pairs are not ok, want %d", len(bad), want.NotOK)
			}
			for _, days := range []int{1, 30, set.days} {
				fresh := len(slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.X509.Sub(r.From) >= time.Duration(days)*24*time.Hour }))
				got := jobstest.Files(t, pipeline(), in, "--late", set.late, "--days", strconv.Itoa(days))
				if len(got) != fresh || days == set.days && fresh == 0 {
					t.Errorf("%d pairs are new by %d days, want %d", len(got), days, fresh)
				}
			}
		})
	}
}

func check(t *testing.T, want answer, rows []row) {
	t.Helper()
	statuses := map[string]int{}
	for _, r := range rows {
		statuses[r.Status]++
	}
	if len(rows) != want.Pairs || len(statuses) != len(want.Statuses) {
		t.Errorf("%d pairs, %v, want %d, %v", len(rows), statuses, want.Pairs, want.Statuses)
	}
	for s, n := range want.Statuses {
		if statuses[s] != n {
			t.Errorf("%d pairs are %q, want %d", statuses[s], s, n)
		}
	}
	for _, w := range want.First {
		r := row{micros(w.SSL), micros(w.X509), w.IP, w.Server, w.Subject, micros(w.From), micros(w.To), ""}
		if !slices.ContainsFunc(rows, func(got row) bool { got.Status = ""; return got == r }) {
			t.Errorf("no pair %+v", r)
		}
	}
}

// micros is a time of seconds since 1970, rounded to the microsecond.
func micros(seconds float64) time.Time { return time.UnixMicro(int64(seconds*1e6 + 0.5)).UTC() }

// A later Zeek links certificates by their fingerprints.
func TestByFingerprint(t *testing.T) {
	const dir = "zeek/json/brimdata"
	want := jobstest.Expected[struct {
		Pairs int `json:"pairs_on_first_fingerprint"`
	}](t, dir, "ssl-x509.expected.json").Pairs
	in := streams(t, dir, []string{"ssl.json.gz"}, []string{"x509.json.gz"})
	all := jobstest.Files(t, pipeline(), in, "--by", fingerprint, "--days", "0")
	if len(all) != want {
		t.Errorf("%d pairs, want %d", len(all), want)
	}
	first, second := jobstest.Kafka(t, pipeline, in, 5000, "--by", fingerprint, "--days", "0")
	if got := slices.Concat(first, second); !same(all, got) {
		t.Errorf("%d and %d rows by kafka differ from the %d by files", len(first), len(second), len(all))
	}
	if got := jobstest.Files(t, pipeline(), in, "--by", fingerprint); len(got) != fresh(t, in) {
		t.Errorf("%d pairs are new, want %d", len(got), fresh(t, in))
	}
}

// fresh counts, in another way, the pairs whose certificate was valid for less
// than 30 days when it was seen.
func fresh(t *testing.T, in map[string]jobstest.Stream) int {
	t.Helper()
	isNew, n := map[string]bool{}, 0
	for _, x := range jobstest.Decode[struct {
		TS          time.Time
		Fingerprint string
		From        json.RawMessage `json:"certificate.not_valid_before"`
	}](t, in["x509"].Lines) {
		var from time.Time
		if err := json.Unmarshal(x.From, &from); err != nil {
			t.Fatal(err)
		}
		isNew[x.Fingerprint] = x.TS.Sub(from) < 30*24*time.Hour
	}
	for _, s := range jobstest.Decode[struct {
		Chain []string `json:"cert_chain_fps"`
	}](t, in["ssl"].Lines) {
		if len(s.Chain) > 0 && isNew[s.Chain[0]] {
			n++
		}
	}
	return n
}

// same tells whether two lists have the same lines.
func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
