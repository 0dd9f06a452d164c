package sql

import (
	"strconv"

	"github.com/riffledata/riffle/dataframe/plan"
)

// Statement is a query that was read and not yet bound.
type Statement struct {
	text string
	q    *query
}

// Parse reads a query. Any error is an *Error.
func Parse(text string) (*Statement, error) {
	p, err := newParser(text, &spark)
	if err != nil {
		return nil, err
	}
	if p.peek().kind == tEnd {
		return nil, p.syntax(*p.peek(), "no query in the text", "write SELECT ... FROM ...")
	}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if p.skip(";") && p.peek().kind != tEnd {
		return nil, p.unsupported(*p.peek(), "more than one statement in a text is", "run them one by one")
	}
	return &Statement{text, q}, p.finish("a comma, a clause or the end of the query")
}

// Query reads a query and binds it: the plan is resolved. Any mistake in the
// text is an *Error.
func Query(text string, cat Catalog) (plan.Node, error) {
	s, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return s.Bind(cat)
}

// query reads [WITH ...] body [UNION body]... [ORDER BY ...] [LIMIT n] [OFFSET n].
func (p *parser) query() (*query, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	cases := p.cases
	p.cases = 0
	defer func() { p.cases = cases }()
	q := &query{}
	var err error
	if p.skip("WITH") {
		if q.with, err = p.ctes(); err != nil {
			return nil, err
		}
	}
	if q.body, err = p.arms(); err != nil {
		return nil, err
	}
	if p.skip("ORDER", "BY") {
		if q.order, err = p.orderKeys(); err != nil {
			return nil, err
		}
	}
	return q, p.limits(q)
}

// ctes reads name [(columns)] AS (query), divided by commas.
func (p *parser) ctes() ([]cte, error) {
	if t := *p.peek(); t.key == "RECURSIVE" && p.at(1).isName() && p.at(1).key != "AS" {
		return nil, p.unsupported(t, "WITH RECURSIVE is", "repeat the query in the program")
	}
	var out []cte
	for {
		if !p.peek().isName() {
			return nil, p.unexpected("the name of a query after WITH")
		}
		c := cte{name: p.take()}
		var err error
		if c.cols, err = p.columnNames(); err != nil {
			return nil, err
		}
		p.skip("AS")
		if c.q, err = p.inBrackets("the query of " + c.name.shown()); err != nil {
			return nil, err
		}
		if out = append(out, c); !p.skip(",") {
			return out, nil
		}
	}
}

// inBrackets reads (query).
func (p *parser) inBrackets(what string) (*query, error) {
	if err := p.expect("(", "before "+what); err != nil {
		return nil, err
	}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	return q, p.expect(")", "after "+what)
}

// columnNames reads (a, b, c), if it stands here.
func (p *parser) columnNames() ([]token, error) {
	if !p.skip("(") {
		return nil, nil
	}
	var out []token
	for {
		if !p.peek().isName() {
			return nil, p.unexpected("the name of a column")
		}
		if out = append(out, p.take()); !p.skip(",") {
			return out, p.expect(")", "after the names of the columns")
		}
	}
}

// arms reads a body, and those that UNION adds.
func (p *parser) arms() (body, error) {
	first := *p.peek()
	b, err := p.body()
	if err != nil || !p.is("UNION") {
		return b, err
	}
	u := &union{arms: []arm{{first, b}}}
	for p.skip("UNION") {
		if !p.skip("ALL") {
			p.skip("DISTINCT")
			u.distinct = len(u.arms)
		}
		a := arm{tok: *p.peek()}
		if a.body, err = p.body(); err != nil {
			return nil, err
		}
		u.arms = append(u.arms, a)
	}
	return u, nil
}

func (p *parser) body() (body, error) {
	t := *p.peek()
	switch {
	case t.key == "SELECT":
		return p.selection()
	case t.key == "VALUES":
		return p.values()
	case t.key == "(":
		return p.inBrackets("a query")
	}
	if r, ok := statements[t.key]; ok && p.next == 0 {
		return nil, p.unsupported(t, r.what, r.fix)
	}
	if t.kind == tWord {
		if fix := meant(t.text, statementWords); fix != "" {
			return nil, p.syntax(t, "unexpected "+t.shown(), fix)
		}
	}
	return nil, p.unexpected("SELECT")
}

// limits reads LIMIT and OFFSET.
func (p *parser) limits(q *query) error {
	var err error
	if t := *p.peek(); p.skip("LIMIT") && !p.skip("ALL") {
		if q.limit, err = p.count(t); err != nil {
			return err
		}
	}
	if t := *p.peek(); q.limit != nil && t.key == "," {
		return p.syntax(t, "LIMIT takes one number", "write LIMIT rows OFFSET rows")
	}
	if t := *p.peek(); p.skip("OFFSET") {
		q.offset, err = p.count(t)
	}
	return err
}

func (p *parser) count(word token) (*count, error) {
	t := *p.peek()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != tNumber || err != nil {
		fix := "write a whole number"
		if word.key == "LIMIT" {
			fix += ", or ALL"
		}
		return nil, p.syntax(t, "expected a number of rows after "+word.key+", found "+t.shown(), fix)
	}
	p.take()
	if next := infixes[p.peek().key]; next.power > predicatePower {
		return nil, p.unsupported(*p.peek(), "computing the number of "+word.key+" is", "write the number")
	}
	return &count{t, n}, nil
}
