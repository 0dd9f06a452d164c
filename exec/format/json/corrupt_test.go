package json

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// TestCorruptTextHasNoLineEnd reads lines as a file has them, their ends included.
func TestCorruptTextHasNoLineEnd(t *testing.T) {
	schema, err := types.ParseDDL("a INT, _corrupt_record STRING")
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(schema, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"garbage\n", "{\"a\":\"x\"}\r\n", "{\"a\":\n"} {
		d.Append([]byte(line))
	}
	rec, _ := d.FinishRecord()
	got := rec.Column(1).(*array.String)
	for i, want := range []string{"garbage", `{"a":"x"}`, `{"a":`} {
		if got.Value(i) != want {
			t.Errorf("record %d is kept as %q, not %q", i, got.Value(i), want)
		}
	}
}
