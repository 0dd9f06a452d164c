package json

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	d, err := NewDecoder(dnsSchema, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for rec := range Lines(dnsLines(8192)) {
		if out := d.Append(rec); out != Good {
			t.Fatal(out, d.Err(), string(rec), "\n", string(rec[d.errPos:]))
		}
	}
}
