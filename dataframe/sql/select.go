package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
)

// selection reads SELECT ... HAVING.
func (p *parser) selection() (*selection, error) {
	s := &selection{tok: p.take()}
	if p.skip("DISTINCT") {
		s.distinct = true
	} else if p.is("ALL") && p.at(1).key != "," && p.at(1).key != "FROM" && p.at(1).kind != tEnd {
		p.take()
	}
	var err error
	if s.list, err = p.items(); err != nil {
		return nil, err
	}
	if p.skip("FROM") {
		if s.from, err = p.joins(); err != nil {
			return nil, err
		}
	}
	if s.where, err = p.condition("WHERE"); err != nil {
		return nil, err
	}
	if p.skip("GROUP", "BY") {
		if err = p.groupBy(s); err != nil {
			return nil, err
		}
	}
	s.having, err = p.condition("HAVING")
	return s, err
}

func (p *parser) condition(word string) (*item, error) {
	if !p.skip(word) {
		return nil, nil
	}
	it := &item{tok: *p.peek()}
	var err error
	it.expr, err = p.expression()
	return it, err
}

// groupBy reads the keys of GROUP BY.
func (p *parser) groupBy(s *selection) error {
	if p.is("ALL") && !p.groupGoesOn() {
		p.take()
		s.groupAll = true
		return nil
	}
	for {
		it := item{tok: *p.peek()}
		if err := p.noGroupingSets(); err != nil {
			return err
		}
		var err error
		if it.expr, err = p.expression(); err != nil {
			return err
		}
		if s.group = append(s.group, it); !p.skip(",") {
			return p.noGroupingSets()
		}
	}
}

// groupGoesOn tells whether what follows ALL makes a column of it.
func (p *parser) groupGoesOn() bool {
	switch next := p.at(1).key; next {
	case ",", ".", "[", "(":
		return true
	default:
		return infixes[next].power > 0
	}
}

func (p *parser) noGroupingSets() error {
	t, next := *p.peek(), p.at(1).key
	switch {
	case t.key == "GROUPING" && next == "SETS", (t.key == "CUBE" || t.key == "ROLLUP") && next == "(":
	case t.key == "WITH" && (next == "CUBE" || next == "ROLLUP"):
	default:
		return nil
	}
	return p.unsupported(t, "GROUPING SETS, CUBE and ROLLUP are", "group once for each set, and put the queries together with UNION ALL")
}

// relation reads a table or a query in brackets, and its name.
func (p *parser) relation(after string) (*relation, error) {
	r := &relation{tok: *p.peek()}
	var err error
	switch {
	case p.is("VALUES"), p.is("("):
		err = p.derived(r)
	case p.peek().isName() && !notAlias[p.peek().key]:
		err = p.tableName(r)
	default:
		return nil, p.unexpected("a table or a query in brackets after " + after)
	}
	if err != nil {
		return nil, err
	}
	var named bool
	if r.alias, named, err = p.aliasName(); err != nil {
		return nil, err
	}
	if named {
		if r.cols, err = p.columnNames(); err != nil {
			return nil, err
		}
	}
	if t := *p.peek(); t.key == "," {
		return nil, p.unsupported(t, "several tables in FROM are", crossJoin)
	}
	if _, ok := refusals[p.peek().key]; ok && !setOperators[p.peek().key] {
		return nil, p.refused()
	}
	return r, nil
}

var setOperators = map[string]bool{"EXCEPT": true, "MINUS": true, "INTERSECT": true}

func (p *parser) derived(r *relation) error {
	if p.is("VALUES") {
		v, err := p.values()
		r.q = &query{body: v}
		return err
	}
	if t := *p.at(1); t.isName() && t.key == "" {
		return p.inner(r)
	}
	var err error
	r.q, err = p.inBrackets("the query in FROM")
	return err
}

// inner reads (table AS t), which is the table.
func (p *parser) inner(r *relation) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	if fix := meant(p.at(1).text, statementWords); fix != "" && p.at(2).key != ")" {
		return p.syntax(*p.at(1), "unexpected "+p.at(1).shown(), fix)
	}
	p.take()
	in, err := p.joins()
	if err != nil {
		return err
	}
	star := item{expr: &expr.Star{Pos: in.tok.at()}, tok: in.tok}
	r.q = &query{body: &selection{tok: in.tok, list: []item{star}, from: in}}
	return p.expect(")", "after the table")
}

func (p *parser) tableName(r *relation) error {
	r.table = []string{p.take().name()}
	for p.skip(".") {
		if !p.peek().isName() {
			return p.unexpected("a name after the dot")
		}
		r.table = append(r.table, p.take().name())
	}
	if t := *p.peek(); t.key == "(" {
		return p.fail(r.tok, ErrUnsupported, "table functions such as "+r.tok.shown()+"() are not supported", "make a view of the rows in the program")
	}
	return nil
}

// values reads VALUES (1, 'a'), (2, 'b'); a row of one value needs no brackets.
func (p *parser) values() (*values, error) {
	v := &values{tok: p.take()}
	for {
		r := row{tok: *p.peek()}
		var err error
		if p.is("(") {
			p.take()
			for more := true; more && err == nil; more = p.skip(",") {
				var e expr.Expr
				e, err = p.expression()
				r.list = append(r.list, e)
			}
			if err == nil {
				err = p.expect(")", "after the values of a row")
			}
		} else {
			var e expr.Expr
			e, err = p.expression()
			r.list = []expr.Expr{e}
		}
		if err != nil {
			return nil, err
		}
		if len(v.rows) > 0 && len(r.list) != len(v.rows[0].list) {
			return nil, p.syntax(r.tok, "this row has another number of values than the first", "give each row the same number of values")
		}
		if v.rows = append(v.rows, r); !p.skip(",") {
			return v, nil
		}
	}
}

// statementWords are the words that a statement can begin with.
var statementWords = []string{"SELECT", "WITH", "VALUES"}
