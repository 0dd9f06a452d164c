package json

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/valyala/fastjson"

	"github.com/riffledata/riffle/dataframe/types"
)

// dnsSchema is that of Zeek's dns.log, in the order Zeek writes it.
var dnsSchema = types.NewSchema().
	Add("ts", types.Double).Add("uid", types.String).
	Add("id.orig_h", types.String).Add("id.orig_p", types.Long).
	Add("id.resp_h", types.String).Add("id.resp_p", types.Long).
	Add("proto", types.String).Add("trans_id", types.Long).Add("rtt", types.Double).
	Add("query", types.String).Add("qclass", types.Long).Add("qclass_name", types.String).
	Add("qtype", types.Long).Add("qtype_name", types.String).
	Add("rcode", types.Long).Add("rcode_name", types.String).
	Add("AA", types.Boolean).Add("TC", types.Boolean).Add("RD", types.Boolean).Add("RA", types.Boolean).
	Add("Z", types.Long).
	Add("answers", types.Array{Elem: types.String, ContainsNull: true}).
	Add("TTLs", types.Array{Elem: types.Double, ContainsNull: true}).
	Add("rejected", types.Boolean)

func project(s *types.Schema, names ...string) *types.Schema {
	out := types.NewSchema()
	for _, n := range names {
		i, _ := s.Index(n)
		out = out.Add(n, s.Field(i).Type)
	}
	return out
}

// dnsLines makes records like those of a busy resolver: about 439 bytes each,
// some of the 24 keys absent.
func dnsLines(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	word := func(n int) string {
		s := make([]byte, n)
		for i := range s {
			s[i] = "abcdefghijklmnopqrstuvwxyz0123456789-"[r.IntN(37)]
		}
		return string(s)
	}
	kinds := []struct {
		code int
		name string
	}{{1, "A"}, {28, "AAAA"}, {12, "PTR"}, {16, "TXT"}, {33, "SRV"}}
	for i := range n {
		k := kinds[min(r.IntN(8), 4)]
		fmt.Fprintf(&b, `{"ts":%.6f,"uid":"C%s","id.orig_h":"10.%d.%d.%d","id.orig_p":%d,"id.resp_h":"192.168.%d.%d","id.resp_p":53,"proto":"udp","trans_id":%d,`,
			1575413122.764317+float64(i)*0.0137, word(17), r.IntN(4), r.IntN(256), r.IntN(256), 1024+r.IntN(64000), r.IntN(4), r.IntN(256), r.IntN(65536))
		answered := r.IntN(10) < 7
		if answered {
			fmt.Fprintf(&b, `"rtt":%s,`, strconv.FormatFloat(r.Float64()/10, 'g', 17, 64))
		}
		fmt.Fprintf(&b, `"query":"%s.%s.%s.com","qclass":1,"qclass_name":"C_INTERNET","qtype":%d,"qtype_name":"%s",`,
			word(4+r.IntN(12)), word(5+r.IntN(12)), word(6+r.IntN(8)), k.code, k.name)
		if r.IntN(10) < 8 {
			b.WriteString(`"rcode":0,"rcode_name":"NOERROR",`)
		}
		fmt.Fprintf(&b, `"AA":false,"TC":false,"RD":true,"RA":%t,"Z":0`, answered)
		if answered {
			b.WriteString(`,"answers":["`)
			if k.name == "TXT" {
				b.WriteString(`v=spf1 \"include\" c:\\x `)
			}
			fmt.Fprintf(&b, `%d.%d.%d.%d","%s.%s.net"],"TTLs":[%d.0,%d.0]`, r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), word(8), word(9), r.IntN(3600), r.IntN(86400))
		}
		b.WriteString(",\"rejected\":false}\n")
	}
	return b.Bytes()
}

func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

const benchRows = 8192

// perRow runs f, which decodes rows records of size bytes, and reports CPU time.
func perRow(b *testing.B, rows, size int, f func()) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	f()
	b.ResetTimer()
	start := cpu()
	for b.Loop() {
		f()
	}
	spent := cpu() - start
	total := float64(rows) * float64(b.N)
	b.ReportMetric(spent/total, "cpu-ns/row")
	b.ReportMetric(total/spent*1e9, "rows/cpu-s")
}

func BenchmarkDecode(b *testing.B) {
	lines := dnsLines(benchRows)
	four := project(dnsSchema, "ts", "id.orig_h", "query", "qtype_name")
	for _, schema := range []*types.Schema{dnsSchema, four} {
		name := fmt.Sprintf("cols=%d", schema.Len())
		b.Run(name+"/riffle", func(b *testing.B) {
			d, err := NewDecoder(schema, DefaultOptions())
			if err != nil {
				b.Fatal(err)
			}
			perRow(b, benchRows, len(lines), func() {
				for rec := range Lines(lines) {
					if d.Append(rec) != Good {
						b.Fatal(d.Err())
					}
				}
				if got, _ := d.FinishRecord(); got.NumRows() != benchRows {
					b.Fatal(got.NumRows())
				}
			})
		})
		b.Run(name+"/arrow-go", func(b *testing.B) {
			perRow(b, benchRows, len(lines), func() {
				rd := array.NewJSONReader(bytes.NewReader(lines), schema.Arrow(), array.WithChunk(benchRows))
				for rd.Next() {
				}
				if rd.Err() != nil {
					b.Fatal(rd.Err())
				}
			})
		})
		b.Run(name+"/fastjson", func(b *testing.B) {
			perRow(b, benchRows, len(lines), func() { fastColumns(b, schema, lines) })
		})
	}
}

// BenchmarkKeys decodes the same records written otherwise: keys sorted, blanks
// between tokens, two orders by turns, and names that the schema does not have.
func BenchmarkKeys(b *testing.B) {
	lines := dnsLines(benchRows)
	var sorted, turns, spaced bytes.Buffer
	i := 0
	for rec := range Lines(lines) {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(rec, &m); err != nil {
			b.Fatal(err)
		}
		text, _ := json.Marshal(m)
		sorted.Write(append(text, '\n'))
		if i++; i%2 == 0 {
			text = rec
		}
		turns.Write(append(bytes.Clone(text), '\n'))
		wide := bytes.ReplaceAll(bytes.ReplaceAll(rec, []byte(`":`), []byte(`": `)), []byte(`,"`), []byte(`, "`))
		spaced.Write(append(wide, '\n'))
	}
	underscored := bytes.ReplaceAll(lines, []byte("id."), []byte("id_"))
	for _, c := range []struct {
		name  string
		lines []byte
	}{{"written", lines}, {"sorted", sorted.Bytes()}, {"spaced", spaced.Bytes()}, {"turns", turns.Bytes()}, {"underscored", underscored}} {
		b.Run(c.name, func(b *testing.B) {
			d, err := NewDecoder(dnsSchema, DefaultOptions())
			if err != nil {
				b.Fatal(err)
			}
			perRow(b, benchRows, len(c.lines), func() {
				for rec := range Lines(c.lines) {
					if d.Append(rec) != Good {
						b.Fatal(d.Err())
					}
				}
				d.FinishRecord()
			})
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	lines := dnsLines(benchRows)
	d, err := NewDecoder(dnsSchema, DefaultOptions())
	if err != nil {
		b.Fatal(err)
	}
	for rec := range Lines(lines) {
		d.Append(rec)
	}
	enc, err := NewEncoder(d.Type(), DefaultWriteOptions())
	if err != nil {
		b.Fatal(err)
	}
	rec, _ := d.FinishRecord()
	var out []byte
	perRow(b, benchRows, len(lines), func() {
		out = out[:0]
		for i := range benchRows {
			out = append(enc.AppendRow(out, rec.Columns(), i), '\n')
		}
	})
}

// fastColumns does with fastjson and Arrow's builders what a Decoder does.
func fastColumns(b *testing.B, schema *types.Schema, lines []byte) {
	var p fastjson.Parser
	rb := array.NewRecordBuilder(memory.DefaultAllocator, schema.Arrow())
	names := schema.Names()
	for rec := range Lines(lines) {
		v, err := p.ParseBytes(rec)
		if err != nil {
			b.Fatal(err)
		}
		for i, name := range names {
			fastAppend(rb.Field(i), v.Get(name))
		}
	}
	rb.NewRecordBatch()
}

func fastAppend(to array.Builder, v *fastjson.Value) {
	if v == nil {
		to.AppendNull()
		return
	}
	switch to := to.(type) {
	case *array.Int64Builder:
		n, _ := v.Int64()
		to.Append(n)
	case *array.Float64Builder:
		f, _ := v.Float64()
		to.Append(f)
	case *array.BooleanBuilder:
		to.Append(v.GetBool())
	case *array.StringBuilder:
		s, _ := v.StringBytes()
		to.BinaryBuilder.Append(s)
	case *array.ListBuilder:
		to.Append(true)
		for _, e := range v.GetArray() {
			fastAppend(to.ValueBuilder(), e)
		}
	}
}
