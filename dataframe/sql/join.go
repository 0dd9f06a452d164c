package sql

import (
	"github.com/riffledata/riffle/dataframe/plan"
)

// joins reads a relation and those that are joined with it, from left to right.
func (p *parser) joins() (*relation, error) {
	r, err := p.relation("FROM")
	if err != nil {
		return nil, err
	}
	for {
		j := joining{tok: *p.peek()}
		var ok bool
		if j.how, ok, err = p.joinType(); err != nil || !ok {
			return r, err
		}
		if j.with, err = p.relation("JOIN"); err != nil {
			return nil, err
		}
		if err := p.joinCondition(&j); err != nil {
			return nil, err
		}
		r.joins = append(r.joins, j)
	}
}

// joinType reads [INNER] JOIN, LEFT [OUTER | SEMI | ANTI] JOIN and the like; ok is
// false where no join stands here.
func (p *parser) joinType() (how plan.JoinType, ok bool, err error) {
	switch {
	case p.skip("JOIN"):
		return plan.Inner, true, nil
	case p.skip("INNER"):
		how = plan.Inner
	case p.skip("CROSS"):
		how = plan.Cross
	case p.skip("LEFT", "SEMI"), p.skip("SEMI"):
		how = plan.Semi
	case p.skip("LEFT", "ANTI"), p.skip("ANTI"):
		how = plan.Anti
	case p.skip("LEFT"):
		how = plan.Left
	case p.skip("RIGHT"):
		how = plan.Right
	case p.skip("FULL"):
		how = plan.Full
	default:
		return "", false, nil
	}
	if how == plan.Left || how == plan.Right || how == plan.Full {
		p.skip("OUTER")
	}
	return how, true, p.expect("JOIN", "after the type of the join")
}

// joinCondition reads ON and a condition, or USING and names. An inner join needs
// neither, as in Spark: then every pair matches.
func (p *parser) joinCondition(j *joining) error {
	var err error
	switch {
	case p.is("ON"):
		j.on, err = p.condition("ON")
	case p.skip("USING"):
		if !p.is("(") {
			return p.unexpected("the names of columns in brackets after USING")
		}
		j.using, err = p.columnNames()
	case j.how != plan.Inner && j.how != plan.Cross:
		return p.unexpected("ON and a condition, or USING and names")
	}
	return err
}

// joined binds what stands in FROM, with its joins.
func (b *binder) joined(r *relation) (plan.Node, error) {
	node, err := b.relation(r)
	if err != nil || r == nil {
		return node, err
	}
	for _, j := range r.joins {
		right, err := b.relation(j.with)
		if err != nil {
			return nil, err
		}
		if node, err = b.join(node, right, j); err != nil {
			return nil, err
		}
	}
	return node, nil
}

func (b *binder) join(left, right plan.Node, j joining) (plan.Node, error) {
	if len(j.using) > 0 {
		names := make([]string, len(j.using))
		for i, t := range j.using {
			names[i] = t.name()
		}
		n, err := plan.NewUsingJoin(left, right, names, j.how)
		if err != nil {
			return nil, b.at(j.using[0], err)
		}
		return n, nil
	}
	if j.on == nil {
		n, err := plan.NewJoin(left, right, nil, j.how)
		if err != nil {
			return nil, b.at(j.tok, err)
		}
		return n, nil
	}
	n, err := plan.NewJoin(left, right, j.on.expr, j.how)
	if err != nil {
		return nil, b.at(j.on.tok, err)
	}
	return n, nil
}
