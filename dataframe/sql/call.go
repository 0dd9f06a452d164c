package sql

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// call reads the brackets of a function whose name was taken.
func (p *parser) call(name token) (expr.Expr, error) {
	p.take()
	c := call(name, name.name())
	switch {
	case p.skip("DISTINCT"):
		c.Distinct = true
	case p.is("ALL") && p.at(1).key != "," && p.at(1).key != ")":
		p.take()
	}
	if err := p.noSubquery("put it into FROM, or compute its value first"); err != nil {
		return nil, err
	}
	if star := *p.peek(); star.key == "*" {
		if err := p.countStar(c, star); err != nil {
			return nil, err
		}
	} else if !p.is(")") {
		var err error
		if c.Args, err = p.list(); err != nil {
			return nil, err
		}
	}
	if err := p.expect(")", "after the arguments of "+c.Name); err != nil {
		return nil, err
	}
	if p.is("OVER") || p.is("FILTER", "(") || p.is("IGNORE") && p.at(1).key == "NULLS" || p.is("RESPECT") && p.at(1).key == "NULLS" {
		return nil, p.refused()
	}
	if len(c.Args) == 1 && casts[strings.ToLower(c.Name)] && !c.Distinct && name.kind == tWord {
		to, err := types.ParseType(c.Name)
		return &expr.Cast{Child: c.Args[0], To: to, Pos: c.Pos, Implicit: true}, err
	}
	return c, nil
}

// casts are the types that are called like functions: int(x) is CAST(x AS INT).
var casts = map[string]bool{"boolean": true, "tinyint": true, "smallint": true, "int": true, "bigint": true, "float": true, "double": true,
	"decimal": true, "date": true, "timestamp": true, "binary": true, "string": true}

// countStar reads the star of count(*), which is a call without arguments.
func (p *parser) countStar(c *expr.Call, star token) error {
	p.take()
	switch {
	case !strings.EqualFold(c.Name, "count"):
		return p.syntax(star, "only count takes a star", "name the column")
	case c.Distinct:
		return p.syntax(star, "count(DISTINCT *) is not supported", "name the columns: count(DISTINCT a, b)")
	}
	return nil
}

// form returns how to read what a keyword and a bracket begin.
func (p *parser) form(key string) (func() (expr.Expr, error), bool) {
	switch key {
	case "CAST", "TRY_CAST":
		return p.cast, true
	case "EXTRACT":
		return p.extract, true
	case "SUBSTRING", "SUBSTR":
		return p.substring, true
	case "TRIM":
		return p.trim, true
	case "POSITION":
		return p.position, true
	case "EXISTS":
		return p.exists, true
	}
	return nil, false
}

func (p *parser) exists() (expr.Expr, error) {
	word := p.take()
	p.take()
	if err := p.noSubquery("count the rows in a query of its own"); err != nil {
		return nil, err
	}
	p.next--
	return p.call(word)
}

// cast reads CAST(value AS type).
func (p *parser) cast() (expr.Expr, error) {
	word := p.take()
	p.take()
	child, err := p.operand(loosest)
	if err != nil {
		return nil, err
	}
	if err := p.expect("AS", "and a type in "+word.key); err != nil {
		return nil, err
	}
	to, err := p.typ()
	if err != nil {
		return nil, err
	}
	return &expr.Cast{Child: child, To: to, Try: word.key == "TRY_CAST", Pos: word.at()}, p.expect(")", "after the type")
}

// extract reads EXTRACT(field FROM source).
func (p *parser) extract() (expr.Expr, error) {
	word := p.take()
	p.take()
	field := p.take()
	if !field.isName() {
		p.next--
		return nil, p.unexpected("the name of a field such as YEAR")
	}
	if err := p.expect("FROM", "after the field of EXTRACT"); err != nil {
		return nil, err
	}
	from, err := p.operand(loosest)
	if err != nil {
		return nil, err
	}
	return call(word, "extract", &expr.Literal{Value: field.name(), T: types.String}, from), p.expect(")", "after EXTRACT")
}

// substring reads SUBSTRING(text FROM begin FOR length), or a call with commas.
func (p *parser) substring() (expr.Expr, error) {
	word := p.take()
	p.take()
	s, err := p.operand(loosest)
	if err != nil {
		return nil, err
	}
	out := call(word, word.text, s)
	comma := p.is(",")
	for comma && p.skip(",") || !comma && (len(out.Args) == 1 && p.skip("FROM") || len(out.Args) == 2 && p.skip("FOR")) {
		e, err := p.operand(loosest)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	return out, p.expect(")", "after the arguments of "+word.text)
}

var trims = map[string]string{"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}

// trim reads TRIM([BOTH|LEADING|TRAILING] [characters] FROM text), or a call
// with commas.
func (p *parser) trim() (expr.Expr, error) {
	word := p.take()
	name, sided := trims[p.at(1).key]
	if !sided || p.at(2).key == ")" || p.at(2).key == "," {
		name = "trim"
	} else {
		p.next++
	}
	p.take()
	out := call(word, name)
	if p.skip("FROM") {
		e, err := p.operand(loosest)
		out.Args = []expr.Expr{e}
		if err != nil {
			return nil, err
		}
		return out, p.expect(")", "after TRIM")
	}
	var err error
	if out.Args, err = p.list(); err != nil {
		return nil, err
	}
	if len(out.Args) == 1 && p.skip("FROM") {
		e, err := p.operand(loosest)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	return out, p.expect(")", "after TRIM")
}

// position reads POSITION(part IN text), or a call with commas.
func (p *parser) position() (expr.Expr, error) {
	word := p.take()
	p.take()
	part, err := p.operand(predicatePower)
	if err != nil {
		return nil, err
	}
	out := call(word, word.text, part)
	for p.skip(",") || len(out.Args) == 1 && p.skip("IN") {
		e, err := p.operand(loosest)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, e)
	}
	return out, p.expect(")", "after the arguments of "+word.text)
}
