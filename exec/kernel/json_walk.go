package kernel

import "strings"

const jsonBlanks = " \t\r\n"

// cutJSON takes one JSON value off s; of objects and arrays it looks at the
// brackets and texts alone.
func cutJSON(s string) (value, rest string, ok bool) {
	if s = strings.TrimLeft(s, jsonBlanks); s == "" {
		return "", "", false
	}
	var n int
	switch s[0] {
	case '"':
		n = endOfText(s)
	case '{', '[':
		n = endOfBrackets(s)
	default:
		if n = strings.IndexAny(s, ",]}"+jsonBlanks); n < 0 {
			n = len(s)
		}
		if !isScalar(s[:n]) {
			return "", "", false
		}
	}
	if n <= 0 {
		return "", "", false
	}
	return s[:n], s[n:], true
}

func isScalar(s string) bool {
	switch s {
	case "true", "false", "null":
		return true
	}
	return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && strings.Trim(s, "-+.eE0123456789") == ""
}

// endOfText is the length of the text in quotes that s begins with; 0 where it
// does not end.
func endOfText(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

func endOfBrackets(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			n := endOfText(s[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// walkJSON calls f for the elements of an array, or the keys and values of an
// object, as long as it returns true and the text is JSON.
func walkJSON(v string, f func(i int, key, value string) bool) {
	object := v[0] == '{'
	s := v[1:]
	for i := 0; ; i++ {
		if s = strings.TrimLeft(s, jsonBlanks); s == "" || i == 0 && (s[0] == ']' || s[0] == '}') {
			return
		}
		key := ""
		if object {
			name, rest, ok := cutJSON(s)
			if !ok || name[0] != '"' {
				return
			}
			if key, ok = unquoteJSON(name); !ok {
				return
			}
			if s, ok = strings.CutPrefix(strings.TrimLeft(rest, jsonBlanks), ":"); !ok {
				return
			}
		}
		value, rest, ok := cutJSON(s)
		if !ok || !f(i, key, value) {
			return
		}
		if s, ok = strings.CutPrefix(strings.TrimLeft(rest, jsonBlanks), ","); !ok {
			return
		}
	}
}
