package store

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"meta": "", "offsets/17": "", "state/3/17-x.delta": "", "A_b-c.d": "", "a..b": "", "-": "",
		"":                        "1 to 512 bytes",
		strings.Repeat("a/", 257): "1 to 512 bytes",
		strings.Repeat("a", 201):  "1 to 200 bytes",
		"a//b":                    "1 to 200 bytes",
		"a/":                      "1 to 200 bytes",
		"..":                      "does not begin with a dot",
		"a/.new-1":                "does not begin with a dot",
		"a b":                     "use letters, digits",
		"a\\b":                    "use letters, digits",
		"é":                       "use letters, digits",
	} {
		err := CheckName(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	for prefix, ok := range map[string]bool{"": true, "a/": true, "a/b/": true, "a": false, "/": false, "a//": false, "../": false} {
		if err := CheckPrefix(prefix); (err == nil) != ok {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}
