package kafka

import "testing"

// An end that was heard of before the last batch was planned does not make the log
// end before it.
func TestAtLeast(t *testing.T) {
	a, b := tp{"t", 0}, tp{"t", 1}
	got := offsets{a: 940, b: 7}.atLeast(offsets{a: 943, b: 5})
	if len(got) != 2 || got[a] != 943 || got[b] != 7 {
		t.Errorf("%v", got)
	}
}
