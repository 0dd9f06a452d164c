package sql

import (
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
)

// query is a body with what may stand around it.
type query struct {
	with   []cte
	body   body
	order  []item
	limit  *count
	offset *count
}

// cte is a query of a WITH clause.
type cte struct {
	name token
	cols []token
	q    *query
}

// count is the number of a LIMIT or an OFFSET.
type count struct {
	tok  token
	rows int64
}

// body is the part of a query that makes rows: *selection, *union, *values, or
// *query in brackets.
type body interface{}

// selection is SELECT ... HAVING.
type selection struct {
	tok      token
	distinct bool
	list     []item
	from     *relation // nil without FROM
	where    *item     // nil without WHERE
	group    []item
	groupAll bool
	having   *item // nil without HAVING
}

// grouped tells whether there is a GROUP BY.
func (s *selection) grouped() bool { return s.groupAll || len(s.group) > 0 }

// relation is what stands in FROM: a table or a query, under a name.
type relation struct {
	tok   token
	table []string // nil for a query
	q     *query
	alias string // "" where none was given
	cols  []token
	// joins are those that follow, each with all that stands before it.
	joins []joining
}

// joining is a join with one more relation.
type joining struct {
	tok   token
	how   plan.JoinType
	with  *relation
	on    *item   // nil without ON
	using []token // nil without USING
}

// union is several bodies, one below the other.
type union struct {
	arms []arm
	// distinct is the number of the last arm that was joined by UNION or UNION
	// DISTINCT, which takes all before it along; 0 where all are UNION ALL.
	distinct int
}

type arm struct {
	tok  token
	body body
}

// values is VALUES (1, 'a'), (2, 'b').
type values struct {
	tok  token
	rows []row
}

type row struct {
	tok  token
	list []expr.Expr
}
