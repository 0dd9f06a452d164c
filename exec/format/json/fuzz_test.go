package json

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
)

func seeds(f *testing.F) {
	golden, err := os.ReadFile("testdata/records.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		if strings.HasPrefix(line, "{") || strings.HasPrefix(line, "[") {
			f.Add([]byte(strings.TrimSuffix(line, "\n")))
		}
	}
	for rec := range Lines(dnsLines(5)) {
		f.Add(rec)
	}
}

// FuzzDecode: any bytes are malformed just where encoding/json says so, or a
// row that it gives too; what stands behind them does not matter.
func FuzzDecode(f *testing.F) {
	seeds(f)
	root := rich(f)
	f.Fuzz(func(t *testing.T, rec []byte) {
		d := decoder(t, root, strict())
		agree(t, d, rec)
		agree(t, d, append(bytes.Clone(rec), strings.Repeat(`0"}`, pad)...)[:len(rec)])
		agree(t, d, []byte(`{"a":1,"s":{"a":7}}`)) // nothing is left over
	})
}

// FuzzTypes: no bytes make any type panic, or an array that is not consistent,
// with everything allowed that encoding/json does not take.
func FuzzTypes(f *testing.F) {
	seeds(f)
	s, err := types.ParseDDL("t TIMESTAMP, n TIMESTAMP_NTZ, d DATE, v DECIMAL(10,2), w DECIMAL(38,10), b BINARY, i TINYINT, " +
		"f FLOAT, x VOID, l ARRAY<DECIMAL(5,1)>, m MAP<STRING,TIMESTAMP>, s STRUCT<d: DATE, f: ARRAY<FLOAT>>, a SMALLINT, _corrupt_record STRING")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rec []byte) {
		d := decoder(t, s.Struct(), DefaultOptions())
		if err := d.AppendValue(rec); err != nil {
			t.Fatal(err)
		}
		first := d.Append(rec)
		again := d.Append(append(bytes.Clone(rec), strings.Repeat(`1'"]`, pad)...)[:len(rec)])
		if first != again {
			t.Fatalf("%q: %v, then %v", rec, first, again)
		}
		text, _ := finish(t, d)
		if rows := strings.Split(text, "\n"); first <= Partial && (rows[0] != rows[1] || rows[1] != rows[2]) {
			t.Fatalf("%q:\n%s", rec, text)
		}
	})
}
