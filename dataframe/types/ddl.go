package types

import "fmt"

// DDLError is a mistake in schema text: where, what, and how to mend it.
type DDLError struct {
	// Text is the whole text, Pos the byte at which it stopped making sense,
	// counted from 1.
	Text string
	Pos  int
	// Msg is what is wrong, Fix what to write instead; Fix may be empty.
	Msg, Fix string
}

// Error returns the place, what is wrong and how to mend it.
func (e *DDLError) Error() string {
	msg := fmt.Sprintf("schema text, position %d: %s", e.Pos, e.Msg)
	if e.Fix != "" {
		msg += "; " + e.Fix
	}
	return msg
}

// ParseDDL reads a schema as SQL writes it: "a INT, `id.orig_h` STRING NOT NULL
// COMMENT 'who asked', s STRUCT<b: INT>", or a bare "struct<a:int>". Columns
// are nullable unless NOT NULL is said; comments are read over. Any error is a
// *DDLError.
func ParseDDL(text string) (*Schema, error) {
	p, err := newDDL(text)
	if err != nil {
		return nil, err
	}
	if p.at(0).isWord("struct") && p.at(1).sign == '<' {
		t, err := p.whole()
		if err != nil {
			return nil, err
		}
		return t.(Struct).Schema(), nil
	}
	fields, err := p.fields(0)
	if err != nil {
		return nil, err
	}
	return NewSchema(fields...), nil
}

// ParseRecordType reads what a text of one record is declared as: columns, as
// ParseDDL takes them, which make a struct, or a struct, an array or a map. Any
// error is a *DDLError.
func ParseRecordType(text string) (Type, error) {
	p, err := newDDL(text)
	if err != nil {
		return nil, err
	}
	if first := p.at(0); p.at(1).sign == '<' && (first.isWord("array") || first.isWord("map")) {
		return p.whole()
	}
	s, err := ParseDDL(text)
	if err != nil {
		return nil, err
	}
	return s.Struct(), nil
}

// ParseType reads one type by any of its names: "bigint", "LONG",
// "decimal(10,2)", "map<string,array<int>>". Any error is a *DDLError.
func ParseType(text string) (Type, error) {
	p, err := newDDL(text)
	if err != nil {
		return nil, err
	}
	return p.whole()
}

// ddl reads the tokens of schema text.
type ddl struct {
	text   string
	tokens []ddlToken
	next   int
	depth  int
}

// maxDDLDepth bounds how deep types may nest, so that no text can exhaust the stack.
const maxDDLDepth = 100

func newDDL(text string) (*ddl, error) {
	tokens, err := lexDDL(text)
	return &ddl{text: text, tokens: tokens}, err
}

// at returns the i-th token from here; past the end, the end.
func (p *ddl) at(i int) ddlToken {
	return p.tokens[min(p.next+i, len(p.tokens)-1)]
}

func (p *ddl) take() ddlToken {
	t := p.at(0)
	p.next++
	return t
}

// skip takes the next token if it is this sign.
func (p *ddl) skip(sign byte) bool {
	if p.at(0).sign != sign {
		return false
	}
	p.next++
	return true
}

func (p *ddl) fail(t ddlToken, fix, format string, args ...any) error {
	return &DDLError{p.text, t.pos + 1, fmt.Sprintf(format, args...), fix}
}

// expect takes the sign or says what stands in its place.
func (p *ddl) expect(sign byte, after string) error {
	if p.skip(sign) {
		return nil
	}
	t := p.at(0)
	return p.fail(t, "", "expected %q after %s, found %s", sign, after, t)
}

func (p *ddl) whole() (Type, error) {
	t, err := p.typ()
	if err != nil {
		return nil, err
	}
	if rest := p.at(0); rest.sign != 0 {
		return nil, p.fail(rest, "", "expected the end after the type %s, found %s", t.Name(), rest)
	}
	return t, nil
}

// fields reads columns divided by commas up to the closing sign, which it leaves.
func (p *ddl) fields(end byte) ([]Field, error) {
	var out []Field
	for {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		if p.at(0).sign == end {
			return out, nil
		}
		if !p.skip(',') {
			t := p.at(0)
			return nil, p.fail(t, "divide columns by commas", "expected a comma after column %s, found %s", QuoteIfNeeded(f.Name), t)
		}
	}
}

func (p *ddl) field() (Field, error) {
	name := p.take()
	if name.sign != ddlWord && name.sign != ddlName {
		return Field{}, p.fail(name, "write columns as: name TYPE [NOT NULL], divided by commas", "expected a column name, found %s", name)
	}
	if dot := p.at(0); dot.sign == '.' {
		return Field{}, p.fail(dot, "put a name that holds a dot in backquotes, like `"+name.text+"."+p.at(1).text+"`",
			"a dot after %s", name)
	}
	p.skip(':')
	if t := p.at(0); t.sign != ddlWord {
		return Field{}, p.fail(t, "", "expected a type for column %s, found %s", QuoteIfNeeded(name.text), t)
	}
	t, err := p.typ()
	f := Field{Name: name.text, Type: t, Nullable: true}
	if err != nil {
		return f, err
	}
	if p.at(0).isWord("not") && p.at(1).isWord("null") {
		p.next += 2
		f.Nullable = false
	}
	return f, p.comment()
}

func (p *ddl) comment() error {
	if !p.at(0).isWord("comment") {
		return nil
	}
	p.next++
	if t := p.take(); t.sign != ddlText {
		return p.fail(t, "", "expected the comment in quotes, found %s", t)
	}
	return nil
}
