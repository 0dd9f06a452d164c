package sql

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// maxDepth bounds how deep expressions and queries may nest, so that no text
// can exhaust the stack here, or of those who walk the tree later.
const maxDepth = 1000

// parser reads tokens. Its methods are named after what they read, and leave
// the parser behind it.
type parser struct {
	text  string
	d     *dialect
	toks  []token
	next  int
	depth int
	// cases counts the CASEs that are open: only in one are WHEN, THEN, ELSE and
	// END no names.
	cases int
	// alias is the place in toks of the last word that was taken as a name
	// because nothing else fitted: where parsing stops next to it, it may be a
	// misspelt keyword.
	alias int
	// copied is set once an operand with operands of its own stands in the tree
	// more than once.
	copied bool
}

func newParser(text string, d *dialect) (*parser, error) {
	toks, err := lex(text, d)
	return &parser{text: text, d: d, toks: toks, alias: -1}, err
}

// at returns the i-th token from here; past the end, the end.
func (p *parser) at(i int) *token { return &p.toks[min(p.next+i, len(p.toks)-1)] }

func (p *parser) peek() *token { return &p.toks[p.next] }

func (p *parser) take() token {
	t := p.toks[p.next]
	if t.kind != tEnd {
		p.next++
	}
	return t
}

// is tells whether the next tokens are these keywords or signs.
func (p *parser) is(keys ...string) bool {
	for i, k := range keys {
		if p.at(i).key != k {
			return false
		}
	}
	return true
}

// skip takes the next tokens if they are these keywords or signs.
func (p *parser) skip(keys ...string) bool {
	if !p.is(keys...) {
		return false
	}
	p.next += len(keys)
	return true
}

// expect takes a keyword or sign, or says what stands in its place.
func (p *parser) expect(key, after string) error {
	if p.skip(key) {
		return nil
	}
	return p.unexpected(key + " " + after)
}

func (p *parser) fail(t token, kind error, msg, fix string) error {
	return &Error{Query: p.text, Pos: t.pos, Msg: msg, Fix: fix, Err: kind}
}

func (p *parser) syntax(t token, msg, fix string) error { return p.fail(t, expr.ErrSyntax, msg, fix) }

func (p *parser) unsupported(t token, what, fix string) error {
	return p.fail(t, ErrUnsupported, what+" not supported", fix)
}

// enter counts a level of nesting; leave it in the end.
func (p *parser) enter() error {
	if p.depth++; p.depth > maxDepth {
		return p.tooDeep(*p.peek())
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) tooDeep(t token) error {
	return p.syntax(t, "this nests too deep: more than 1000 levels, or too much inside the value of a CASE", "split it into several steps")
}

// clauseWords are the keywords that people misspell.
var clauseWords = []string{"SELECT", "DISTINCT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET", "UNION", "UNION ALL",
	"AND", "OR", "NOT", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END", "AS", "ASC", "DESC", "NULLS FIRST", "NULLS LAST", "VALUES", "WITH"}

// meant returns "did you mean FROM?" for a word that is nearly one of words.
func meant(word string, words []string) string {
	for _, w := range types.Nearest(word, words) {
		if !strings.EqualFold(w, word) {
			return "did you mean " + w + "?"
		}
	}
	return ""
}

// unexpected says that something else was expected here.
func (p *parser) unexpected(want string) error {
	t := *p.peek()
	if err := p.refused(); err != nil {
		return err
	}
	if p.alias >= 0 && p.alias == p.next-1 {
		word := p.toks[p.alias]
		if fix := meant(word.text, clauseWords); fix != "" {
			return p.syntax(word, "unexpected "+word.shown(), fix)
		}
	}
	fix := ""
	before := ""
	if p.next > 0 {
		before = p.toks[p.next-1].key
	}
	switch {
	case before == "," && t.key != "":
		fix = "remove the comma before it"
	case before == "SELECT" && t.key == "FROM":
		fix = "name the columns, or write * for all"
	case t.kind == tWord && t.key == "":
		fix = meant(t.text, clauseWords)
	case t.kind == tString && t.text[0] == '"':
		fix = "double quotes hold text: put a name in backquotes"
	}
	return p.syntax(t, "expected "+want+", found "+t.shown(), fix)
}
