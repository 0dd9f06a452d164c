package replay

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTimeOf(t *testing.T) {
	for line, want := range map[string]string{
		`{"ts":1575413122.764317}`:                          "2019-12-03T22:45:22.764317Z",
		`{"ts":1575413122}`:                                 "2019-12-03T22:45:22Z",
		`{"ts":1.575413122764317E9}`:                        "2019-12-03T22:45:22.764317Z",
		`{"ts":"1575413122764"}`:                            "2019-12-03T22:45:22.764Z",
		`{"ts":1575413122764317}`:                           "2019-12-03T22:45:22.764317Z",
		`{"ts":1575413122764317001}`:                        "2019-12-03T22:45:22.764317001Z",
		`{"ts":-1.5}`:                                       "1969-12-31T23:59:58.5Z",
		`{"ts":"2019-12-03T22:45:22.764317Z"}`:              "2019-12-03T22:45:22.764317Z",
		`{"ts":"2019-12-03T23:45:22.5+01:00"}`:              "2019-12-03T22:45:22.5Z",
		`{"ts":"2019-12-03T23:45:22+0100"}`:                 "2019-12-03T22:45:22Z",
		`{"ts":"2019-12-03 22:45:22"}`:                      "2019-12-03T22:45:22Z",
		`{"time":5,"_time":4,"timestamp":3,"@timestamp":2}`: "1970-01-01T00:00:02Z",
		`{"ts":"soon","time":5}`:                            "1970-01-01T00:00:05Z",
		`{"zeek":{"a":[1,{"ts":9}],"ts":7}}`:                "1970-01-01T00:00:07Z",
		`{"a":{"ts":9},"b":1}`:                              "",
		`{"ts":null}`:                                       "",
		`{"ts":1e300}`:                                      "",
		`{"ts":"9999-12-31T00:00:00Z"}`:                     "",
		`["ts",1]`:                                          "",
		``:                                                  "",
		`{"ts"`:                                             "",
		`{"ts":`:                                            "",
	} {
		s, ok := timeOf([]byte(line), "")
		got := ""
		if ok {
			got = time.Unix(0, s.ns).UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// FuzzWalk compares the fields that are found with those of encoding/json, and
// looks that a time is moved without harm to the rest.
func FuzzWalk(f *testing.F) {
	for _, line := range []string{`{"ts":1.5,"a":[1,{"b":"}"}],"c":"x\"y"}`, `{"dns":{"ts":"2019-12-03T22:45:22Z"}}`, ` {"a" : null , "b":{}} `, `{"a"`, "{}", `{"ts":-5}`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var found [][2]string
		walk(line, func(name []byte, at field) bool {
			found = append(found, [2]string{string(name), string(line[at.from:at.to])})
			return true
		})
		s, timed := timeOf(line, "")
		var moved []byte
		if timed {
			moved = s.move(line, int64(time.Hour))
		}
		if !json.Valid(line) || bytes.TrimSpace(line)[0] != '{' {
			return // garbage must do no harm
		}
		want := fieldsOf(t, line)
		if len(want) == 1 && want[0][1][0] == '{' {
			want = fieldsOf(t, []byte(want[0][1]))
		}
		if len(found) != len(want) {
			t.Fatalf("%s: %d fields, want %d", line, len(found), len(want))
		}
		for i, w := range want {
			if found[i][1] != w[1] || found[i][0] != w[0] && utf8.ValidString(found[i][0]) && !strings.Contains(found[i][0], `\`) {
				t.Errorf("%s: field %q, want %q", line, found[i], w)
			}
		}
		if timed && !json.Valid(moved) {
			t.Errorf("%s: moved to %s", line, moved)
		}
	})
}

// fieldsOf returns names and values of an object.
func fieldsOf(t *testing.T, object []byte) (out [][2]string) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			t.Fatal(err)
		}
		out = append(out, [2]string{name.(string), string(value)})
	}
	return out
}
