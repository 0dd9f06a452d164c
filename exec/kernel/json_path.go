package kernel

import (
	"bytes"
	stdjson "encoding/json"
	"strconv"
	"strings"

	"github.com/riffledata/riffle/exec/format/json"
)

// pathStep is one step of a JSON path.
type pathStep struct {
	kind  byte // '.': a key, '*': any key, '[': an element, '#': all elements
	key   string
	index int
}

// parseJSONPath reads a path such as $.a['b.c'][0][*].
func parseJSONPath(path string) ([]pathStep, bool) {
	rest, ok := strings.CutPrefix(path, "$")
	var steps []pathStep
	for ok && rest != "" {
		var s pathStep
		s, rest, ok = cutStep(rest)
		steps = append(steps, s)
	}
	return steps, ok
}

func cutStep(s string) (pathStep, string, bool) {
	switch {
	case s[0] == '.':
		end := strings.IndexAny(s[1:], ".[") + 1
		if end == 0 {
			end = len(s)
		}
		name := s[1:end]
		if name == "*" {
			return pathStep{kind: '*'}, s[end:], true
		}
		return pathStep{kind: '.', key: name}, s[end:], name != ""
	case strings.HasPrefix(s, "['"):
		name, rest, ok := strings.Cut(s[2:], "']")
		if name == "*" {
			return pathStep{kind: '*'}, rest, ok
		}
		return pathStep{kind: '.', key: name}, rest, ok && name != ""
	case s[0] == '[':
		inner, rest, ok := strings.Cut(s[1:], "]")
		if inner == "*" {
			return pathStep{kind: '#'}, rest, ok
		}
		n, err := strconv.ParseUint(inner, 10, 31)
		return pathStep{kind: '[', index: int(n)}, rest, ok && err == nil
	}
	return pathStep{}, s, false
}

// getJSONObject takes what stands at a path out of JSON text. It reads no
// further than it must: what is wrong behind the place is not seen.
var getJSONObject = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	texts, paths := textRowOf(args[0]), textRowOf(args[1])
	var steps []pathStep
	var of string
	known, valid := false, false
	return func(dst []byte, i int) ([]byte, bool, error) {
		if p := paths.row(i); !known || p != of {
			steps, valid = parseJSONPath(p)
			known, of = true, p
		}
		if !valid {
			return dst, false, nil
		}
		out := pathOutput{buf: dst}
		v, _, ok := cutJSON(texts.row(i))
		if !ok || !out.find(v, steps, rawStyle) || out.bad {
			return dst, false, nil
		}
		return out.buf, true, nil
	}
})

// pathStyle says how what is found is written.
type pathStyle int

const (
	rawStyle     pathStyle = iota // a text without its quotes
	quotedStyle                   // as JSON
	flattenStyle                  // as JSON, the elements of arrays one by one
)

// pathOutput collects what is found, with commas between.
type pathOutput struct {
	buf []byte
	n   int
	bad bool // what was found is no JSON
}

func (o *pathOutput) write(v string) {
	if o.n++; o.n > 1 {
		o.buf = append(o.buf, ',')
	}
	var compact bytes.Buffer
	if stdjson.Compact(&compact, []byte(v)) != nil {
		o.bad = true
		return
	}
	o.buf = append(o.buf, compact.Bytes()...)
}

// find writes what the steps lead to from v, and tells whether there was
// anything.
func (o *pathOutput) find(v string, steps []pathStep, style pathStyle) bool {
	if len(steps) == 0 {
		return o.found(v, style)
	}
	switch s := steps[0]; {
	case v[0] == '{' && (s.kind == '.' || s.kind == '*'):
		done := false
		walkJSON(v, func(_ int, key, value string) bool {
			done = (s.kind == '*' || key == s.key) && o.find(value, steps[1:], style)
			return !done
		})
		return done
	case v[0] == '[' && s.kind == '[':
		done := false
		walkJSON(v, func(i int, _, value string) bool {
			if i == s.index {
				if len(steps) > 1 && steps[1].kind == '#' {
					style = max(style, quotedStyle)
				}
				done = o.find(value, steps[1:], style)
			}
			return i < s.index
		})
		return done
	case v[0] == '[' && s.kind == '#':
		return o.all(v, steps[1:], style)
	}
	return false
}

// all writes an array of what the steps lead to from each element. A single
// one stands alone, unless it is within such an array itself.
func (o *pathOutput) all(v string, steps []pathStep, style pathStyle) bool {
	var list pathOutput
	inner := max(style, quotedStyle)
	if len(steps) > 0 && steps[0].kind == '#' {
		inner, steps = flattenStyle, steps[1:]
	}
	walkJSON(v, func(_ int, _, value string) bool {
		if inner == flattenStyle && value[0] == '[' && len(steps) > 0 {
			walkJSON(value, func(_ int, _, e string) bool { list.find(e, steps, inner); return true })
		} else {
			list.find(value, steps, inner)
		}
		return true
	})
	o.bad = o.bad || list.bad
	switch {
	case list.n == 1 && style != quotedStyle:
		o.write(string(list.buf))
	case list.n > 1 || style == quotedStyle:
		o.write("[" + string(list.buf) + "]")
	}
	return list.n > 0
}

func (o *pathOutput) found(v string, style pathStyle) bool {
	switch {
	case style == rawStyle && v == "null":
		return false
	case style == rawStyle && v[0] == '"':
		text, ok := unquoteJSON(v)
		o.buf, o.bad = append(o.buf, text...), o.bad || !ok
	case style == flattenStyle && v[0] == '[':
		done := false
		walkJSON(v, func(_ int, _, value string) bool { done = o.found(value, style) || done; return true })
		return done
	case v[0] == '"':
		text, ok := unquoteJSON(v)
		o.write(string(json.AppendString(nil, text)))
		o.bad = o.bad || !ok
	default:
		o.write(v)
	}
	return true
}

func unquoteJSON(v string) (string, bool) {
	if strings.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1], true
	}
	var s string
	err := stdjson.Unmarshal([]byte(v), &s)
	return s, err == nil
}
