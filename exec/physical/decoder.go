package physical

import (
	"fmt"

	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/operator"
)

// decoder returns what makes a decoder of the scan's records for a task.
func (s *Scan) decoder(b *Builder) (func() (operator.Decoder, error), error) {
	switch s.format {
	case "json":
		opts, err := json.ParseOptions(s.options)
		if !s.options.Given("timeZone") {
			opts.TimeZone = b.Zone
		}
		return func() (operator.Decoder, error) { return json.NewDecoder(s.parsed, opts) }, err
	case "csv":
		opts, err := csv.ParseOptions(s.options)
		if !s.options.Given("timeZone") {
			opts.TimeZone = b.Zone
		}
		return func() (operator.Decoder, error) { return csv.NewDecoder(s.node.Declared, s.parsed, opts) }, err
	}
	return nil, fmt.Errorf("no decoder for the format %q; use csv or json", s.format)
}
