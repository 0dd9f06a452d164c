package jobs

import (
	"strings"
	"testing"
)

// What is to be replayed is a batch of a checkpoint.
func TestParseAgain(t *testing.T) {
	a, err := parseAgain("7@s3://b/p@q", `{"k":1}`)
	if err != nil || *a != (again{7, "s3://b/p@q", `{"k":1}`}) {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := parseAgain("", ""); a != nil || err != nil {
		t.Errorf("nothing is %+v, %v", a, err)
	}
	for text, trace := range map[string]string{"7": "", "@c": "", "x@c": "", "7@": "", "-1@c": "", "": "k"} {
		if _, err := parseAgain(text, trace); err == nil || !strings.Contains(err.Error(), "replay-") {
			t.Errorf("%q with %q: %v", text, trace, err)
		}
	}
}
