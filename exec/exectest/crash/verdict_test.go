package crash

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What the verifier says of a key whose rows should be 1, 2, 3.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		got  string
		want Verdict
	}{
		{"1 2 3", Verdict{}},
		{"1 3", Verdict{Lost: 1}},
		{"", Verdict{Lost: 3}},
		{"1 2 2 3", Verdict{Doubled: 1}},
		{"1 2 3 1 2 3", Verdict{Doubled: 3}},
		{"1 3 2", Verdict{Disordered: 1}},
		{"2 3 1", Verdict{Disordered: 1}},
		{"1 2 4", Verdict{Lost: 1, Wrong: 1}},
		{"1 2 3 4", Verdict{Wrong: 1}},
		{"3 1 3", Verdict{Lost: 1, Doubled: 1, Disordered: 1}},
	} {
		got := compare(rows{"k": {"1", "2", "3"}}, rows{"k": strings.Fields(c.got)}, true)
		got.Examples = nil
		c.want.Rows = 3
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %+v, want %+v", c.got, got, c.want)
		}
	}
	if v := compare(rows{}, rows{"x": {"1"}}, true); v.Wrong != 1 {
		t.Errorf("a key that should not be there: %+v", v)
	}
	if v := compare(rows{"k": {"1", "2"}}, rows{"k": {"2", "1"}}, false); !v.OK() {
		t.Errorf("where order is free: %+v", v)
	}
}

func TestReport(t *testing.T) {
	a := &Result{Kills: map[string]int{"A1": 2, "F": 1}, Random: 1, Pauses: 2, Records: 10, Quarantined: 1, Recovery: []time.Duration{time.Second, 3 * time.Second}}
	b := &Result{Kills: map[string]int{"F": 4}, Records: 5, Recovery: []time.Duration{2 * time.Second}, Verdict: Verdict{Lost: 1, Disordered: 2, Wrong: 3}}
	want := "7 kills at crash points, 1 random kills, 2 pauses, 15 records, 1 of them quarantined: 1 lost, 0 doubled, 5 wrong counts; recovery 2.00 s/3.00 s"
	if got := Sum(a, b).String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Records that cannot be used are told from the others, whatever of them is in the
// quarantine.
func TestSift(t *testing.T) {
	in := map[int32][]record{1: {{key: "k", value: good(Copy, 1)}, {key: "k", value: bad(Copy, 7)}}, 0: {{key: "k", value: good(Running, 2)}, {key: "l", value: bad(Running, 9)}}}
	rest, found := sift(in)
	if got := fmt.Sprint(found, len(rest[0]), len(rest[1])); got != "map[quarantine:[bad-9 bad-7]] 1 1" {
		t.Error(got)
	}
	for text, want := range map[string]string{`{"n":"bad-7"`: "bad-7", `{"key":"a2V5","value":"YmFkLTk="}`: "bad-9", `{"number":"bad-8"}`: "bad-8", `{"value":"MTI="}`: `{"value":"MTI="}12`, "17": "17"} {
		if got := badIn([]byte(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
