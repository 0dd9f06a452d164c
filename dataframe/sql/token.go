package sql

import "strings"

type kind uint8

const (
	tEnd    kind = iota
	tWord        // a name or keyword as it stands
	tName        // a quoted name
	tString      // 'x', "x", r'x'
	tHex         // X'00ff'
	tNumber      // 12, 1.5, 1e3, 7L
	tSign        // an operator or a bracket
)

// token is a piece of the text, which it points into.
type token struct {
	kind kind
	pos  int // byte offset of its start
	// text is the piece as written, quotes included.
	text string
	// key is a keyword in upper case, or the text of a sign; else "".
	key string
}

func (t token) end() int { return t.pos + len(t.text) }

// at is the token's place as package expr counts it.
func (t token) at() int { return t.pos + 1 }

// shown is the token in a message.
func (t token) shown() string {
	switch {
	case t.kind == tEnd:
		return "the end of the text"
	case len(t.text) > 40:
		return strings.ToValidUTF8(t.text[:40], "") + "..."
	}
	return t.text
}

// isName tells whether the token can be a name: any word can.
func (t token) isName() bool { return t.kind == tWord || t.kind == tName }

// name is the token's text as a name.
func (t token) name() string {
	if t.kind != tName {
		return t.text
	}
	quote := t.text[:1]
	return strings.ReplaceAll(t.text[1:len(t.text)-1], quote+quote, quote)
}

// keywords are the words that the grammar knows, each as its own value so that
// a token can point to it. None is reserved but where parser.ends and notAlias say so.
var keywords = func() map[string]string {
	out := map[string]string{}
	for w := range strings.FieldsSeq(`
		ALL ALTER ANALYZE AND ANTI ANY AS ASC BETWEEN BOTH BY CACHE CASE CAST CLUSTER CREATE CROSS CUBE CURRENT_DATE
		CURRENT_TIMESTAMP DATE DELETE DESC DESCRIBE DISTINCT DISTRIBUTE DIV DROP ELSE EMIT END ESCAPE EXCEPT EXISTS
		EXPLAIN EXTRACT FALSE FILTER FIRST FOR FROM FULL GROUP GROUPING HAVING IGNORE ILIKE IN INNER INSERT INTERSECT
		INTERVAL INTO IS JOIN LAST LATERAL LEADING LEFT LIKE LIMIT LOCAL LOCALTIMESTAMP MERGE MINUS NATURAL NOT NULL
		NULLS OFFSET ON OR ORDER OUTER OVER PIVOT POSITION QUALIFY RECURSIVE REFRESH REGEXP RESPECT RIGHT RLIKE ROLLUP SELECT
		SEMI SET SETS SHOW SOME SORT SUBSTR SUBSTRING TABLE TABLESAMPLE THEN TIME TIMESTAMP TIMESTAMP_LTZ TIMESTAMP_NTZ
		TO TRAILING TRIM TRUE TRUNCATE TRY_CAST UNCACHE UNION UNKNOWN UNPIVOT UPDATE USE USING VALUES VIEW WHEN WHERE
		WINDOW WITH WITHIN WITHOUT ZONE`) {
		out[w] = w
	}
	return out
}()

const longestKeyword = len("CURRENT_TIMESTAMP")

// keyword returns the keyword that a word is, in any case, or "".
func keyword(word string) string {
	var buf [longestKeyword]byte
	if len(word) > len(buf) {
		return ""
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		buf[i] = c
	}
	return keywords[string(buf[:len(word)])]
}
