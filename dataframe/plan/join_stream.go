package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
)

// streams tells whether both inputs of a join are streams: then rows of both
// sides are remembered.
func (j *Join) streams() bool { return Streaming(j.Left) && Streaming(j.Right) }

// keepsLeft tells whether left rows leave because they have no match; keepsRight
// the same of right rows.
func (j *Join) keepsLeft() bool  { return j.Type == Left || j.Type == Full || j.Type == Anti }
func (j *Join) keepsRight() bool { return j.Type == Right || j.Type == Full }

// changes tells whether a join of streams may take back rows though its inputs
// never do: a row without a match may find one. In mode append such a row leaves
// once its time bounds have passed.
func (j *Join) changes(mode OutputMode) bool {
	return j.streams() && j.Lookup(mode) == "" && (j.keepsLeft() || j.keepsRight()) && (mode != Append || j.unbounded() != "")
}

// unbounded names the side, "left" or "right", whose rows without a match are
// never final; "" where there is none.
func (j *Join) unbounded() string {
	b, ok := Bounds(j)
	switch {
	case j.keepsLeft() && (!ok || !b.HasHi()):
		return "left"
	case j.keepsRight() && (!ok || !b.HasLo()):
		return "right"
	}
	return ""
}

// eventTime of a join with a side that is no stream is that of the stream. In a
// join of two streams a row may leave when its match comes, as late as the time
// bounds let it; what is not bounded carries no event time.
func (j *Join) eventTime() []EventColumn {
	left, right := EventTime(j.Left), EventTime(j.Right)
	width := j.Left.Schema().Len()
	for i := range right {
		if right[i].Index += width; right[i].after > 0 {
			right[i].after += width
		}
	}
	if j.Type == Semi || j.Type == Anti {
		right = nil
	}
	if !j.streams() {
		return append(left[:len(left):len(left)], right...)
	}
	switch j.Lookup(Append) { // in other modes a change of the table is late where its rows are final
	case "right":
		return left
	case "left":
		return right
	}
	b, ok := Bounds(j)
	if !ok {
		return nil
	}
	var out []EventColumn
	if b.HasHi() {
		out = append(out, behind(left, b.Left, 0, b.RightLag+b.Hi)...)
	}
	if b.HasLo() {
		out = append(out, behind(right, b.Right, width, b.LeftLag-b.Lo)...)
	}
	return out
}

// behind returns the column whose time is e, as late as lag besides its own.
func behind(in []EventColumn, e expr.Expr, shift int, lag int64) []EventColumn {
	kind := Instant
	if f, ok := e.(*expr.Field); ok {
		e, kind = f.Child, Window
	}
	r, ok := e.(*expr.Ref)
	for _, c := range in {
		if ok && c.Index == r.Index+shift && c.Kind == kind {
			c.Lag, c.after = max(c.Lag, lag), 0
			return []EventColumn{c}
		}
	}
	return nil
}

// checkStreams refuses a join of a streaming query that could not be computed in
// the output mode.
func (j *Join) checkStreams(mode OutputMode) error {
	switch left, right := Streaming(j.Left), Streaming(j.Right); {
	case left && right:
		side := j.unbounded()
		if mode != Append || side == "" || j.Lookup(mode) != "" {
			return nil
		}
		other, of := "right", "left"
		if side == "right" {
			other, of = of, other
		}
		return &expr.Error{Msg: fmt.Sprintf("%s is not possible in output mode append: a %s row without a match would have to wait for one for ever", j, side),
			Fix: fmt.Sprintf("bound the time of the %s row by that of the %s one, with a watermark on the %[1]s side: l.ts >= r.ts - INTERVAL 10 MINUTES AND l.ts <= r.ts + INTERVAL 10 MINUTES; or use output mode update", other, of), Err: expr.ErrAggregate}
	case left && (j.Type == Right || j.Type == Full):
		return staticOuter(j, "left", "right")
	case right && (j.Type == Left || j.Type == Full || j.Type == Semi || j.Type == Anti):
		return staticOuter(j, "right", "left")
	}
	return nil
}

func staticOuter(j *Join, stream, static string) error {
	types, swapped := "inner, left, leftsemi or leftanti", ""
	if stream == "right" {
		types, swapped = "inner or right", ", or swap the sides"
	}
	return &expr.Error{Msg: fmt.Sprintf("%s: the %s side is a stream and the %s one is not: whether a %s row has a match is known only when the stream has ended", j, stream, static, static),
		Fix: fmt.Sprintf("use %s%s, or read the %s side as a stream too", types, swapped, static), Err: expr.ErrAggregate}
}

// checkJoins is checkStreams of all joins of a plan, those near the sources first.
func checkJoins(n Node, mode OutputMode) error {
	for _, c := range n.Children() {
		if err := checkJoins(c, mode); err != nil {
			return err
		}
	}
	if j, ok := n.(*Join); ok {
		return j.checkStreams(mode)
	}
	return nil
}
