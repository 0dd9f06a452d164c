package parquet

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/riffledata/riffle/dataframe/types"
)

const benchRows = 8192

func benchBatch() arrow.RecordBatch {
	schema := types.NewSchema(
		types.Field{Name: "ts", Type: types.Timestamp, Nullable: true}, types.Field{Name: "host", Type: types.String, Nullable: true},
		types.Field{Name: "query", Type: types.String, Nullable: true}, types.Field{Name: "n", Type: types.Long, Nullable: true},
		types.Field{Name: "rtt", Type: types.Double, Nullable: true}, types.Field{Name: "answers", Type: types.Array{Elem: types.String, ContainsNull: true}, Nullable: true},
	).Arrow()
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range benchRows {
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(1767225600000000 + 12345*i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("192.168.15.", i%200))
		b.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("maps%d.example.com", i*7919%5000))
		if i%10 == 0 {
			b.Field(3).AppendNull()
		} else {
			b.Field(3).(*array.Int64Builder).Append(int64(i % 50))
		}
		b.Field(4).(*array.Float64Builder).Append(float64(i) / 7)
		l := b.Field(5).(*array.ListBuilder)
		l.Append(true)
		for j := range i % 3 {
			l.ValueBuilder().(*array.StringBuilder).Append(fmt.Sprint("10.0.0.", j+i%90))
		}
	}
	return b.NewRecordBatch()
}

const benchBatches = 16

func report(b *testing.B, size int) {
	b.SetBytes(int64(size))
	b.ReportMetric(float64(benchRows*benchBatches)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkWrite(b *testing.B) {
	rec := benchBatch()
	recs := make([]arrow.RecordBatch, benchBatches)
	for i := range recs {
		recs[i] = rec
	}
	for b.Loop() {
		w, err := NewWriter(io.Discard, rec.Schema(), "snappy")
		if err != nil {
			b.Fatal(err)
		}
		for _, rec := range recs {
			if err := w.Write(rec); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	size := len(written(b, "snappy", rec.Schema(), recs...))
	report(b, size)
}

func BenchmarkWriteLibrary(b *testing.B) {
	rec := benchBatch()
	size := 0
	for b.Loop() {
		var out bytes.Buffer
		w, err := pqarrow.NewFileWriter(rec.Schema(), &out, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy)), pqarrow.DefaultWriterProps())
		if err != nil {
			b.Fatal(err)
		}
		for range benchBatches {
			if err := w.WriteBuffered(rec); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		size = out.Len()
	}
	report(b, size)
}

func benchFile(b *testing.B) []byte {
	rec := benchBatch()
	recs := make([]arrow.RecordBatch, benchBatches)
	for i := range recs {
		recs[i] = rec
	}
	return written(b, "snappy", rec.Schema(), recs...)
}

func BenchmarkRead(b *testing.B) {
	data := benchFile(b)
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), benchRows)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next(context.Background())
		}
		if err != io.EOF { //nolint:errorlint // wrapped, it is no end
			b.Fatal(err)
		}
		r.Close()
	}
	report(b, len(data))
}

func BenchmarkReadLibrary(b *testing.B) {
	data := benchFile(b)
	for b.Loop() {
		f, err := file.NewParquetReader(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		a, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: benchRows}, memory.DefaultAllocator)
		if err != nil {
			b.Fatal(err)
		}
		rows, err := a.GetRecordReader(context.Background(), nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			rows.RecordBatch()
		}
	}
	report(b, len(data))
}
