package zeek

import "testing"

// The first lines of printSchema, as the notebook's reader would see them.
func TestDNS(t *testing.T) {
	const want = "root\n |-- ts: string (nullable = true)\n |-- uid: string (nullable = true)\n |-- id.orig_h: string (nullable = true)\n |-- id.orig_p: integer (nullable = true)\n"
	if tree := DNS.Tree(); len(tree) < len(want) || tree[:len(want)] != want {
		t.Errorf("got\n%s", tree)
	}
	if DNS.Len() != 23 {
		t.Errorf("%d columns, want 23", DNS.Len())
	}
	if i, err := DNS.Index("TTLs"); i != 21 || err != nil {
		t.Errorf("TTLs is column %d, %v", i, err)
	}
}
