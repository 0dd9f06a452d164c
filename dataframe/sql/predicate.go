package sql

import (
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// predicates are the keywords that may stand behind NOT behind a value.
var predicates = map[string]bool{"BETWEEN": true, "IN": true, "LIKE": true, "ILIKE": true, "RLIKE": true, "REGEXP": true}

// predicate reads what follows a value: [NOT] BETWEEN, IN, LIKE, or IS.
func (p *parser) predicate(left expr.Expr) (expr.Expr, error) {
	not := *p.peek()
	negated := p.skip("NOT")
	t := p.take()
	var e expr.Expr
	var err error
	switch t.key {
	case "BETWEEN":
		e, err = p.between(t, left)
	case "IN":
		e, err = p.in(t, left)
	case "IS":
		return p.isWhat(t, left)
	default:
		e, err = p.like(t, left)
	}
	if negated && err == nil {
		e = call(not, "not", e)
	}
	return e, err
}

// between reads low AND high.
func (p *parser) between(t token, left expr.Expr) (expr.Expr, error) {
	low, err := p.operand(predicatePower)
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND", "between the bounds of BETWEEN"); err != nil {
		return nil, err
	}
	high, err := p.operand(predicatePower)
	return call(t, "between", left, low, high), err
}

// in reads (a, b, c).
func (p *parser) in(t token, left expr.Expr) (expr.Expr, error) {
	if err := p.expect("(", "after IN"); err != nil {
		return nil, err
	}
	if err := p.noSubquery("write the values"); err != nil {
		return nil, err
	}
	list, err := p.list()
	if err != nil {
		return nil, err
	}
	return call(t, "in", append([]expr.Expr{left}, list...)...), p.expect(")", "after the values of IN")
}

// like reads a pattern, and the character that escapes in it where it is not
// the backslash.
func (p *parser) like(t token, left expr.Expr) (expr.Expr, error) {
	if next := *p.peek(); (next.key == "ANY" || next.key == "ALL" || next.key == "SOME") && p.at(1).key == "(" {
		return nil, p.unsupported(next, t.key+" "+next.key+" is", "write several "+t.key+" with OR or AND")
	}
	pattern, err := p.operand(predicatePower)
	if err != nil {
		return nil, err
	}
	switch t.key {
	case "RLIKE", "REGEXP":
		return call(t, "rlike", left, pattern), nil
	case "ILIKE":
		return p.escape(call(t, "ilike", left, pattern))
	}
	return p.escape(call(t, "like", left, pattern))
}

func (p *parser) escape(like *expr.Call) (expr.Expr, error) {
	if !p.skip("ESCAPE") {
		return like, nil
	}
	t := *p.peek()
	if t.kind != tString {
		return nil, p.unexpected("a character in quotes after ESCAPE")
	}
	s := p.stringLiteral()
	if utf8.RuneCountInString(s) != 1 {
		return nil, p.syntax(t, "ESCAPE takes one character, not "+t.shown(), `write ESCAPE '\\' or ESCAPE '!'`)
	}
	like.Args = append(like.Args, &expr.Literal{Value: s, T: types.String})
	return like, nil
}

// isWhat reads [NOT] NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM.
func (p *parser) isWhat(t token, left expr.Expr) (expr.Expr, error) {
	negated := p.skip("NOT")
	var e expr.Expr
	switch {
	case p.skip("NULL"):
		if negated {
			return call(t, "isnotnull", left), nil
		}
		return call(t, "isnull", left), nil
	case p.skip("UNKNOWN"):
		e = call(t, "isnull", &expr.Cast{Child: left, To: types.Boolean, Pos: t.at(), Implicit: true})
	case p.skip("TRUE"):
		e = call(t, "<=>", left, &expr.Literal{Value: true, T: types.Boolean})
	case p.skip("FALSE"):
		e = call(t, "<=>", left, &expr.Literal{Value: false, T: types.Boolean})
	case p.skip("DISTINCT", "FROM"):
		right, err := p.operand(predicatePower)
		if err != nil {
			return nil, err
		}
		e, negated = call(t, "<=>", left, right), !negated
	default:
		return nil, p.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS")
	}
	if negated {
		e = call(t, "not", e)
	}
	return e, nil
}

// list reads expressions divided by commas.
func (p *parser) list() ([]expr.Expr, error) {
	var out []expr.Expr
	for {
		e, err := p.operand(loosest)
		if err != nil {
			return nil, err
		}
		if out = append(out, e); !p.skip(",") {
			return out, nil
		}
	}
}

// noSubquery refuses a query where an expression is wanted.
func (p *parser) noSubquery(fix string) error {
	if t := *p.peek(); p.beginsQuery() {
		return p.unsupported(t, "a subquery in an expression is", fix)
	}
	return nil
}

// beginsQuery tells whether a query starts here, and not a column of that name.
func (p *parser) beginsQuery() bool {
	switch p.peek().key {
	case "SELECT":
		return true
	case "VALUES":
		return p.at(1).key == "("
	case "WITH":
		return p.at(1).isName()
	}
	return false
}
