package json

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/types"
)

// strict switches off what encoding/json does not take.
func strict() Options {
	o := DefaultOptions()
	o.AllowSingleQuotes, o.AllowNonNumericNumbers, o.CorruptColumn = false, false, ""
	return o
}

var integral = regexp.MustCompile(`^-?[0-9]+$`)

// expected is what a value of type t should be, found by encoding/json: nil for
// null, structs as []any; bad tells that the type cannot hold it.
func expected(t types.Type, raw json.RawMessage) (v any, bad bool) {
	if string(raw) == "null" {
		return nil, false
	}
	switch t := t.(type) {
	case *types.Basic:
		return expectedBasic(t, raw)
	case types.Array:
		var elems []json.RawMessage
		if raw[0] != '[' || json.Unmarshal(raw, &elems) != nil {
			return nil, true
		}
		out := []any{}
		for _, e := range elems {
			v, bad := expected(t.Elem, e)
			if bad {
				return nil, true
			}
			out = append(out, v)
		}
		return out, false
	case types.Map:
		var entries map[string]json.RawMessage
		if raw[0] != '{' || json.Unmarshal(raw, &entries) != nil {
			return nil, true
		}
		out := map[any]any{}
		for k, e := range entries {
			v, bad := expected(t.Value, e)
			if bad {
				return nil, true
			}
			out[k] = v
		}
		return out, false
	case types.Struct:
		var entries map[string]json.RawMessage
		if raw[0] != '{' || json.Unmarshal(raw, &entries) != nil {
			return nil, true
		}
		out := []any{}
		for _, f := range t.Fields {
			var v any
			if e, ok := entries[f.Name]; ok {
				if got, bad := expected(f.Type, e); !bad {
					v = got
				}
			}
			out = append(out, v)
		}
		return out, false
	}
	panic(t.Name())
}

func expectedBasic(t *types.Basic, raw json.RawMessage) (v any, bad bool) {
	number := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	switch t {
	case types.String:
		if raw[0] != '"' {
			var b []byte
			for _, r := range string(raw) { // each invalid byte is U+FFFD
				b = utf8.AppendRune(b, r)
			}
			return string(b), false
		}
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err != nil
	case types.Boolean:
		return string(raw) == "true", string(raw) != "true" && string(raw) != "false"
	case types.Long:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		return n, err != nil || !integral.Match(raw)
	case types.Int:
		n, err := strconv.ParseInt(string(raw), 10, 32)
		return int32(n), err != nil || !integral.Match(raw)
	case types.Double:
		f, _ := strconv.ParseFloat(string(raw), 64)
		return f, !number
	}
	panic(t.Name())
}

func same(a, b any) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case float64:
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	case types.Row:
		return same(x.Values(), b)
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !same(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[any]any:
		y, ok := b.(map[any]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k := range x {
			if v, ok := y[k]; !ok || !same(x[k], v) {
				return false
			}
		}
		return true
	}
	return a == b
}

// normal turns rows in a value into slices.
func normal(v any) any {
	switch x := v.(type) {
	case types.Row:
		return normal(x.Values())
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = normal(x[i])
		}
		return out
	case map[any]any:
		out := map[any]any{}
		for k, v := range x {
			out[k] = normal(v)
		}
		return out
	}
	return v
}

// agree decodes a record, and checks outcome and row against encoding/json.
func agree(t tester, d *Decoder, rec []byte) {
	t.Helper()
	before := d.Len()
	out := d.Append(rec)
	body := bytes.TrimPrefix(rec, []byte("\ufeff"))
	trimmed := bytes.Trim(body, " \t\r\n")
	want := Malformed
	switch {
	case len(trimmed) == 0:
		want = Blank
	case json.Valid(body) && trimmed[0] == '{' && depth(body) <= d.opts.MaxDepth:
		want = Good
	}
	if out == Partial && want == Good {
		out = Good
	}
	if out != want {
		t.Fatalf("%q: %v, want %v (%v)", rec, out, want, d.Err())
	}
	arr, _ := d.Finish()
	check(t, arr)
	if out != Good {
		if arr.Len() != before {
			t.Fatalf("%q: %d rows", rec, arr.Len())
		}
		return
	}
	row, _ := expected(d.root.typ, trimmed)
	if got := structValues(arr.(*array.Struct), before); !same(got, row) {
		t.Fatalf("%q:\n got %#v\nwant %#v", rec, got, row)
	}
}

func structValues(s *array.Struct, row int) any {
	out := make([]any, s.NumField())
	for i := range out {
		out[i] = normal(types.Value(s.Field(i), row))
	}
	return out
}

// depth is how deep brackets are nested in a valid document.
func depth(doc []byte) (most int) {
	level, inside := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{' || c == '[':
			level++
			most = max(most, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return most
}
