package gen

import (
	"encoding/json"
	"iter"
	"testing"
)

// All records are JSON, as many as were asked for, always the same; those of tables
// have keys.
func TestRecords(t *testing.T) {
	for name, test := range map[string]struct {
		stream func(int) iter.Seq2[[]byte, []byte]
		rows   int
		keyed  bool
	}{"packets": {Packets, 500, false}, "frames": {Frames, 500, false}, "employees": {Employees, 4, true}, "computers": {Computers, 4, true}} {
		again, stop := iter.Pull2(test.stream(500))
		defer stop()
		n := 0
		for key, value := range test.stream(500) {
			if _, v, _ := again(); string(v) != string(value) || !json.Valid(value) || (key != nil) != test.keyed {
				t.Fatalf("%s: record %d: %s, then %s", name, n, value, v)
			}
			if n++; n == 500 {
				break
			}
		}
		if n != test.rows {
			t.Errorf("%s: %d records, want %d", name, n, test.rows)
		}
	}
}
