package plan

// Lookup names the side, "left" or "right", that is a table which the rows of the
// other side look up; "" where there is none. In mode append that is how a stream
// is joined to a table (an Upsert): each row meets the table as it is after the
// changes that came in the same batch, and leaves for good; later changes of the
// table change nothing that left. So rows of the stream are not remembered, need
// no time bounds, and may leave without a match. In other modes changes of the
// table do take back what left; a join of two tables always does.
func (j *Join) Lookup(mode OutputMode) string {
	if mode != Append || !j.streams() || table(j.Left) == table(j.Right) {
		return ""
	}
	switch {
	case table(j.Right) && !j.keepsRight():
		return "right"
	case table(j.Left) && !j.keepsLeft() && j.Type != Semi:
		return "left"
	}
	return ""
}

// table tells whether a plan's rows are those of a table, filtered or projected.
func table(n Node) bool {
	switch n := n.(type) {
	case *Upsert:
		return true
	case *Filter, *Project, *Alias:
		return table(n.Children()[0])
	}
	return false
}

// changeable returns the inputs of a node whose changes reach its rows.
func changeable(n Node, mode OutputMode) []Node {
	if j, ok := n.(*Join); ok {
		switch j.Lookup(mode) {
		case "left":
			return []Node{j.Right}
		case "right":
			return []Node{j.Left}
		}
	}
	return n.Children()
}
