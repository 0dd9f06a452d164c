package kafka

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// awkward are records whose keys, values and headers are null, empty, short
// enough to lie in a view itself, and long.
func awkward() []*kgo.Record {
	long := strings.Repeat("x", 300)
	return []*kgo.Record{
		{Key: []byte("k"), Value: []byte("exactly12byt")},
		{Key: nil, Value: []byte("thirteen byte")},
		{Key: []byte{}, Value: []byte{}},
		{Key: []byte(long), Value: nil},
		{Value: []byte(long), Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "", Value: nil}, {Key: "a", Value: []byte{}}}},
		{Value: []byte("after")},
	}
}

func readAll(t *testing.T, s opened) []batch.Batch {
	t.Helper()
	from, to, err := s.Bounds(ctxOf(t))
	if err != nil {
		t.Fatal(err)
	}
	var out []batch.Batch
	for _, r := range s.rangesOf(from, to) {
		st, err := s.Open(ctxOf(t), r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(st)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range got {
			if !b.Record.Schema().Equal(st.Schema()) {
				t.Fatalf("schema %s, stream's %s", b.Record.Schema(), st.Schema())
			}
			for c := range int(b.Record.NumCols()) {
				if !arrow.TypeEqual(b.Record.Column(c).DataType(), st.Schema().Field(c).Type) {
					t.Fatalf("column %d is %s", c, b.Record.Column(c).DataType())
				}
			}
		}
		out = append(out, got...)
	}
	return out
}

func show(batches []batch.Batch) string {
	var b strings.Builder
	for _, x := range batches {
		for i := range int(x.Record.NumRows()) {
			for c, f := range x.Record.Schema().Fields() {
				col := x.Record.Column(c)
				if f.Name == "timestamp" {
					continue
				}
				text := "null"
				switch v := col.(type) {
				case *array.Binary:
					if !v.IsNull(i) {
						text = fmt.Sprintf("%.20q", v.Value(i))
					}
				case *array.BinaryView:
					if !v.IsNull(i) {
						text = fmt.Sprintf("%.20q", v.Value(i))
					}
				default:
					if !v.IsNull(i) {
						text = v.ValueStr(i)
					}
				}
				fmt.Fprintf(&b, "%s=%s ", f.Name, text)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

const awkwardRows = `key="k" value="exactly12byt" topic=t partition=0 offset=0 timestampType=0 headers=null 
key=null value="thirteen byte" topic=t partition=0 offset=1 timestampType=0 headers=null 
key="" value="" topic=t partition=0 offset=2 timestampType=0 headers=null 
key="xxxxxxxxxxxxxxxxxxxx" value=null topic=t partition=0 offset=3 timestampType=0 headers=null 
key=null value="xxxxxxxxxxxxxxxxxxxx" topic=t partition=0 offset=4 timestampType=0 headers=[{"key":"a","value":"MQ=="},{"key":"","value":null},{"key":"a","value":""}] 
key=null value="after" topic=t partition=0 offset=5 timestampType=0 headers=null 
`

func TestColumnsInEveryCodec(t *testing.T) {
	c := broker(t)
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()} {
		if err := c.CreateTopic("t", 1, nil); err != nil {
			t.Fatal(err)
		}
		cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopicAlways(), kgo.DefaultProduceTopic("t"))
		if err := cl.ProduceSync(ctxOf(t), awkward()...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		for _, views := range []bool{false, true} {
			s := openSpec(t, bootstrap(c), false, func(s *source.Spec) { s.Views = views }, NewProvider(), "subscribe=t", "includeHeaders=true")
			if got := show(readAll(t, s)); got != awkwardRows {
				t.Errorf("%s, views %t:\n%s", name, views, got)
			}
		}
		if err := c.DeleteTopic("t"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestColumnsPruned(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	produce(t, newTestClient(t, bootstrap(c)), "t", 0, "a", "b", "c")
	for want, cols := range map[string][]string{
		"offset=0 value=\"a\" \noffset=1 value=\"b\" \noffset=2 value=\"c\" \n": {"offset", "VALUE"},
		"partition=0 \npartition=0 \npartition=0 \n":                            {"partition"},
		"\n\n\n": {},
	} {
		s := openSpec(t, bootstrap(c), false, func(s *source.Spec) { s.Columns = cols }, NewProvider(), "subscribe=t")
		if got := show(readAll(t, s)); got != want {
			t.Errorf("%v: %q", cols, got)
		}
	}
}

// Values are cut into batches of a fixed size in the middle of record batches,
// and views point into the bytes of the fetch.
func TestManyRowsWithViews(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchCompression(kgo.Lz4Compression()))
	const n = 3*batch.MaxRows + 5
	var recs []*kgo.Record
	for i := range n {
		recs = append(recs, &kgo.Record{Topic: "t", Value: fmt.Appendf(nil, "value number %d", i)})
	}
	if err := cl.ProduceSync(ctxOf(t), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s := openSpec(t, bootstrap(c), false, func(s *source.Spec) { s.Views, s.Columns = true, []string{"value"} }, NewProvider(), "subscribe=t")
	at := 0
	for i, b := range readAll(t, s) {
		if i < 3 && b.NumRows() != batch.MaxRows {
			t.Fatalf("batch %d has %d rows", i, b.NumRows())
		}
		col := b.Record.Column(0).(*array.BinaryView)
		for i := range b.NumRows() {
			if want := fmt.Appendf(nil, "value number %d", at); !bytes.Equal(col.Value(i), want) {
				t.Fatalf("row %d is %q", at, col.Value(i))
			}
			at++
		}
	}
	if at != n {
		t.Fatalf("%d rows of %d", at, n)
	}
}
