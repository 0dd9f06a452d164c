package parquet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

// fataler is a test, or a check of rapid's.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// written is a file of batches.
func written(t fataler, codec string, schema *arrow.Schema, recs ...arrow.RecordBatch) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, schema, codec)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read is all of a file, in one record.
func read(t fataler, data []byte, rows int) (*arrow.Schema, string) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), rows)
	if err != nil {
		t.Fatal(err)
	}
	var recs []arrow.RecordBatch
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := array.ValidateRecordFull(rec); err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return r.Schema(), texted(t, recs...)
}

// texted is the rows as JSON, a line for each.
func texted(t fataler, recs ...arrow.RecordBatch) string {
	t.Helper()
	out := ""
	for _, rec := range recs {
		var b bytes.Buffer
		if err := array.RecordToJSON(rec, &b); err != nil {
			t.Fatal(err)
		}
		out += b.String()
	}
	return out
}

// What we write, another library reads, and we do.
func TestWriteAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := types.NewSchema(randomFields(t, 3)...).Arrow()
		codec := rapid.SampledFrom(Codecs()).Draw(t, "codec")
		recs := []arrow.RecordBatch{randomRows(t, schema, rapid.IntRange(0, 40).Draw(t, "n")), randomRows(t, schema, 5).NewSlice(2, 4)}
		data := written(t, codec, schema, recs...)
		want := texted(t, recs...)
		f, err := file.NewParquetReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		a, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		table, err := a.ReadTable(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		rows := array.NewTableReader(table, 1<<20)
		got := ""
		for rows.Next() {
			got += texted(t, rows.RecordBatch())
		}
		if got != want {
			t.Fatalf("the library reads\n%swant\n%s", got, want)
		}
		back, got := read(t, data, rapid.IntRange(1, 20).Draw(t, "rows"))
		if got != want || !back.Equal(schema) {
			t.Fatalf("read back:\n%s%s\nwant\n%s%s", got, back, want, schema)
		}
	})
}

// What another library writes, in any of its ways, we read.
func TestReadAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := types.NewSchema(randomFields(t, 3)...).Arrow()
		rec := randomRows(t, schema, rapid.SampledFrom([]int{0, 1, 7, 300}).Draw(t, "n"))
		codec := rapid.SampledFrom([]compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd, compress.Codecs.Gzip, compress.Codecs.Brotli}).Draw(t, "codec")
		props := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithDictionaryDefault(rapid.Bool().Draw(t, "dictionary")),
			parquet.WithDataPageSize(rapid.Int64Range(20, 500).Draw(t, "page")), parquet.WithBatchSize(16),
			parquet.WithMaxRowGroupLength(rapid.Int64Range(1, 400).Draw(t, "group")),
			parquet.WithDataPageVersion(rapid.SampledFrom([]parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}).Draw(t, "pages"))}
		var out bytes.Buffer
		w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(props...), pqarrow.DefaultWriterProps())
		if err == nil {
			err = errors.Join(w.Write(rec), w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		back, got := read(t, out.Bytes(), rapid.IntRange(1, 100).Draw(t, "rows"))
		if want := texted(t, rec); got != want || !back.Equal(schema) {
			t.Fatalf("read:\n%s%s\nwant\n%s%s", got, back, want, schema)
		}
	})
}
