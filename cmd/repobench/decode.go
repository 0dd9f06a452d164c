package main

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/valyala/fastjson"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/json"
)

// wide is every column of an event, with the types its values have.
var wide = types.NewSchema().
	Add("ts", types.Double).Add("uid", types.String).
	Add("id.orig_h", types.String).Add("id.orig_p", types.Long).
	Add("id.resp_h", types.String).Add("id.resp_p", types.Long).
	Add("proto", types.String).Add("trans_id", types.Long).Add("rtt", types.Double).
	Add("query", types.String).Add("qclass", types.Long).Add("qclass_name", types.String).
	Add("qtype", types.Long).Add("qtype_name", types.String).
	Add("rcode", types.Long).Add("rcode_name", types.String).
	Add("AA", types.Boolean).Add("TC", types.Boolean).Add("RD", types.Boolean).Add("RA", types.Boolean).
	Add("Z", types.Long).
	Add("answers", types.Array{Elem: types.String, ContainsNull: true}).
	Add("TTLs", types.Array{Elem: types.Double, ContainsNull: true}).
	Add("rejected", types.Boolean)

// decoder makes Arrow columns of chunks of at most maxRows lines. The lines come
// with pad readable bytes behind them.
type decoder func(chunk []byte, rows int) error

// decoders is a contestant that decodes the first events of the file, all columns.
func decoders(events int, start func() (decoder, error)) func(path string) (job, error) {
	return func(path string) (job, error) {
		chunks, err := chunksOf(path, events)
		if err != nil {
			return nil, err
		}
		decode, err := start()
		return func() (result, error) {
			r := result{}
			for _, chunk := range chunks {
				rows := bytes.Count(chunk, []byte("\n"))
				if err := decode(chunk, rows); err != nil {
					return r, err
				}
				r.Rows += rows
			}
			return r, nil
		}, err
	}
}

// chunksOf cuts the first events of a file, about so many, into chunks of maxRows lines.
func chunksOf(path string, events int) (chunks [][]byte, err error) {
	const usual = 512 // bytes of an event, and some
	data, err := readFirst(path, int64(events)*usual)
	if err != nil {
		return nil, err
	}
	data = data[:bytes.LastIndexByte(data, '\n')+1]
	for p := 0; p < len(data) && events > 0; {
		end := p
		for range min(maxRows, events) {
			if end < len(data) {
				end = lineAfter(data, end+1)
			}
		}
		chunks = append(chunks, data[p:end])
		events -= maxRows
		p = end
	}
	return chunks, nil
}

// ownDecoder is ours.
func ownDecoder() (decoder, error) {
	d, err := json.NewDecoder(wide, json.DefaultOptions())
	return func(chunk []byte, rows int) error {
		for line := range json.Lines(chunk) {
			if d.Append(line) != json.Good {
				return d.Err()
			}
		}
		return counted(int(rowsOf(d)), rows)
	}, err
}

func rowsOf(d *json.Decoder) int64 {
	rec, _ := d.FinishRecord()
	return rec.NumRows()
}

// arrowDecoder is that of the Arrow library.
func arrowDecoder() (decoder, error) {
	return func(chunk []byte, rows int) error {
		r := array.NewJSONReader(bytes.NewReader(chunk), wide.Arrow(), array.WithChunk(maxRows))
		got := 0
		for r.Next() {
			got += int(r.RecordBatch().NumRows())
		}
		if err := r.Err(); err != nil {
			return err
		}
		return counted(got, rows)
	}, nil
}

// fastjsonDecoder is the fastest general library, and the Arrow library's builders.
func fastjsonDecoder() (decoder, error) {
	var p fastjson.Parser
	names := wide.Names()
	return func(chunk []byte, rows int) error {
		b := array.NewRecordBuilder(memory.DefaultAllocator, wide.Arrow())
		for line := range json.Lines(chunk) {
			v, err := p.ParseBytes(line)
			if err != nil {
				return err
			}
			for i, name := range names {
				appendValue(b.Field(i), v.Get(name))
			}
		}
		return counted(int(b.NewRecordBatch().NumRows()), rows)
	}, nil
}

func appendValue(to array.Builder, v *fastjson.Value) {
	if v == nil {
		to.AppendNull()
		return
	}
	switch to := to.(type) {
	case *array.Int64Builder:
		n, _ := v.Int64()
		to.Append(n)
	case *array.Float64Builder:
		f, _ := v.Float64()
		to.Append(f)
	case *array.BooleanBuilder:
		to.Append(v.GetBool())
	case *array.StringBuilder:
		s, _ := v.StringBytes()
		to.BinaryBuilder.Append(s)
	case *array.ListBuilder:
		to.Append(true)
		for _, e := range v.GetArray() {
			appendValue(to.ValueBuilder(), e)
		}
	}
}
