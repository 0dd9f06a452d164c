package main

import (
	"bytes"
	"unsafe"
)

// renamed gives the columns of the job other names.
func renamed(line []byte) []byte {
	line = bytes.Replace(line, []byte(`"id.orig_h":`), []byte(`"source":`), 1)
	line = bytes.Replace(line, []byte(`"query":`), []byte(`"asked_name":`), 1)
	return bytes.Replace(line, []byte(`"qtype_name":`), []byte(`"kind":`), 1)
}

// reordered turns the keys of an event around. The line is a valid object
// without blanks, and pad bytes may be read after it.
func reordered(line []byte) []byte {
	base := unsafe.Pointer(unsafe.SliceData(line))
	var members [][]byte
	for p := 1; p < len(line); p++ {
		start := p
		if p = text(base, p+1, len(line)); p < 0 {
			return line
		}
		if p = value(base, p+1, len(line), 0); p < 0 {
			return line
		}
		members = append(members, line[start:p])
	}
	out := []byte{'{'}
	for i := len(members) - 1; i >= 0; i-- {
		out = append(append(out, members[i]...), ',')
	}
	out[len(out)-1] = '}'
	return out
}
