package plan

import "github.com/riffledata/riffle/dataframe/expr"

// LateBy returns for each input of a node with state the columns by which its rows
// can be too late: a row is where one of them is at or before its horizon. An
// aggregate's rows are late by its keys alone: a row may be older than the
// watermark as long as its window is open. Rows of a node without event time, or
// without state, are never late.
func LateBy(n Node) [][]EventColumn {
	out := make([][]EventColumn, len(n.Children()))
	if !Stateful(n) {
		return out
	}
	switch n := n.(type) {
	case *Aggregate:
		out[0] = madeOf(n.Keys, EventTime(n.Input))
	case *Dedup:
		in := EventTime(n.Input)
		if out[0] = madeOf(n.Exprs(), in); len(out[0]) == 0 || n.WithinWatermark {
			out[0] = in
		}
	case *Distinct:
		out[0] = EventTime(n.Input)
	case *Process:
		if n.Time == ByEventTime {
			out[0] = EventTime(n.Input)
		}
	case *Join:
		out[0], out[1] = n.lateBy()
	}
	return out
}

// madeOf returns the columns that event times of a list are made of.
func madeOf(list []expr.Expr, in []EventColumn) []EventColumn {
	var out []EventColumn
	for _, c := range in {
		for _, e := range list {
			if at, ok := EventOf(e, in); ok && at.Index == c.Index {
				out = append(out, c)
				break
			}
		}
	}
	return out
}

// lateBy returns the columns of the join's bounds, else the first of each side.
func (j *Join) lateBy() (left, right []EventColumn) {
	left, right = EventTime(j.Left), EventTime(j.Right)
	b, ok := Bounds(j)
	return lateSide(b.Left, ok, left), lateSide(b.Right, ok, right)
}

// lateSide returns the column of a bound, if there is one and it is event time.
func lateSide(bound expr.Expr, ok bool, in []EventColumn) []EventColumn {
	if ok {
		if c := madeOf([]expr.Expr{bound}, in); len(c) > 0 {
			return c
		}
	}
	return in[:min(1, len(in))]
}
