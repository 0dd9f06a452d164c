package stream

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

// A query stops once more than the allowed share of its records is bad, but not
// before it has read enough of them, nor on a batch without bad ones.
func TestMaxRate(t *testing.T) {
	type step struct {
		read, bad int64
		stops     bool
	}
	for _, c := range []struct {
		what  string
		rate  float64
		steps []step
	}{
		{"never", 1, []step{{10_000, 10_000, false}, {rateAfter, rateAfter, false}}},
		{"none allowed", 0, []step{{rateAfter, 0, false}, {1, 1, true}}},
		{"none allowed, but too few yet", 0, []step{{rateAfter - 1, 1, false}, {1, 1, true}}},
		{"just as many as allowed", 0.5, []step{{rateAfter, rateAfter / 2, false}, {2, 2, true}}},
		{"one more", 0.5, []step{{rateAfter, rateAfter/2 + 1, true}}},
		{"over the whole query", 0.1, []step{{9 * rateAfter, 0, false}, {rateAfter, rateAfter, false}, {1, 1, true}}},
		{"a good batch after a bad beginning", 0.1, []step{{500, 500, false}, {500, 0, false}, {1, 1, true}}},
	} {
		r := NewReport(c.rate)
		for i, s := range c.steps {
			if err := r.Records(s.read, s.bad); (err != nil) != s.stops {
				t.Errorf("%s, step %d: got %v, want it to stop: %v", c.what, i+1, err, s.stops)
			}
		}
	}
}

// The error says how many, which setting, and shows one of them, not all of a
// long one.
func TestMaxRateExplains(t *testing.T) {
	r := NewReport(0.25)
	record := []byte(strings.Repeat("x", 300))
	if err := r.BadRecord(nil, 0, record, errors.New("no JSON")); err != nil {
		t.Fatal(err)
	}
	err := r.Records(1000, 400)
	want := `400 of 1000 records could not be parsed, more than the share of 0.25 that riffle.badRecords.maxRate allows; the last: no JSON in "` + strings.Repeat("x", 200) + `"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Tasks count at the same time.
func TestReportCounts(t *testing.T) {
	r := &report{maxRate: 1, jail: &jail{}}
	var tasks sync.WaitGroup
	for range 4 {
		tasks.Go(func() {
			for range 500 {
				if err := errors.Join(r.BadRecord(nil, 0, []byte("{"), errors.New("cut")), r.Records(3, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tasks.Wait()
	if got, want := r.counts(), (counts{6000, 2000}); got != want || r.example() != `cut in "{"` {
		t.Errorf("counted %+v, the last %s, want %+v", got, r.example(), want)
	}
}
