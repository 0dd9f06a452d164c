package replay

import (
	"bytes"
	"encoding/json"
)

// field is where the value of a field stands in a line: line[from:to].
type field struct{ from, to int }

// walk calls each for the fields of the object that a line is, until each
// returns false: its name, as it is written between the quotes, and where its
// value stands. Where the line holds one field alone, and that an object, the
// fields of that object are meant. It stops where the line is no JSON.
func walk(line []byte, each func(name []byte, at field) bool) {
	n, only := 0, field{}
	object(line, 0, func(_ []byte, at field) bool {
		n, only = n+1, at
		return n < 2
	})
	if n == 1 && line[only.from] == '{' {
		object(line, only.from, each)
		return
	}
	object(line, 0, each)
}

// object calls each for the fields of the object at p.
func object(line []byte, p int, each func(name []byte, at field) bool) {
	if p = blanks(line, p); p == len(line) || line[p] != '{' {
		return
	}
	for p = blanks(line, p+1); p < len(line) && line[p] == '"'; p = blanks(line, p+1) {
		end := text(line, p)
		if end < 0 {
			return
		}
		name := line[p+1 : end-1]
		if p = blanks(line, end); p == len(line) || line[p] != ':' {
			return
		}
		p = blanks(line, p+1)
		end = value(line, p)
		if end < 0 || !each(name, field{p, end}) {
			return
		}
		if p = blanks(line, end); p == len(line) || line[p] != ',' {
			return
		}
	}
}

func blanks(line []byte, p int) int {
	for p < len(line) && (line[p] == ' ' || line[p] == '\t' || line[p] == '\r' || line[p] == '\n') {
		p++
	}
	return p
}

// text returns the end of the string at p, or -1.
func text(line []byte, p int) int {
	for p++; p < len(line); p++ {
		switch line[p] {
		case '\\':
			p++
		case '"':
			return p + 1
		}
	}
	return -1
}

// value returns the end of the value at p, or -1.
func value(line []byte, p int) int {
	if p == len(line) {
		return -1
	}
	if line[p] == '"' {
		return text(line, p)
	}
	from, depth := p, 0
	for ; p < len(line); p++ {
		switch line[p] {
		case '"':
			end := text(line, p)
			if end < 0 {
				return -1
			}
			p = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1
			}
			fallthrough
		case ',', ' ', '\t', '\r', '\n':
			if depth <= 0 {
				if p == from {
					return -1
				}
				return p
			}
		}
	}
	return -1
}

// keyOf returns the value of a field as the key of a record: a text without its
// quotes, anything else as it is written; nil for null and where there is none.
func keyOf(line []byte, name string) []byte {
	var key []byte
	walk(line, func(got []byte, at field) bool {
		if string(got) != name {
			return true
		}
		key = line[at.from:at.to]
		return false
	})
	switch {
	case key == nil || string(key) == "null":
		return nil
	case key[0] != '"':
		return bytes.Clone(key)
	}
	var plain string
	if err := json.Unmarshal(key, &plain); err != nil {
		return bytes.Clone(key)
	}
	return []byte(plain)
}
