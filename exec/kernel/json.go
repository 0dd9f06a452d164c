package kernel

import (
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
)

// jsonKernels read and write JSON.
func jsonKernels() map[string]Maker {
	return map[string]Maker{
		"from_json":       fromJSONMaker,
		"to_json":         toJSONMaker,
		"get_json_object": always(getJSONObject),
	}
}

// MalformedRecord is the reason under which from_json counts text that is no
// JSON at all, or no object: of no one column, so that its Column is "".
const MalformedRecord = "malformed record"

// jsonOptions are the options that argument at of a call holds, if it has so many.
func jsonOptions(call *expr.Call, at int) (map[string]string, error) {
	given := map[string]string{}
	if at >= len(call.Args) {
		return given, nil
	}
	list, err := expr.OptionsOf(call.Args[at])
	for _, o := range list {
		given[o.Key] = o.Value
	}
	return given, err
}

// fromJSON decodes a column. Its decoder learns the order of the keys and stays.
type fromJSON struct {
	typ     types.Type
	opts    json.Options
	session bool // the zone is the session's
	decoder *json.Decoder
}

func fromJSONMaker(call *expr.Call) (Func, error) {
	given, err := jsonOptions(call, 2)
	if err != nil {
		return nil, err
	}
	opts, err := json.ValueOptions(given)
	if err != nil {
		return nil, err
	}
	f := &fromJSON{typ: call.Type(), opts: opts, session: opts.TimeZone == nil}
	if err := f.open(time.UTC); err != nil {
		return nil, err
	}
	return f.compute, nil
}

func (f *fromJSON) open(zone *time.Location) (err error) {
	if f.session {
		f.opts.TimeZone = zone
	}
	f.decoder, err = json.NewValueDecoder(f.typ, f.opts)
	return err
}

// compute decodes the selected rows; the others are null. The texts are read
// where they lie.
func (f *fromJSON) compute(env *Env, args []Value, rows Rows) (Value, error) {
	if zone := zoneOf(env); f.session && zone != f.opts.TimeZone {
		if err := f.open(zone); err != nil {
			return Value{}, err
		}
	}
	record, err := records(args[0].Array)
	if err != nil {
		return Value{}, err
	}
	d, m := f.decoder, nullsOf(args[:1], rows)
	d.Reserve(rows.N)
	next := 0
	err = each(rows, m, func(i int) error {
		for ; next < i; next++ {
			d.AppendNull()
		}
		next++
		return rowError(i, f.failure(d.AppendValue(record(i))))
	})
	for ; err == nil && next < rows.N; next++ {
		d.AppendNull()
	}
	out, stats := d.Finish()
	if err != nil {
		return Value{}, err
	}
	env.Bad.Add("", MalformedRecord, stats.Malformed)
	for _, c := range stats.Fields {
		env.Bad.Add(c.Column, c.Reason.String(), c.Count)
	}
	return Value{Array: out}, nil
}

func (f *fromJSON) failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, json.ErrFull):
		return errors.New("from_json: the texts of one batch are longer than 2 GB; lower the number of rows of a batch")
	}
	return fmt.Errorf("[MALFORMED_RECORD_IN_PARSING] from_json: %w; the option mode PERMISSIVE gives null instead", err)
}

// records gives the text of each row. Its capacity reaches to the end of the
// column's buffer, which lets the decoder read ahead.
func records(a arrow.Array) (func(i int) []byte, error) {
	switch a := a.(type) {
	case *array.String, *array.Binary:
		t := textsOf(a)
		return func(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }, nil
	case *array.StringView:
		return views(a.Data(), a.ValueHeader), nil
	case *array.BinaryView:
		return views(a.Data(), a.ValueHeader), nil
	}
	return nil, fmt.Errorf("from_json: a column of Arrow type %s cannot be read; cast it to string", a.DataType())
}

func views(d arrow.ArrayData, header func(i int) *arrow.ViewHeader) func(i int) []byte {
	buffers := make([][]byte, 0, len(d.Buffers()))
	for _, b := range d.Buffers()[2:] {
		buffers = append(buffers, b.Bytes())
	}
	return func(i int) []byte {
		h := header(i)
		if h.IsInline() {
			return h.InlineBytes()
		}
		from := int(h.BufferOffset())
		return buffers[h.BufferIndex()][from : from+h.Len()]
	}
}

func toJSONMaker(call *expr.Call) (Func, error) {
	given, err := jsonOptions(call, 1)
	if err != nil {
		return nil, err
	}
	opts, err := json.TextOptions(given)
	if err != nil {
		return nil, err
	}
	session := opts.TimeZone == nil
	return func(env *Env, args []Value, rows Rows) (Value, error) {
		if session {
			opts.TimeZone = zoneOf(env)
		}
		encoder, err := json.NewEncoder(call.Args[0].Type(), opts)
		if err != nil {
			return Value{}, err
		}
		return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
			return func(dst []byte, i int) ([]byte, bool, error) {
				return encoder.AppendValue(dst, args[0].Array, args[0].At(i)), true, nil
			}
		})(env, args[:1], rows)
	}, nil
}
