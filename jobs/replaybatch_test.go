package jobs

import (
	"reflect"
	"strings"
	"testing"
)

// What is to be replayed is a batch of a checkpoint.
func TestParseAgain(t *testing.T) {
	a, err := parseAgain("7@s3://b/p@q", `{"k":1}`, []string{"a=b=c"})
	if want := (&again{7, "s3://b/p@q", `{"k":1}`, map[string]string{"a": "b=c"}}); err != nil || !reflect.DeepEqual(a, want) {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := parseAgain("", "", nil); a != nil || err != nil {
		t.Errorf("nothing is %+v, %v", a, err)
	}
	for text, trace := range map[string]string{"7": "", "@c": "", "x@c": "", "7@": "", "-1@c": "", "": "k"} {
		if _, err := parseAgain(text, trace, nil); err == nil || !strings.Contains(err.Error(), "replay-") {
			t.Errorf("%q with %q: %v", text, trace, err)
		}
	}
	for text, option := range map[string]string{"": "a=b", "7@c": "a"} {
		if _, err := parseAgain(text, "", []string{option}); err == nil || !strings.Contains(err.Error(), "replay-option") {
			t.Errorf("%q with the option %q: %v", text, option, err)
		}
	}
}
