package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/format/ipc"
	"github.com/riffledata/riffle/exec/format/parquet"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// ColumnarProvider makes sources that read files of columns, which say themselves
// what their columns are.
type ColumnarProvider struct {
	format string
	lost   func(path string)
}

// NewColumnarProvider returns the provider of "parquet" or "ipc". lost, which may be
// nil, is told of files that were gone before they were read, and that
// ignoreMissingFiles has passed over.
func NewColumnarProvider(format string, lost func(path string)) *ColumnarProvider {
	return &ColumnarProvider{format, lost}
}

// Format is the format's name.
func (p *ColumnarProvider) Format() string { return p.format }

// Options lists the options of reading files.
func (p *ColumnarProvider) Options() []option.Spec { return pathSpecs() }

// Describe returns the declared schema, or that of the first file. A stream needs
// a declared one: its files may be yet to come.
func (p *ColumnarProvider) Describe(_ context.Context, spec source.Spec) (*types.Schema, error) {
	l, err := newLister(spec)
	if err != nil {
		return nil, err
	}
	found, err := l.list()
	switch {
	case err != nil:
		return nil, err
	case spec.Schema != nil:
		return spec.Schema, nil
	case len(found) == 0:
		return nil, fmt.Errorf("no %s file is there yet whose columns could be read; declare them with Schema", p.format)
	}
	f, err := p.open(found[0].path)
	if err != nil {
		return nil, err
	}
	schema, err := types.SchemaFromArrow(f.schema())
	if err != nil {
		err = fmt.Errorf("%s: %w", found[0].path, err)
	}
	return schema, errors.Join(err, f.close())
}

// Open returns the source. A column that a file lacks is null in its rows.
func (p *ColumnarProvider) Open(ctx context.Context, spec source.Spec) (source.Source, error) {
	schema, err := p.Describe(ctx, spec)
	if err != nil {
		return nil, err
	}
	base, err := newFiles(spec, p.lost)
	if err != nil {
		return nil, err
	}
	base.whole = true // a range is a file
	wanted := schema
	if spec.Columns != nil {
		var fields []types.Field
		for _, name := range spec.Columns {
			i, err := schema.Index(name)
			if err != nil || i < 0 {
				return nil, fmt.Errorf("no column %s in (%s)%s", name, strings.Join(schema.Names(), ", "), types.DidYouMean(name, schema.Names()))
			}
			fields = append(fields, schema.Field(i))
		}
		wanted = types.NewSchema(fields...)
	}
	return &columnar{files: base, provider: p, schema: wanted}, nil
}

// columnar reads files of columns as files does those of lines, whole.
type columnar struct {
	*files
	provider *ColumnarProvider
	schema   *types.Schema
}

// Schema is that of the wanted columns.
func (c *columnar) Schema() *types.Schema { return c.schema }

// Open reads a file.
func (c *columnar) Open(_ context.Context, r source.Range) (batch.Stream, error) {
	var s span
	if err := json.Unmarshal(r.Split, &s); err != nil {
		return nil, fmt.Errorf("bad range %s of a file source: %w", r.Split, err)
	}
	file, err := c.openFile(s)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return emptyStream{c.schema.Arrow()}, nil
	}
	f, err := c.provider.decode(file, s.Path)
	if err != nil {
		return nil, err
	}
	st := &columnStream{path: s.Path, file: f, schema: c.schema.Arrow()}
	if err := st.choose(c.schema); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return st, nil
}

// columnFile is an open file of columns.
type columnFile struct {
	file   *os.File
	schema func() *arrow.Schema
	next   func(ctx context.Context) (arrow.RecordBatch, error)
	done   func() error // nil: nothing but the file has to be closed
}

func (f *columnFile) close() error {
	var err error
	if f.done != nil {
		err = f.done()
	}
	return errors.Join(err, f.file.Close())
}

func (p *ColumnarProvider) open(path string) (*columnFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return p.decode(f, path)
}

// decode reads what an open file says of itself; it closes the file on an error.
func (p *ColumnarProvider) decode(f *os.File, path string) (*columnFile, error) {
	var err error
	out := &columnFile{file: f}
	if p.format == "parquet" {
		r, failed := parquet.NewReader(f, batch.MaxRows)
		if err = failed; err == nil {
			out.schema, out.next, out.done = r.Schema, r.Next, r.Close
		}
	} else {
		r, failed := ipc.NewReader(f)
		if err = failed; err == nil {
			out.schema, out.next = r.Schema, func(context.Context) (arrow.RecordBatch, error) { return r.Next() }
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return out, nil
}

// pathSpecs lists the options that say which files are read.
func pathSpecs() []option.Spec {
	return []option.Spec{
		{Key: "path", Doc: "a file, a folder, or a pattern such as logs/dns.*.log.gz"},
		{Key: "paths", Doc: "several of them, as a JSON list of texts"},
		{Key: "recursiveFileLookup", Default: "false", Doc: "whether to read the folders in a folder as well"},
		{Key: "pathGlobFilter", Doc: "a pattern that the names of files in folders must match"},
		{Key: "maxFilesPerTrigger", Doc: "the most files that a micro-batch reads"},
		{Key: "ignoreMissingFiles", Default: "false", Doc: "whether to go on without files that are gone before they are read"},
	}
}
