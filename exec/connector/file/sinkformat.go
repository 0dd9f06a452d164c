package file

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/klauspost/compress/zstd"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/format/ipc"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/format/parquet"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// fileWriter writes the batches of one file. Close writes its end, and leaves
// what it writes to open.
type fileWriter interface {
	Write(rec arrow.RecordBatch) error
	Close() error
}

// outFormat is how a sink's files are written.
type outFormat struct {
	extension string
	open      func(to io.Writer) (fileWriter, error)
}

// formatSpecs lists the options of a format's files.
func formatSpecs(format string) []option.Spec {
	switch format {
	case "json":
		return json.WriteOptionSpecs()
	case "csv":
		return append(csv.WriteOptionSpecs(), option.Spec{Key: "header", Default: "false", Doc: "Whether the first line of each file has the names of the columns."})
	}
	return nil
}

// codecsOf are the compressions of a format, its default first.
func codecsOf(format string) []string {
	switch format {
	case "parquet":
		return append([]string{"snappy"}, slices.DeleteFunc(parquet.Codecs(), func(c string) bool { return c == "snappy" })...)
	case "ipc":
		return []string{"none", "lz4", "zstd"}
	}
	return []string{"none", "gzip", "zstd"}
}

func parseOutFormat(format string, spec sink.Spec, schema *types.Schema) (*outFormat, error) {
	codecs := codecsOf(format)
	codec := codecs[0]
	if spec.Options.Given("compression") {
		var err error
		if codec, err = spec.Options.OneOf("compression", codecs...); err != nil {
			return nil, err
		}
	}
	switch format {
	case "parquet":
		_, err := parquet.NewWriter(io.Discard, schema.Arrow(), codec)
		return &outFormat{".parquet", func(to io.Writer) (fileWriter, error) { return parquet.NewWriter(to, schema.Arrow(), codec) }}, err
	case "ipc":
		return &outFormat{".arrow", func(to io.Writer) (fileWriter, error) { return ipc.NewWriter(to, schema.Arrow(), codec) }}, nil
	}
	rows, header, err := parseLines(format, spec, schema)
	if err != nil {
		return nil, err
	}
	suffix := map[string]string{"none": "", "gzip": ".gz", "zstd": ".zst"}[codec]
	return &outFormat{"." + format + suffix, func(to io.Writer) (fileWriter, error) { return newLineWriter(to, codec, rows, header) }}, nil
}

// rowEncoder encodes rows as lines without their ends.
type rowEncoder interface {
	AppendRow(dst []byte, cols []arrow.Array, row int) []byte
}

// parseLines returns the encoder of a format of lines, and the first line of each
// file, nil for none.
func parseLines(format string, spec sink.Spec, schema *types.Schema) (rowEncoder, []byte, error) {
	if format == "json" {
		opts, err := json.ParseWriteOptions(spec.Options)
		if err != nil {
			return nil, nil, err
		}
		if opts.TimeZone == nil {
			opts.TimeZone = spec.Zone
		}
		e, err := json.NewEncoder(schema.Struct(), opts)
		return e, nil, err
	}
	opts, err := csv.ParseWriteOptions(spec.Options)
	if err != nil {
		return nil, nil, err
	}
	if opts.TimeZone == nil {
		opts.TimeZone = spec.Zone
	}
	header, err := spec.Options.Bool("header")
	if err != nil {
		return nil, nil, err
	}
	e, err := csv.NewEncoder(schema.Struct(), opts)
	if err != nil || !header {
		return e, nil, err
	}
	return e, e.AppendHeader(nil), nil
}

// lineWriter writes rows as lines.
type lineWriter struct {
	rows rowEncoder
	buf  *bufio.Writer
	zip  io.Closer // nil: plain
	room []byte
}

func newLineWriter(to io.Writer, codec string, rows rowEncoder, header []byte) (*lineWriter, error) {
	w := &lineWriter{rows: rows}
	switch codec {
	case "gzip":
		z := gzip.NewWriter(to)
		to, w.zip = z, z
	case "zstd":
		z, err := zstd.NewWriter(to, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		to, w.zip = z, z
	}
	w.buf = bufio.NewWriterSize(to, 64<<10)
	if header == nil {
		return w, nil
	}
	_, err := w.buf.Write(append(header[:len(header):len(header)], '\n'))
	return w, err
}

// Write appends a line for each row.
func (w *lineWriter) Write(rec arrow.RecordBatch) error {
	cols := rec.Columns()
	for i := range int(rec.NumRows()) {
		w.room = append(w.rows.AppendRow(w.room[:0], cols, i), '\n')
		if _, err := w.buf.Write(w.room); err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is left.
func (w *lineWriter) Close() error {
	if err := w.buf.Flush(); err != nil {
		return err
	}
	if w.zip != nil {
		return w.zip.Close()
	}
	return nil
}

func unknownFormat(format string) error {
	names := []string{"csv", "ipc", "json", "parquet"}
	return fmt.Errorf("no file format %q; use %s%s", format, strings.Join(names, ", "), types.DidYouMean(format, names))
}
