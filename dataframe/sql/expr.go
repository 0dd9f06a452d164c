package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
)

// ParseExpr reads one expression, "price * 2 AS double": with a name it is an
// *expr.Alias. Also "*", "t.*" and "s.*" are read. The result is not bound; its
// nodes hold their places in the text, for Place. Any error is an *Error.
func ParseExpr(text string) (expr.Expr, error) {
	p, err := newParser(text, &spark)
	if err != nil {
		return nil, err
	}
	it, err := p.item()
	if err != nil {
		return nil, err
	}
	return it.expr, p.finish("an operator, AS and a name, or the end")
}

// ParseList reads expressions divided by commas, each as ParseExpr does.
func ParseList(text string) ([]expr.Expr, error) {
	p, err := newParser(text, &spark)
	if err != nil {
		return nil, err
	}
	list, err := p.items()
	if err != nil {
		return nil, err
	}
	return exprs(list), p.finish("a comma, an operator, AS and a name, or the end")
}

// ParseOrder reads sort keys: "a DESC NULLS LAST, b". Each is an *expr.Order.
func ParseOrder(text string) ([]expr.Expr, error) {
	p, err := newParser(text, &spark)
	if err != nil {
		return nil, err
	}
	keys, err := p.orderKeys()
	if err != nil {
		return nil, err
	}
	return exprs(keys), p.finish("a comma, ASC, DESC, NULLS FIRST, NULLS LAST or the end")
}

func exprs(list []item) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, it := range list {
		out[i] = it.expr
	}
	return out
}

// finish wants the end of the text.
func (p *parser) finish(want string) error {
	if p.peek().kind != tEnd {
		return p.unexpected(want)
	}
	return nil
}

// item is an expression of a list, with its place.
type item struct {
	expr expr.Expr
	tok  token // its first token
}

// items reads a select list.
func (p *parser) items() ([]item, error) {
	var out []item
	for {
		it, err := p.item()
		if err != nil {
			return nil, err
		}
		if out = append(out, it); !p.skip(",") {
			return out, nil
		}
	}
}

// item reads an element of a select list: a star, or an expression and perhaps
// its name, with AS or without.
func (p *parser) item() (item, error) {
	it := item{tok: *p.peek()}
	if it.tok.key == "*" {
		p.take()
		if t := *p.peek(); t.key == "EXCEPT" && p.at(1).key == "(" {
			return it, p.unsupported(t, "* EXCEPT is", "name the columns, or use Drop of the dataframe")
		}
		it.expr = &expr.Star{Pos: it.tok.at()}
		return it, nil
	}
	var err error
	if it.expr, err = p.expression(); err != nil {
		return it, err
	}
	name, ok, err := p.aliasName()
	if ok {
		it.expr = expr.As(it.expr, name)
	}
	return it, err
}

// aliasName reads a name, behind AS or, where no keyword stands, by itself.
func (p *parser) aliasName() (string, bool, error) {
	if p.skip("AS") {
		if !p.peek().isName() {
			return "", false, p.unexpected("a name after AS")
		}
		return p.take().name(), true, nil
	}
	if t := p.peek(); t.isName() && !notAlias[t.key] {
		p.alias = p.next
		return p.take().name(), true, nil
	}
	return "", false, nil
}

// notAlias are the keywords that are no name unless AS stands before them.
var notAlias = func() map[string]bool {
	out := map[string]bool{}
	for _, w := range []string{"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "ON", "USING", "AND", "OR", "NOT",
		"IN", "IS", "LIKE", "ILIKE", "RLIKE", "REGEXP", "BETWEEN", "DIV", "ASC", "DESC", "NULLS", "FOR", "ESCAPE",
		"WHEN", "THEN", "ELSE", "END", "SELECT", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "SEMI", "ANTI"} {
		out[w] = true
	}
	for w := range refusals {
		out[w] = true
	}
	return out
}()

// orderKeys reads sort keys.
func (p *parser) orderKeys() ([]item, error) {
	var out []item
	for {
		it := item{tok: *p.peek()}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		o := &expr.Order{Child: e, NullsFirst: true}
		if p.skip("DESC") {
			o.Desc, o.NullsFirst = true, false
		} else {
			p.skip("ASC")
		}
		switch {
		case p.skip("NULLS", "FIRST"):
			o.NullsFirst = true
		case p.skip("NULLS", "LAST"):
			o.NullsFirst = false
		case p.is("NULLS"):
			p.take()
			return nil, p.unexpected("FIRST or LAST after NULLS")
		}
		it.expr = o
		if out = append(out, it); !p.skip(",") {
			return out, nil
		}
	}
}
