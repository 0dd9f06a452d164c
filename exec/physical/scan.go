package physical

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Scan reads a source. Its ranges are shared out among the tasks: each task
// reads ranges of its own where that is fair, else one reader hands batches to
// all tasks in turn. Records of a raw source are decoded in the tasks.
type Scan struct {
	node     *plan.Scan
	provider source.Provider
	options  option.Set
	spec     source.Spec
	tasks    int
	schema   *types.Schema

	format string // of raw records, or ""
	decode func() (operator.Decoder, error)
	beside []int // raw columns that are kept beside the decoded ones
	parsed *types.Schema

	// Ordered is set where the order of the input matters.
	Ordered bool
	// QueryID is the UUID of a query with a checkpoint; it is set before Connect.
	QueryID string
	// Source is the open source; Report counts what became of its records. Both
	// are set before the first run.
	Source source.Source
	Report operator.Report

	observed bool // a watermark asks for the partitions of batches
}

// newScan prepares a scan for a provider; views says that nobody but from_json
// looks at raw values.
func newScan(b *Builder, n *plan.Scan) (*Scan, error) {
	provider, set, err := b.Sources.Find(n.Format, n.Options)
	if err != nil {
		return nil, err
	}
	s := &Scan{node: n, provider: provider, options: set, tasks: b.Tasks, schema: n.Schema()}
	s.spec = source.Spec{Options: set, Schema: n.Declared, Streaming: n.Streaming}
	if raw, ok := provider.(source.RawProvider); ok {
		if s.format, err = raw.Decoding(s.spec); err != nil {
			return nil, err
		}
	}
	if s.format == "" {
		s.spec.Columns = n.Schema().Names()
		s.spec.Views = b.views
		return s, nil
	}
	return s, s.prepareDecoding(b)
}

// prepareDecoding divides the wanted columns into those that are parsed out of
// the records and those that the source gives beside them.
func (s *Scan) prepareDecoding(b *Builder) error {
	var parsed []types.Field
	s.spec.Columns = []string{"value"}
	for _, f := range s.schema.Fields() {
		if i, err := s.node.Declared.Index(f.Name); err == nil && i >= 0 {
			parsed = append(parsed, f)
			continue
		}
		s.spec.Columns = append(s.spec.Columns, f.Name)
		s.beside = append(s.beside, len(s.beside)+1)
	}
	if b.Quarantine {
		s.spec.Columns = append(s.spec.Columns, s.provenance()...)
	}
	s.parsed = types.NewSchema(parsed...)
	s.spec.Views = true
	var err error
	if s.decode, err = s.decoder(b); err == nil {
		_, err = s.decode()
	}
	return err
}

// provenance lists the source's own columns that tell where a record came from,
// and that are not read anyhow.
func (s *Scan) provenance() []string {
	var out []string
	for _, name := range []string{"topic", "partition", "offset"} {
		own, _ := s.node.Full.Index(name)
		declared, _ := s.node.Declared.Index(name)
		if own >= 0 && declared < 0 && !slices.Contains(s.spec.Columns, name) {
			out = append(out, name)
		}
	}
	return out
}

// String names the source and the columns.
func (s *Scan) String() string {
	text := strings.Replace(s.node.String(), "Relation", "Scan", 1)
	if s.format != "" {
		text += ", decoded from " + s.format
	}
	return text
}

// Children returns none.
func (s *Scan) Children() []Op { return nil }

// Schema is that of the columns read.
func (s *Scan) Schema() *arrow.Schema { return s.schema.Arrow() }

// Connect opens the source. It is called once, before the first run.
func (s *Scan) Connect(ctx context.Context) error {
	spec := s.spec
	spec.QueryID = s.QueryID
	src, err := s.provider.Open(ctx, spec)
	if err != nil {
		return err
	}
	s.Source = src
	return nil
}

// Place names what is read, whatever columns of it.
func (s *Scan) Place() string { return s.node.Place() }

// Description names the source for progress.
func (s *Scan) Description() string { return s.node.String() }

// Open shares the ranges of the run out among the tasks.
func (s *Scan) Open(ctx context.Context, r *Run) ([]Part, error) {
	parts := share(ctx, s.Source, r.Ranges[s], s.tasks, s.Ordered, s.observed, s.refused)
	for i, p := range parts {
		if s.format == "" {
			parts[i].Stream = counted{p.Stream, s.Report}
			continue
		}
		decoded, err := s.decoded(p.Stream, r)
		if err != nil {
			closeAll(parts)
			return nil, err
		}
		parts[i].Stream = decoded
	}
	return parts, nil
}

// decoded turns the records of a part into rows, those of one partition after
// those of another where partitions are asked for.
func (s *Scan) decoded(in batch.Stream, r *Run) (batch.Stream, error) {
	dec, err := s.decode()
	if err != nil {
		return nil, err
	}
	decode := func(in batch.Stream) batch.Stream {
		return operator.NewDecode(in, dec, 0, s.beside, s.Schema(), s.Report, r.Env)
	}
	own, ok := in.(*ranged)
	if !ok {
		return decode(in), nil
	}
	own.reuse = len(s.beside) == 0 // the decoder copies what it keeps
	groups := byPartition(own.ranges)
	if own.origin == nil || len(groups) < 2 {
		return decode(own), nil
	}
	out := &inTurn{schema: s.Schema()}
	for _, g := range groups {
		out.left = append(out.left, func() batch.Stream {
			one := *own
			one.ranges = g
			return decode(&one)
		})
	}
	return out, nil
}

// counted counts the rows that a source gives.
type counted struct {
	batch.Stream
	report operator.Report
}

// Next counts the rows it passes on.
func (c counted) Next(ctx context.Context) (batch.Batch, error) {
	b, err := c.Stream.Next(ctx)
	if err == nil {
		err = c.report.Records(int64(b.NumRows()), 0)
	}
	return b, err
}
