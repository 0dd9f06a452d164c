package dataframe

import (
	"fmt"
	"maps"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Reader describes a source, step by step, until Load.
type Reader struct {
	session   *Session
	format    string
	options   map[string]string
	schema    *types.Schema
	streaming bool
	err       error
}

// Format names the kind of source: "kafka", "json", "rate".
func (r *Reader) Format(name string) *Reader { r.format = name; return r }

// Option sets an option of the source; true, 5 and "5" are all taken as text.
// An unknown one is an error, which Load finds.
func (r *Reader) Option(key string, value any) *Reader {
	r.options[key] = fmt.Sprint(value)
	return r
}

// Options sets several options.
func (r *Reader) Options(options map[string]string) *Reader {
	maps.Copy(r.options, options)
	return r
}

// Schema declares the columns: a *types.Schema, a types.Struct, or text such as
// "ts DOUBLE, `id.orig_h` STRING".
func (r *Reader) Schema(schema any) *Reader {
	switch s := schema.(type) {
	case *types.Schema:
		r.schema = s
	case types.Struct:
		r.schema = s.Schema()
	case string:
		parsed, err := types.ParseDDL(s)
		r.schema = parsed
		r.fail("Schema", err)
	default:
		r.fail("Schema", fmt.Errorf("a schema is a *types.Schema or text, not %T", schema))
	}
	return r
}

func (r *Reader) fail(op string, err error) {
	if r.err == nil && err != nil {
		r.err = at(op, err)
	}
}

// JSON is Format("json").Load(path).
func (r *Reader) JSON(path ...string) *DataFrame { return r.Format("json").Load(path...) }

// Load returns the dataframe. It checks format and options with the engine. A
// path is the option of that name; several are read as one.
func (r *Reader) Load(path ...string) *DataFrame {
	switch len(path) {
	case 0:
	case 1:
		r.Option("path", path[0])
	default:
		r.Option("paths", jsonList(path))
	}
	if r.err == nil && r.format == "" {
		r.fail("Load", fmt.Errorf("no format; say Format(\"kafka\") or another before Load"))
	}
	if r.err != nil {
		return &DataFrame{r.session, nil, r.err}
	}
	options := maps.Clone(r.options)
	full, err := r.session.engine.Describe(r.session.ctx, engine.Read{Format: r.format, Options: options, Declared: r.schema, Streaming: r.streaming})
	if err != nil {
		return &DataFrame{r.session, nil, at("Load", err)}
	}
	return &DataFrame{r.session, plan.NewScan(r.format, options, r.schema, full, r.streaming), nil}
}
