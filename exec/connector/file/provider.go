package file

import (
	"context"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Provider makes sources that read files in one format.
type Provider struct {
	format  string
	options []option.Spec
	split   int64
	lost    func(path string)
}

// Option configures a provider.
type Option func(*Provider)

// SplitBytes sets the size of the ranges that a plain file is cut into. Default
// 32 MiB; at least 1.
func SplitBytes(n int64) Option { return func(p *Provider) { p.split = max(n, 1) } }

// OnMissing sets what is told of files that were gone before they were read, and
// that ignoreMissingFiles has passed over.
func OnMissing(f func(path string)) Option { return func(p *Provider) { p.lost = f } }

// NewProvider returns the provider of a format of lines, such as "json";
// options are those of the format itself.
func NewProvider(format string, options []option.Spec, opts ...Option) *Provider {
	p := &Provider{format: format, options: options, split: splitBytes}
	for _, opt := range opts {
		opt(p)
	}
	return p
}

// Format is the format's name.
func (p *Provider) Format() string { return p.format }

// Options lists the options of reading files, then those of the format.
func (p *Provider) Options() []option.Spec {
	return append(append(pathSpecs(), option.Spec{Key: "maxRecordBytes", Default: "16777216", Doc: "the most bytes that a line may have"}), p.options...)
}

// Decoding says that records are decoded by the provider's format.
func (p *Provider) Decoding(source.Spec) (string, error) { return p.format, nil }

// Describe checks that the files are there and returns the raw schema, value:
// files are not read to guess what is in them.
func (p *Provider) Describe(_ context.Context, spec source.Spec) (*types.Schema, error) {
	l, err := newLister(spec)
	if err == nil {
		_, err = l.list()
	}
	return rawSchema, err
}

// Open returns the source. Its schema is the raw one: value.
func (p *Provider) Open(_ context.Context, spec source.Spec) (source.Source, error) {
	f, err := newFiles(spec, p.lost)
	if err != nil {
		return nil, err
	}
	maxRecord, err := spec.Options.Int("maxRecordBytes", 1)
	f.split, f.maxRecord = p.split, int(maxRecord)
	return f, err
}
