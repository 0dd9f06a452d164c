package physical

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/source"
)

// Describe checks what a user asked to read and returns the schema of the scan:
// the source's own columns, or where the engine decodes the records, the
// declared columns, then those of the source's own that have another name than
// all of them and are not the record itself.
func (s *Sources) Describe(ctx context.Context, format string, options map[string]string, declared *types.Schema, streaming bool) (*types.Schema, error) {
	provider, set, err := s.Find(format, options)
	if err != nil {
		return nil, err
	}
	spec := source.Spec{Options: set, Schema: declared, Streaming: streaming}
	own, err := provider.Describe(ctx, spec)
	if err != nil {
		return nil, err
	}
	raw, ok := provider.(source.RawProvider)
	if !ok {
		return own, nil
	}
	records, err := raw.Decoding(spec)
	if err != nil || records == "" {
		return own, err
	}
	if declared == nil {
		return nil, fmt.Errorf(`records in the format %s have no schema of their own; declare one with Schema("name TYPE, ...")`, records)
	}
	return decoded(declared.AsNullable(), own), nil
}

func decoded(declared, own *types.Schema) *types.Schema {
	fields := declared.Fields()
	for _, f := range own.Fields() {
		if i, err := declared.Index(f.Name); f.Name != "value" && i < 0 && err == nil {
			fields = append(fields, f)
		}
	}
	return types.NewSchema(fields...)
}
