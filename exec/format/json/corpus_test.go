package json

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
)

// TestDepth: nesting of any depth is bounded, without recursion.
func TestDepth(t *testing.T) {
	schema, err := types.ParseDDL("a STRING, l ARRAY<ARRAY<INT>>")
	if err != nil {
		t.Fatal(err)
	}
	nest := func(key string, n int) []byte {
		return []byte(`{"` + key + `":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}")
	}
	for _, c := range []struct {
		key  string
		n    int
		want Outcome
	}{
		{"a", 127, Good}, {"a", 128, Malformed}, {"x", 127, Good}, {"x", 128, Malformed}, {"x", 10000, Malformed},
		{"a", 1000000, Malformed}, {"l", 2, Good}, {"l", 127, Partial}, {"l", 128, Malformed}, {"l", 10000, Malformed},
	} {
		d := decoder(t, schema.Struct(), DefaultOptions())
		if got := d.Append(nest(c.key, c.n)); got != c.want {
			t.Errorf("%d deep under %s: %v, want %v", c.n, c.key, got, c.want)
		}
	}
	opts := DefaultOptions()
	opts.MaxDepth = 1 << 20
	if got := decoder(t, schema.Struct(), opts).Append(nest("x", 1000000)); got != Good {
		t.Errorf("a million deep, as allowed: %v", got)
	}
}

// TestLong: keys and values of a megabyte, wanted and not, and many keys.
func TestLong(t *testing.T) {
	long := strings.Repeat("k", 1<<20)
	schema := types.NewSchema().Add(long, types.String).Add("a", types.String)
	d := decoder(t, schema.Struct(), DefaultOptions())
	for _, rec := range []string{`{"` + long + `":"x","a":"` + long + `"}`, `{"` + long + `y":1,"a":"b"}`,
		`{"` + long + `\u006b":1,"a":"` + long + `\n"}`} {
		if out := d.Append([]byte(rec)); out != Good {
			t.Fatal(out, d.Err())
		}
	}
	arr, _ := d.Finish()
	check(t, arr)
	var many strings.Builder
	for i := range 5000 {
		many.WriteString(`"key` + strings.Repeat("x", i%70) + string(rune('a'+i%26)) + `":[],`)
	}
	for range 3 {
		agree(t, d, []byte("{"+many.String()+`"a":"last"}`))
	}
}

// TestKeyOrders: rows do not depend on what was learnt from earlier ones.
func TestKeyOrders(t *testing.T) {
	d := decoder(t, rich(t), strict())
	recs := []string{`{"a":1,"b":"x","c":1.5}`, `{"c":1.5,"b":"x","a":1}`, `{"b":"x"}`, `{"x":1,"a":2,"y":2,"b":"z"}`,
		`{"y":1,"x":2,"c":0,"z":[],"a":3}`, `{ "a" : 1 , "b":"x" }`, `{"a" :1,"b":"x"}`, `{"ab":1,"abc":2,"a":3}`,
		`{"i":1,"id":2,"id.orig_h":"h","id.orig_p":4}`, `{"a":1,"a":2,"a":3}`}
	for i := range 400 {
		agree(t, d, []byte(recs[i*i%len(recs)]))
		agree(t, d, []byte(recs[i%len(recs)]))
	}
}

// TestRealLogs decodes the Zeek logs of the test data and compares them with
// encoding/json: every record of the small files, every fourth of the large
// compressed ones, whose others only have to be decoded.
func TestRealLogs(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA is unset; set it to the folder with data/zeek/json")
	}
	schema := types.NewSchema().Add("id.orig_p", types.Long).Add("id_orig_h", types.String)
	for i, f := range dnsSchema.Fields() {
		if i%2 == 0 || f.Name == "id.orig_h" {
			schema = schema.Add(f.Name, f.Type)
		} else if f.Name != "id.orig_p" {
			schema = schema.Add(f.Name, types.String)
		}
	}
	schema = schema.Add("dns", dnsSchema.Struct())
	read := 0
	err := filepath.WalkDir(filepath.Join(root, "data/zeek/json"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, "expected") {
			return err
		}
		d := decoder(t, schema.Struct(), strict())
		for rec := range Lines(contents(t, path)) {
			if read++; read%4 == 0 || len(rec) > 2000 || !strings.HasSuffix(path, ".gz") {
				agree(t, d, rec)
			} else if out := d.Append(rec); out > Partial {
				t.Fatalf("%s: %s: %v", path, rec, d.Err())
			}
		}
		return nil
	})
	if err != nil || read < 100000 {
		t.Fatal(read, err)
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNoAllocationPerRow: a batch costs a fixed number of allocations.
func TestNoAllocationPerRow(t *testing.T) {
	lines := dnsLines(4096)
	d := decoder(t, dnsSchema.Struct(), DefaultOptions())
	batch := func() {
		for rec := range Lines(lines) {
			if d.Append(rec) != Good {
				t.Fatal(d.Err())
			}
		}
		d.Finish()
	}
	batch()
	if n := testing.AllocsPerRun(5, batch); n > 500 {
		t.Errorf("%v allocations for 4096 rows", n)
	}
}

func TestLines(t *testing.T) {
	for chunk, want := range map[string]string{
		"a\nb\n": "a|b", "a\r\nb": "a|b", "\n\n a \n \t\r\n\nb\n\n": " a |b", "": "", "\n": "", "\r\n": "",
		"a\rb\n": "a\rb", "a": "a",
	} {
		var got []string
		for line := range Lines([]byte(chunk)) {
			got = append(got, string(line))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q gives %q", chunk, got)
		}
	}
	chunk := []byte("a\nb\n")
	for line := range Lines(chunk) {
		if !bytes.Equal(line, []byte("a")) || cap(line) != cap(chunk) {
			t.Errorf("%q with a capacity of %d", line, cap(line))
		}
		break
	}
}

// TestFull: a batch never grows beyond what offsets reach.
func TestFull(t *testing.T) {
	d := decoder(t, dnsSchema.Struct(), DefaultOptions())
	rec := dnsLines(1)
	d.bytes = maxBytes - len(rec) + 1
	if out := d.Append(rec); out != Full || d.Len() != 0 || !errors.Is(d.AppendValue(rec), ErrFull) {
		t.Error(out, d.Len())
	}
	if _, stats := d.Finish(); stats.Records != 0 {
		t.Error(stats)
	}
	if out := d.Append(rec); out != Good || d.Bytes() != len(rec) {
		t.Error(out, d.Bytes())
	}
}

// TestStats counts by column and reason over a batch, and starts anew after it.
func TestStats(t *testing.T) {
	schema := types.NewSchema().Add("a", types.Int).Add("s", types.String)
	d := decoder(t, schema.Struct(), DefaultOptions())
	for _, rec := range []string{`{"a":1}`, `{"a":"x"}`, `{"a":5000000000}`, `{"a":"y","s":"\ud800"}`, `{"a":"z"`, ``, `{"s":"\udfff"}`} {
		d.Append([]byte(rec))
	}
	d.AppendNull()
	_, stats := d.Finish()
	want := Stats{Records: 8, Malformed: 1, Partial: 3, Blank: 1, Fields: []FieldCount{
		{"a", TypeMismatch, 2}, {"a", OutOfRange, 1}, {"s", InvalidUTF8, 2}}}
	if !reflect.DeepEqual(stats, want) {
		t.Errorf("%+v, want %+v", stats, want)
	}
	if _, stats = d.Finish(); !reflect.DeepEqual(stats, Stats{}) {
		t.Errorf("%+v", stats)
	}
}
