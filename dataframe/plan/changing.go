package plan

import "slices"

// Changing tells whether a streaming plan may take rows back that it has given,
// where the query's output mode is mode. In mode append, what has state gives rows
// once they are final, if event time and a watermark ever make them so.
//
// Rows are changed by aggregates, and by outer joins that gave a row without a
// partner. All other nodes hand on changes: a filter those of the rows it keeps, a
// projection those of the rows it computes, a union those of all its inputs; what
// keeps one of equal rows takes it back when the last of them is gone. A limit counts
// rows that stay; CheckWrite sees to it that there are no others below it.
func Changing(n Node, mode OutputMode) bool { return changer(n, mode) != nil }

// changer returns the node nearest to the sources because of which rows may be
// taken back; nil where none is.
func changer(n Node, mode OutputMode) Node {
	if !Streaming(n) {
		return nil
	}
	for _, c := range changeable(n, mode) {
		if found := changer(c, mode); found != nil {
			return found
		}
	}
	if changes(n, mode) {
		return n
	}
	return nil
}

// changes tells whether a node of a stream may take rows back though its inputs
// never do.
func changes(n Node, mode OutputMode) bool {
	switch n := n.(type) {
	case *Aggregate:
		if mode == Append && n.closes() {
			return false
		}
		return len(n.Aggs) > 0 || n.Session != nil // a group without aggregates is its key, which is there for good
	case *Sort, *Upsert, *AsChanges:
		return true
	case *Join:
		return n.changes(mode)
	}
	return false
}

// closes tells whether a watermark makes the groups final: that of any key with
// event time, but sessions, which may still grow, that of their own time alone.
func (a *Aggregate) closes() bool {
	times := EventTime(a)
	if a.Session == nil {
		return len(times) > 0
	}
	return slices.ContainsFunc(times, func(c EventColumn) bool { return c.Index == *a.Session })
}

// Stateful tells whether a node of a stream remembers rows or groups from one
// micro-batch to the next.
func Stateful(n Node) bool {
	switch n := n.(type) {
	case *Aggregate, *Distinct, *Dedup, *Upsert, *Process:
		return Streaming(n)
	case *Join:
		return n.streams()
	}
	return false
}
