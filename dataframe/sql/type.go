package sql

import (
	"errors"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// typ reads a type: it finds where the type ends, and types.ParseType reads it.
func (p *parser) typ() (types.Type, error) {
	first := *p.peek()
	if first.kind != tWord {
		return nil, p.unexpected("a type")
	}
	p.take()
	switch {
	case p.is("<"):
		p.brackets()
	case p.is("("):
		for !p.is(")") && p.peek().kind != tEnd {
			p.take()
		}
		p.take()
	case p.is("WITH", "LOCAL", "TIME", "ZONE"):
		p.next += 4
	case p.is("WITHOUT", "TIME", "ZONE"):
		p.next += 3
	}
	t, err := types.ParseType(p.text[first.pos:p.toks[p.next-1].end()])
	var ddl *types.DDLError
	if errors.As(err, &ddl) {
		return nil, &Error{Query: p.text, Pos: min(first.pos+ddl.Pos-1, len(p.text)), Msg: ddl.Msg, Fix: ddl.Fix, Err: expr.ErrSyntax}
	}
	return t, err
}

// brackets skips from < to the > that closes it. A sign such as >= that begins
// with the closing one is divided.
func (p *parser) brackets() {
	for depth := 0; p.peek().kind != tEnd; p.next++ {
		switch t := p.peek(); t.key {
		case "<":
			depth++
		case ">", ">=":
			if depth--; depth > 0 {
				continue
			}
			if t.key == ">=" {
				rest := token{tSign, t.pos + 1, t.text[1:], "="}
				p.toks = append(p.toks[:p.next+1:p.next+1], p.toks[p.next:]...)
				p.toks[p.next] = token{tSign, t.pos, t.text[:1], ">"}
				p.toks[p.next+1] = rest
			}
			p.next++
			return
		}
	}
}
