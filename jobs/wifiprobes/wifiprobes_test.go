package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riffledata/riffle/jobs/jobstest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.signal_recv"), goleak.IgnoreAnyFunction("os/signal.loop"))
}

// day is a row of the daily table, and of the answer under its names.
type day struct {
	Day      string `json:"day"`
	Subtype  int    `json:"subtype"`
	Frames   int    `json:"frames"`
	Earliest string `json:"earliest"`
	Latest   string `json:"latest"`
}

// answer is what the reference data say of a set.
type answer struct {
	Days []struct {
		Day      string `json:"WINDOW_DAY"`
		Subtype  int    `json:"SUBTYPE"`
		Frames   int    `json:"PACKET_COUNT"`
		Earliest string `json:"EARLIEST_TIME"`
		Latest   string `json:"LATEST_TIME"`
	} `json:"PCAP_STATS_tumbling_1_day_GMT"`
	Sessions int `json:"fingerprint_sessions_with_more_than_2_macs"`
	First    []struct {
		Data    []string       `json:"WLAN_TAG_VENDOR_DATA"`
		Type    []string       `json:"WLAN_TAG_VENDOR_OUI_TYPE"`
		OUI     []string       `json:"WLAN_TAG_OUI"`
		Probes  int            `json:"PROBE_COUNT"`
		Sources int            `json:"SOURCE_MAC_ADDRESS_COUNT"`
		Start   int64          `json:"WINDOWSTART"` // milliseconds since 1970
		End     int64          `json:"WINDOWEND"`
		Range   *float64       `json:"SIGNAL_DBM_RANGE"`
		Signals map[string]int `json:"SIGNAL_DBM_DISTRIBUTION"`
	} `json:"OUI_FINGERPRINT_PROBES_first_60"`
}

// session is a row of the fingerprints.
type session struct {
	Data    []string       `json:"vendor_data"`
	Type    []string       `json:"oui_type"`
	OUI     []string       `json:"oui"`
	Probes  int            `json:"probes"`
	Count   int            `json:"source_count"`
	Sources []string       `json:"sources"`
	First   time.Time      `json:"first_probe"`
	Last    time.Time      `json:"last_probe"`
	Range   *float64       `json:"signal_range"`
	Signals map[string]int `json:"signals"`
}

var sets = map[string]int{ // records of a batch
	"fryza/position1-2022-10-18-to-19": 3000,
	"fryza/position1-2023-04-14-to-17": 2000,
	"aircrack/pmkid-not-recognized":    3000,
	"aircrack/test1":                   30,
}

func input(t *testing.T, name string) []string {
	t.Helper()
	if name == "aircrack/test1" {
		return jobstest.Lines(t, jobstest.Data(t, "wifi", name+".jsonl"))
	}
	return jobstest.Lines(t, jobstest.Data(t, "wifi", name+".jsonl.gz"))
}

// The daily table is as expected, by files and by Kafka with a stop in the middle.
func TestDaily(t *testing.T) {
	for name, perBatch := range sets {
		t.Run(name, func(t *testing.T) {
			want := map[day]bool{}
			for _, d := range jobstest.Expected[answer](t, "wifi", name+".expected.json").Days {
				want[day(d)] = true
			}
			in := map[string]jobstest.Stream{"frames": jobstest.Halves(input(t, name))}
			files := jobstest.Files(t, pipeline(), in, "--result", daily)
			_, kafka := jobstest.Kafka(t, pipeline, in, perBatch, "--result", daily)
			for from, lines := range map[string][]string{"files": files, "kafka": kafka} {
				got := map[day]bool{}
				for _, d := range jobstest.Decode[day](t, lines) {
					got[d] = true
				}
				if !maps.Equal(got, want) || len(lines) != len(want) {
					t.Errorf("by %s: got %v, want %v", from, got, want)
				}
			}
		})
	}
}

// end is a frame after all others, which ends the last sessions.
const end = `{"timestamp":"4102444800000","wlan_fc_type_subtype":["29"]}`

// The sessions are as expected, by files and by Kafka with a stop in the middle.
func TestFingerprints(t *testing.T) {
	for name, perBatch := range sets {
		t.Run(name, func(t *testing.T) {
			want := jobstest.Expected[answer](t, "wifi", name+".expected.json")
			lines := slices.Concat(input(t, name), slices.Repeat([]string{end}, 16)) // so that each partition has one
			in := map[string]jobstest.Stream{"frames": jobstest.Halves(lines)}
			files := sessions(t, jobstest.Files(t, pipeline(), in))
			check(t, want, files)
			first, second := jobstest.Kafka(t, pipeline, in, perBatch)
			if kafka := sessions(t, slices.Concat(first, second)); !slices.Equal(texts(t, files), texts(t, kafka)) {
				t.Errorf("%d sessions by kafka differ from the %d by files", len(kafka), len(files))
			}
		})
	}
}

// sessions reads the job's lines. The order in a set of addresses is that in which
// they came, which depends on how partitions are read.
func sessions(t *testing.T, lines []string) []session {
	t.Helper()
	out := jobstest.Decode[session](t, lines)
	for _, s := range out {
		slices.Sort(s.Sources)
		if s.Count != len(slices.Compact(s.Sources)) {
			t.Errorf("%d addresses in %v", s.Count, s.Sources)
		}
	}
	return out
}

func texts(t *testing.T, list []session) []string {
	t.Helper()
	var out []string
	for _, s := range list {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	slices.Sort(out)
	return out
}

func check(t *testing.T, want answer, got []session) {
	t.Helper()
	if len(got) != want.Sessions || len(want.First) != min(60, want.Sessions) {
		t.Errorf("%d sessions, want %d", len(got), want.Sessions)
	}
	all := map[string]session{}
	for _, s := range got {
		all[fmt.Sprint(s.Data == nil, s.Data, s.Type, s.OUI, s.First.UnixMilli())] = s
	}
	for _, w := range want.First {
		s, ok := all[fmt.Sprint(w.Data == nil, w.Data, w.Type, w.OUI, w.Start)]
		if !ok {
			t.Errorf("no session %+v", w)
			continue
		}
		if s.Probes != w.Probes || s.Count != w.Sources || s.Last.UnixMilli() != w.End || *s.Range != *w.Range || !maps.Equal(s.Signals, w.Signals) {
			t.Errorf("got %+v, want %+v", s, w)
		}
	}
}
