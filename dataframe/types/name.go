package types

import "strings"

// QuoteIfNeeded returns the name as SQL needs it: a plain word as it is, any
// other in backquotes, a backquote inside doubled.
func QuoteIfNeeded(name string) string {
	if isWord(name) {
		return name
	}
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func isWord(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}
