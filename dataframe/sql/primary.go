package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// primary reads an expression without operators.
func (p *parser) primary() (expr.Expr, error) {
	t := *p.peek()
	switch t.kind {
	case tNumber:
		return p.number(false)
	case tString:
		return &expr.Literal{Value: p.stringLiteral(), T: types.String}, nil
	case tHex:
		return p.hex()
	case tName:
		return p.name()
	case tWord:
		if t.key != "" {
			return p.word(t)
		}
		return p.name()
	}
	switch t.key {
	case "(":
		return p.parens()
	case "*":
		return nil, p.syntax(t, "a star stands only alone in a select list or in count(*)", "name the column")
	}
	return nil, p.unexpected("an expression")
}

// parens reads an expression in brackets.
func (p *parser) parens() (expr.Expr, error) {
	p.take()
	if err := p.noSubquery("put it into FROM, or compute its value first"); err != nil {
		return nil, err
	}
	e, err := p.operand(loosest)
	if err != nil {
		return nil, err
	}
	if comma := *p.peek(); comma.key == "," {
		return nil, p.unsupported(comma, "a row of values in brackets is", "write struct(a, b)")
	}
	return e, p.expect(")", "after the expression")
}

// word reads an expression that begins with a keyword, which most often is
// just a name.
func (p *parser) word(t token) (expr.Expr, error) {
	next := p.at(1)
	switch t.key {
	case "NULL":
		p.take()
		return &expr.Literal{T: types.Void}, nil
	case "TRUE", "FALSE":
		p.take()
		return &expr.Literal{Value: t.key == "TRUE", T: types.Boolean}, nil
	case "CASE":
		return p.caseWhen()
	case "DATE", "TIMESTAMP", "TIMESTAMP_LTZ", "TIMESTAMP_NTZ":
		if next.kind == tString {
			return p.typed()
		}
	case "INTERVAL":
		if next.kind == tNumber || next.kind == tString || (next.key == "-" || next.key == "+") && p.signedInterval() {
			return p.interval()
		}
	case "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP":
		if next.key != "(" && next.key != "." {
			return call(p.take(), lowerKey[t.key]), nil
		}
	}
	if next.key == "(" {
		if read, ok := p.form(t.key); ok {
			return read()
		}
	}
	if p.ends(t) {
		return nil, p.unexpected("an expression")
	}
	return p.name()
}

var lowerKey = map[string]string{
	"CURRENT_DATE": "current_date", "CURRENT_TIMESTAMP": "current_timestamp", "LOCALTIMESTAMP": "localtimestamp",
	"SUBSTRING": "substring", "SUBSTR": "substring",
}

func (p *parser) signedInterval() bool {
	n := p.at(2)
	_, unit := unitOf(p.at(3).text)
	return (n.kind == tNumber || n.kind == tString) && unit
}

// ends tells whether a keyword cannot begin an expression: it ends a list or a
// clause, or belongs to an operator. All other keywords are names as well.
func (p *parser) ends(t token) bool {
	switch t.key {
	case "FROM", "WHERE", "HAVING", "SELECT", "UNION", "AS", "AND", "OR", "ON", "IN", "IS", "BY", "LIKE", "BETWEEN", "OVER":
		return true
	case "GROUP", "ORDER":
		return p.at(1).key == "BY"
	case "WHEN", "THEN", "ELSE", "END":
		return p.cases > 0
	}
	return false
}

// name reads a name of several parts, a star behind it, or a call.
func (p *parser) name() (expr.Expr, error) {
	first := p.take()
	n := &expr.Name{Parts: []string{first.name()}, Pos: first.at()}
	for p.is(".") {
		p.take()
		t := *p.peek()
		switch {
		case t.key == "*":
			p.take()
			return &expr.Star{Target: n.Parts, Pos: n.Pos}, nil
		case !t.isName():
			return nil, p.unexpected("a name after the dot")
		}
		n.Parts = append(n.Parts, p.take().name())
	}
	if open := *p.peek(); open.key == "(" {
		if len(n.Parts) > 1 {
			return nil, p.fail(first, expr.ErrUnknownFunction, "no function "+n.String(), "functions have no name before a dot")
		}
		return p.call(first)
	}
	return n, nil
}

// caseWhen reads CASE [value] WHEN ... THEN ... [ELSE ...] END.
func (p *parser) caseWhen() (expr.Expr, error) {
	t := p.take()
	p.cases++
	defer func() { p.cases-- }()
	var value expr.Expr
	var err error
	if !p.is("WHEN") {
		if value, err = p.operand(loosest); err != nil {
			return nil, err
		}
	}
	p.copied = p.copied || value != nil && len(value.Children()) > 0
	out := call(t, "when")
	for p.is("WHEN") {
		if err := p.when(out, value); err != nil {
			return nil, err
		}
	}
	if len(out.Args) == 0 {
		return nil, p.unexpected("WHEN after CASE")
	}
	if p.skip("ELSE") {
		e, err := p.operand(loosest)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	return out, p.expect("END", "of CASE")
}

// when reads WHEN condition THEN result; with a value, the condition is that
// the value equals it.
func (p *parser) when(out *expr.Call, value expr.Expr) error {
	t := p.take()
	cond, err := p.operand(loosest)
	if err != nil {
		return err
	}
	if value != nil {
		cond = call(t, "=", value, cond)
	}
	if err := p.expect("THEN", "after WHEN and its condition"); err != nil {
		return err
	}
	then, err := p.operand(loosest)
	out.Args = append(out.Args, cond, then)
	return err
}
