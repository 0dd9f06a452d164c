package inspect

import (
	"encoding/json"
	"testing"
)

// Setting offsets forgets what those that are named were positions in, and keeps
// the rest.
func TestUnpinned(t *testing.T) {
	for _, test := range []struct{ pins, wish, want string }{
		{`[{"a":{"id":"x"},"b":{"id":"y"}},null]`, `{"a":{"0":1}}`, `[{"b":{"id":"y"}},null]`},
		{`[{"a":{"id":"x"}},{"c":{}}]`, `{"a":{}}`, `[null,{"c":{}}]`},
		{`[{"a":{"id":"x"}}]`, `{}`, `[{"a":{"id":"x"}}]`},
		{`[{"a":{"id":"x"}}]`, `{"a":{"0":1}}`, `null`},
		{`["x"]`, `{"a":1}`, `null`},
		{`[null]`, `{"a":1}`, `null`},
		{`null`, `{"a":1}`, `null`},
	} {
		var pins []json.RawMessage
		if err := json.Unmarshal([]byte(test.pins), &pins); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(SetOffsets{Offsets: map[int]json.RawMessage{1: json.RawMessage(test.wish)}}.unpinned(pins))
		if err != nil || string(got) != test.want {
			t.Errorf("%s without %s is %s, %v; want %s", test.pins, test.wish, got, err, test.want)
		}
	}
}
