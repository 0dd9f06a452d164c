package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Scan reads a source: Kafka, files, a generator.
type Scan struct {
	// Format names the source's provider; Options are those the user gave.
	Format  string
	Options map[string]string
	// Declared is the schema the user declared, or nil.
	Declared *types.Schema
	// Streaming is set for ReadStream.
	Streaming bool
	// Full is the schema of the source. Columns are the numbers of those that
	// are read, ascending; nil means all.
	Full    *types.Schema
	Columns []int

	schema *types.Schema
}

// NewScan returns a scan of all columns.
func NewScan(format string, options map[string]string, declared, full *types.Schema, streaming bool) *Scan {
	return &Scan{Format: format, Options: options, Declared: declared, Full: full, Streaming: streaming, schema: full}
}

// Pruned returns the scan with only the given columns of Full, ascending.
func (s *Scan) Pruned(cols []int) *Scan {
	n := *s
	n.Columns = cols
	fields := make([]types.Field, len(cols))
	for i, c := range cols {
		fields[i] = s.Full.Field(c)
	}
	n.schema = types.NewSchema(fields...)
	return &n
}

// String returns the format and the columns read.
func (s *Scan) String() string {
	word := "Relation"
	if s.Streaming {
		word = "StreamingRelation"
	}
	return fmt.Sprintf("%s %s [%s]%s", word, s.Format, strings.Join(s.schema.Names(), ", "), s.where())
}

// Place names what is read, whatever columns of it: "kafka dns".
func (s *Scan) Place() string { return s.Format + s.where() }

// where names what is read, without options that may hold secrets.
func (s *Scan) where() string {
	for _, key := range slices.Sorted(maps.Keys(s.Options)) {
		switch strings.ToLower(key) {
		case "subscribe", "subscribepattern", "assign", "path":
			return " " + s.Options[key]
		}
	}
	return ""
}

// Children returns none.
func (s *Scan) Children() []Node { return nil }

// WithChildren returns the scan itself.
func (s *Scan) WithChildren([]Node) Node { return s }

// Exprs returns none.
func (s *Scan) Exprs() []expr.Expr { return nil }

// WithExprs returns the scan itself.
func (s *Scan) WithExprs([]expr.Expr) Node { return s }

// Schema is that of the columns read.
func (s *Scan) Schema() *types.Schema { return s.schema }
