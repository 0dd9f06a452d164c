package json

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

const richDDL = "a BIGINT, b STRING, c DOUBLE, d BOOLEAN, i INT, `id.orig_h` STRING, arr ARRAY<BIGINT>, " +
	"deep ARRAY<ARRAY<STRING>>, m MAP<STRING,DOUBLE>, ms MAP<STRING,STRUCT<a: INT, b: STRING>>, " +
	"s STRUCT<a: BIGINT, t: STRUCT<b: STRING, l: ARRAY<INT>>>, as ARRAY<STRUCT<a: INT, b: ARRAY<STRING>>>"

func rich(t tester) types.Type {
	t.Helper()
	s, err := types.ParseDDL(richDDL)
	if err != nil {
		t.Fatal(err)
	}
	return s.Struct()
}

// document draws JSON texts: keys of the schema and others, values that mostly
// do not fit, white space anywhere.
func document(t *rapid.T) []byte {
	var b bytes.Buffer
	drawObject(t, &b, 0)
	return b.Bytes()
}

var (
	keys = []string{`a`, `b`, `c`, `d`, `i`, `id.orig_h`, `arr`, `deep`, `m`, `ms`, `s`, `as`, `t`, `l`, `x`,
		`\u0061`, `unknown`, `a longer key that no schema has, nor will`, ``, `é`, `\n`}
	scalars = []string{`null`, `true`, `false`, `0`, `-0`, `1`, `-17`, `12345678`, `123456789012`, `9223372036854775807`,
		`-9223372036854775808`, `9223372036854775808`, `2147483648`, `1.0`, `1e3`, `-1.5E-7`, `1575413122.764317`, `1e999`,
		`0.00054693222045898438`, `123456789012345678901234567890`, `""`, `"x"`, `"12"`, `"\u0041\ud83d\ude00"`, `"\ud800"`,
		`"a string of more than thirty-two bytes, to be sure"`, `"q\"\\"`, "\"\xff\"", `"héllo"`, `"NaN"`, `"2024-01-01"`}
	spaces = []string{"", "", "", "", "", " ", "\t", "  ", "\n", "\r\n"}
)

func drawObject(t *rapid.T, b *bytes.Buffer, level int) {
	space(t, b)
	b.WriteByte('{')
	for i := range rapid.IntRange(0, 6).Draw(t, "keys") {
		if i > 0 {
			b.WriteByte(',')
		}
		space(t, b)
		fmt.Fprintf(b, `"%s"`, rapid.SampledFrom(keys).Draw(t, "key"))
		space(t, b)
		b.WriteByte(':')
		drawValue(t, b, level+1)
	}
	space(t, b)
	b.WriteByte('}')
	space(t, b)
}

func drawValue(t *rapid.T, b *bytes.Buffer, level int) {
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case kind < 2 && level < 6:
		drawObject(t, b, level)
	case kind < 4 && level < 6:
		space(t, b)
		b.WriteByte('[')
		for i := range rapid.IntRange(0, 4).Draw(t, "elements") {
			if i > 0 {
				b.WriteByte(',')
			}
			drawValue(t, b, level+1)
		}
		space(t, b)
		b.WriteByte(']')
		space(t, b)
	default:
		space(t, b)
		b.WriteString(rapid.SampledFrom(scalars).Draw(t, "scalar"))
		space(t, b)
	}
}

func space(t *rapid.T, b *bytes.Buffer) { b.WriteString(rapid.SampledFrom(spaces).Draw(t, "space")) }

// TestAgreesWithEncodingJSON also breaks every other document in one place.
func TestAgreesWithEncodingJSON(t *testing.T) {
	root := rich(t)
	d := decoder(t, root, strict())
	rapid.Check(t, func(t *rapid.T) {
		doc := document(t)
		if rapid.Bool().Draw(t, "break") {
			at := rapid.IntRange(0, len(doc)-1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				doc = doc[:at]
			case 1:
				doc[at] = rapid.SampledFrom([]byte("{}[],:\"\\ 0a\x00\xff")).Draw(t, "byte")
			default:
				doc = append(doc[:at:at], doc[at+1:]...)
			}
		}
		agree(t, d, doc)
	})
}

// TestCuts decodes the same records in batches of any size.
func TestCuts(t *testing.T) {
	root := rich(t)
	rapid.Check(t, func(t *rapid.T) {
		var recs [][]byte
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			doc := document(t)
			if rapid.IntRange(0, 3).Draw(t, "break") == 0 {
				doc = doc[:rapid.IntRange(0, len(doc)).Draw(t, "at")]
			}
			recs = append(recs, doc)
		}
		whole := rows(t, root, recs, len(recs))
		if cut := rows(t, root, recs, rapid.IntRange(1, len(recs)).Draw(t, "size")); cut != whole {
			t.Fatalf("in one batch\n%s\ncut\n%s", whole, cut)
		}
	})
}

func rows(t tester, root types.Type, recs [][]byte, size int) string {
	d := decoder(t, root, DefaultOptions())
	var out []string
	for i, rec := range recs {
		if i%3 == 2 {
			d.AppendNull()
		}
		if err := d.AppendValue(rec); err != nil {
			t.Fatal(err)
		}
		if (i+1)%size == 0 || i == len(recs)-1 {
			text, _ := finish(t, d)
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n")
}

// TestBytesBehind: what stands behind a record, within its capacity, does not
// matter, whether it looks like JSON or not.
func TestBytesBehind(t *testing.T) {
	root := rich(t)
	behind := []string{"0", "\"", "}", "]", "e1", "\\", ",\"a\":1}", "\x00", " ", "true", "."}
	rapid.Check(t, func(t *rapid.T) {
		doc := document(t)
		doc = doc[:rapid.IntRange(0, len(doc)).Draw(t, "at")]
		want := outcomeWith(t, root, doc, nil)
		tail := strings.Repeat(rapid.SampledFrom(behind).Draw(t, "behind"), pad)
		if got := outcomeWith(t, root, doc, []byte(tail)); got != want {
			t.Fatalf("%q: %s, before %q... %s", doc, want, tail[:8], got)
		}
	})
}

func outcomeWith(t tester, root types.Type, doc, tail []byte) string {
	d := decoder(t, root, DefaultOptions())
	buf := append(bytes.Clone(doc), tail...)
	out := d.Append(buf[:len(doc):max(len(doc), len(buf))][:len(doc)])
	row, _ := finish(t, d)
	return out.String() + " " + row
}

// TestFloats compares with strconv on numbers of all lengths.
func TestFloats(t *testing.T) {
	d := &Decoder{}
	r := rand.New(rand.NewPCG(3, 4))
	for range 300000 {
		s := drawNumber(r)
		buf := append([]byte(s), make([]byte, pad)...)
		got, q := d.float(unsafe.Pointer(&buf[0]), 0, len(s))
		want, _ := strconv.ParseFloat(s, 64)
		if q != len(s) || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%s: %v to %d, want %v", s, got, q, want)
		}
	}
}

func drawNumber(r *rand.Rand) string {
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte('0' + r.IntN(10))
		}
		return string(b)
	}
	s := strings.TrimLeft(digits(r.IntN(12)), "0")
	if s == "" {
		s = "0"
	}
	if r.IntN(8) > 0 {
		s += "." + strings.Repeat("0", r.IntN(6)) + digits(1+r.IntN(18))
	}
	switch r.IntN(8) {
	case 0:
		s += "e" + strconv.Itoa(r.IntN(640)-330)
	case 1:
		s = strconv.FormatFloat(math.Float64frombits(r.Uint64()&^(1<<62)), 'g', -1, 64)
		if strings.ContainsAny(s, "NI") {
			s = "1"
		}
	case 2:
		s = strconv.FormatFloat(r.Float64()*1e10, 'f', -1, 64)
	}
	return s
}
