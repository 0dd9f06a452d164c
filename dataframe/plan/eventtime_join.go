package plan

import "github.com/riffledata/riffle/dataframe/expr"

// eventTime of a join with a side that is no stream is that of the stream. Of two
// streams it is the two columns that are bounded to each other: a row leaves as
// late as its last partner comes, and so lags behind the watermark as far as
// partners may be later than it.
func (j *Join) eventTime() []EventColumn {
	left, right := EventTime(j.Left), EventTime(j.Right)
	if j.streams() {
		left, right = j.waiting(left, right)
	}
	if j.Type == Semi || j.Type == Anti {
		return left
	}
	for _, c := range right {
		c.Index += j.Left.Schema().Len()
		left = append(left[:len(left):len(left)], c)
	}
	return left
}

// streams tells whether both sides are streams, so that rows wait for partners.
func (j *Join) streams() bool { return Streaming(j.Left) && Streaming(j.Right) }

// waiting returns of the columns of two streams those of the join's bounds.
func (j *Join) waiting(left, right []EventColumn) (l, r []EventColumn) {
	b, ok := Bounds(j)
	if !ok {
		return nil, nil
	}
	if b.HasHi() {
		l = behind(b.Left, left, b.RightLag+b.Hi-b.LeftLag)
	}
	if b.HasLo() {
		r = behind(b.Right, right, b.LeftLag-b.Lo-b.RightLag)
	}
	return l, r
}

// behind returns the column that e is made of, further behind the watermark.
func behind(e expr.Expr, in []EventColumn, by int64) []EventColumn {
	at, ok := EventOf(e, in)
	if !ok {
		return nil
	}
	for _, c := range in {
		if c.Index == at.Index {
			c.Lag += max(0, by)
			return []EventColumn{c}
		}
	}
	return nil
}

// changes tells whether a join of two streams may take rows back though its inputs
// never do: it gave a row without a partner, and the partner came. In mode append
// it waits until none can come, if time bounds and watermarks ever say so.
func (j *Join) changes(mode OutputMode) bool {
	if !j.streams() {
		return false
	}
	var left, right bool // sides whose rows leave without a partner
	switch j.Type {
	case Left, Anti:
		left = true
	case Right:
		right = true
	case Full:
		left, right = true, true
	}
	if mode != Append {
		return left || right
	}
	b, ok := Bounds(j)
	return left && !(ok && b.HasHi()) || right && !(ok && b.HasLo())
}
