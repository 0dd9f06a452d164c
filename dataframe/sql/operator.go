package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// power says how strongly an operator binds: the larger, the stronger.
type power int

const (
	loosest power = iota
	orPower
	andPower
	notPower
	predicatePower // BETWEEN, IN, LIKE, IS
	comparePower
	bitOrPower
	bitXorPower
	bitAndPower
	addPower
	multiplyPower
	unaryPower
)

// infix is an operator between two operands: how it binds, and the function
// that it is a call of. Without a name it has a method of its own.
type infix struct {
	power power
	name  string
}

var infixes = map[string]infix{
	"OR": {orPower, "or"}, "AND": {andPower, "and"},
	"NOT": {predicatePower, ""}, "BETWEEN": {predicatePower, ""}, "IN": {predicatePower, ""}, "IS": {predicatePower, ""},
	"LIKE": {predicatePower, ""}, "ILIKE": {predicatePower, ""}, "RLIKE": {predicatePower, ""}, "REGEXP": {predicatePower, ""},
	"=": {comparePower, "="}, "==": {comparePower, "="}, "<=>": {comparePower, "<=>"}, "!=": {comparePower, "!="}, "<>": {comparePower, "!="},
	"<": {comparePower, "<"}, "<=": {comparePower, "<="}, ">": {comparePower, ">"}, ">=": {comparePower, ">="},
	"|": {bitOrPower, "|"}, "^": {bitXorPower, "^"}, "&": {bitAndPower, "&"},
	"+": {addPower, "+"}, "-": {addPower, "-"}, "||": {addPower, "||"},
	"*": {multiplyPower, "*"}, "/": {multiplyPower, "/"}, "%": {multiplyPower, "%"}, "DIV": {multiplyPower, "div"},
}

// call returns a call of a catalogue function that was written at a token.
func call(t token, name string, args ...expr.Expr) *expr.Call {
	return &expr.Call{Name: name, Args: args, Pos: t.at()}
}

// expression reads a whole expression.
func (p *parser) expression() (expr.Expr, error) {
	first := *p.peek()
	e, err := p.operand(loosest)
	if err != nil || len(p.toks) < maxDepth/4 && !p.copied {
		return e, err
	}
	// Long chains of operators nest to the left, and CASE writes its
	// operand several times: what walks the tree later must not drown in it.
	nodes := 8*len(p.toks) + 10_000
	if exceeds(e, maxDepth, &nodes) {
		return nil, p.tooDeep(first)
	}
	return e, nil
}

// exceeds tells whether a tree has more than depth levels or more than nodes nodes.
func exceeds(e expr.Expr, depth int, nodes *int) bool {
	if *nodes--; depth == 0 || *nodes < 0 {
		return true
	}
	for _, c := range e.Children() {
		if exceeds(c, depth-1, nodes) {
			return true
		}
	}
	return false
}

// operand reads an expression of operators that bind stronger than outer.
func (p *parser) operand(outer power) (expr.Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	left, err := p.prefix()
	for err == nil {
		t := *p.peek()
		op, ok := infixes[t.key]
		if !ok || op.power <= outer {
			return left, nil
		}
		switch op.power {
		case andPower, orPower:
			left, err = p.chain(left, op)
		case predicatePower:
			if t.key == "NOT" && !predicates[p.at(1).key] {
				return left, nil
			}
			left, err = p.predicate(left)
		default:
			p.take()
			var right expr.Expr
			right, err = p.operand(op.power)
			left = call(t, op.name, left, right)
		}
	}
	return nil, err
}

// chain reads the rest of a AND b AND c. It makes a balanced tree of it, as
// Spark does, so that a thousand alternatives do not nest a thousand deep.
func (p *parser) chain(left expr.Expr, op infix) (expr.Expr, error) {
	t := *p.peek()
	operands := []expr.Expr{left}
	for p.skip(t.key) {
		e, err := p.operand(op.power)
		if err != nil {
			return nil, err
		}
		operands = append(operands, e)
	}
	return balance(t, op.name, operands), nil
}

func balance(t token, name string, operands []expr.Expr) expr.Expr {
	if len(operands) == 1 {
		return operands[0]
	}
	middle := (len(operands) + 1) / 2
	return call(t, name, balance(t, name, operands[:middle]), balance(t, name, operands[middle:]))
}

// prefix reads NOT, the signs, or what has no operator before it.
func (p *parser) prefix() (expr.Expr, error) {
	t := *p.peek()
	switch t.key {
	case "NOT", "!":
		if t.key == "NOT" && p.at(1).key == "EXISTS" && p.at(2).key == "(" {
			p.take()
			return p.primary()
		}
		p.take()
		e, err := p.operand(andPower)
		return call(t, "not", e), err
	case "-", "+":
		p.take()
		if t.key == "-" && p.peek().kind == tNumber {
			e, err := p.number(true)
			return p.suffixes(e, err)
		}
		e, err := p.operand(unaryPower)
		return call(t, map[string]string{"-": "negative", "+": "positive"}[t.key], e), err
	case "~":
		p.take()
		e, err := p.operand(unaryPower)
		return call(t, "~", e), err
	}
	return p.suffixes(p.primary())
}

// suffixes reads the fields, elements and casts that follow a value.
func (p *parser) suffixes(e expr.Expr, err error) (expr.Expr, error) {
	for err == nil {
		t := *p.peek()
		switch t.key {
		case ".":
			p.take()
			if !p.peek().isName() {
				return nil, p.unexpected("the name of a field after the dot")
			}
			e = &expr.Extract{Child: e, Key: &expr.Literal{Value: p.take().name(), T: types.String}, Pos: t.at()}
		case "[":
			p.take()
			var key expr.Expr
			if key, err = p.operand(loosest); err == nil {
				err = p.expect("]", "after the element's number or key")
			}
			e = &expr.Extract{Child: e, Key: key, Pos: t.at()}
		case "::":
			p.take()
			var to types.Type
			to, err = p.typ()
			e = &expr.Cast{Child: e, To: to, Pos: t.at()}
		default:
			return e, nil
		}
	}
	return nil, err
}
