package plan

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// TimeBounds says how far the times of two rows that match can lie apart: Lo <=
// right - left <= Hi, in microseconds. Either may be open.
type TimeBounds struct {
	// Left and Right are the times, timestamps: Left is bound over the left input,
	// Right over the right one. Of a window it is the end. At least one of them is
	// event time; where Left is none Lo is open, where Right is none Hi.
	Left, Right expr.Expr
	// LeftLag and RightLag are how far, in microseconds, rows of each side may come
	// behind the watermark without being late.
	LeftLag, RightLag int64
	// Lo is math.MinInt64 and Hi math.MaxInt64 where that side is open.
	Lo, Hi int64
}

// HasLo tells whether right rows can be too early for a left row: a right row may
// be forgotten once no left row as early as Right - Lo is to come.
func (b TimeBounds) HasLo() bool { return b.Lo != math.MinInt64 }

// HasHi tells whether right rows can be too late for a left row: a left row may be
// forgotten once no right row as early as Left + Hi is to come.
func (b TimeBounds) HasHi() bool { return b.Hi != math.MaxInt64 }

// String returns the bounds as explain shows them: -1m0s <= ts - ts <= 5m0s.
func (b TimeBounds) String() string {
	var s strings.Builder
	if b.HasLo() {
		s.WriteString(SpanText(b.Lo) + " <= ")
	}
	fmt.Fprintf(&s, "right %s - left %s", b.Right, b.Left)
	if b.HasHi() {
		s.WriteString(" <= " + SpanText(b.Hi))
	}
	return s.String()
}

// SpanText returns a number of microseconds as explain shows it: 5m0s.
func SpanText(micros int64) string {
	if micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
		return fmt.Sprintf("%dus", micros)
	}
	return (time.Duration(micros) * time.Microsecond).String()
}

// Bounds returns what a join's keys and condition say of the event times of its
// sides: keys that are event time, and parts of the condition like
// l.ts >= r.ts - INTERVAL 5 MINUTES, in whatever order, with BETWEEN, or as
// l.ts - r.ts < INTERVAL 1 HOUR. Where they speak of several pairs of columns,
// it is the first pair that is bounded on both ends, else the first that is on
// one, else the first with a column that is no event time: what such rows must
// match, which is, can still be too late for them. It is false where nothing is
// bounded. Times that are only compared by <=>
// and may be null bound nothing: a row without one may match another such row,
// which may come at any time.
//
// A day of an interval is one of the session's time zone. Since that is not known
// here, each bound made with days is a day wider; hours are exact.
func Bounds(j *Join) (TimeBounds, bool) {
	left, right := EventTime(j.Left), EventTime(j.Right)
	b := bounder{width: j.Left.Schema().Len(), event: func(e expr.Expr, side int) (EventColumn, bool) {
		if side == leftSide {
			return EventOf(e, left)
		}
		return EventOf(e, right)
	}}
	for i, l := range j.LeftKeys {
		if r := j.RightKeys[i]; Orderable(l.Type()) {
			b.key(l, r, j.NullSafe[i])
		}
	}
	if j.Cond != nil {
		b.cond(j.Cond)
	}
	return b.best()
}

// bounder collects bounds from the parts of a condition.
type bounder struct {
	width int // columns of the left input
	event func(e expr.Expr, side int) (EventColumn, bool)
	found []TimeBounds
	// nulls tells of each found whether rows without a time satisfy it: two of them
	// are equal by <=>.
	nulls []bool
	half  []bool // of each found, whether one of its columns is no event time
}

func (b *bounder) best() (TimeBounds, bool) {
	one, half := -1, -1
	for i, f := range b.found {
		if b.nulls[i] || !f.HasLo() && !f.HasHi() {
			continue
		}
		switch {
		case f.HasLo() && f.HasHi():
			return f, true
		case b.half[i] && half < 0:
			half = i
		case !b.half[i] && one < 0:
			one = i
		}
	}
	if one < 0 {
		one = half
	}
	if one < 0 {
		return TimeBounds{}, false
	}
	return b.found[one], true
}

// key takes equal times as bounds.
func (b *bounder) key(l, r expr.Expr, nullSafe bool) {
	le, left := b.event(l, leftSide)
	re, right := b.event(r, rightSide)
	switch {
	case left && right && le.Kind != re.Kind:
		return
	case !left:
		le.Kind = re.Kind
	case !right:
		re.Kind = le.Kind
	}
	b.add(&instant{instantOf(l, le), le.Lag, left}, &instant{instantOf(r, re), re.Lag, right}, 0, 0, nullSafe)
}

// instantOf returns the timestamp of an event time: of a window, its end.
func instantOf(e expr.Expr, c EventColumn) expr.Expr {
	if c.Kind == Window {
		return &expr.Field{Child: expr.Unalias(e), Index: 1}
	}
	return expr.Unalias(e)
}

// add adds a bound, and whether it is one by <=>. Rows whose time is no event
// time may come however late, and so what they match is never final.
func (b *bounder) add(l, r *instant, lo, hi int64, nullSafe bool) {
	if !l.event {
		lo = math.MinInt64
	}
	if !r.event {
		hi = math.MaxInt64
	}
	if !l.event && !r.event {
		return
	}
	nullSafe = nullSafe && l.e.Nullable() && r.e.Nullable()
	for i := range b.found {
		if f := &b.found[i]; expr.Equal(f.Left, l.e) && expr.Equal(f.Right, r.e) {
			f.Lo, f.Hi = max(f.Lo, lo), min(f.Hi, hi)
			b.nulls[i] = b.nulls[i] && nullSafe
			return
		}
	}
	b.found = append(b.found, TimeBounds{Left: l.e, Right: r.e, LeftLag: l.lag, RightLag: r.lag, Lo: lo, Hi: hi})
	b.nulls, b.half = append(b.nulls, nullSafe), append(b.half, !l.event || !r.event)
}

// cond goes through the parts of a condition that must all be true.
func (b *bounder) cond(e expr.Expr) {
	c, ok := expr.Unalias(e).(*expr.Call)
	if !ok {
		return
	}
	switch c.Name {
	case "and":
		b.cond(c.Args[0])
		b.cond(c.Args[1])
	case "between":
		b.compare(c.Args[0], ">=", c.Args[1])
		b.compare(c.Args[0], "<=", c.Args[2])
	case "<", "<=", ">", ">=", "=", "<=>":
		b.compare(c.Args[0], c.Name, c.Args[1])
	}
}

// mirrored are the comparisons with both sides negated.
var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<=>": "<=>"}

// compare takes x op y as bounds where x - y is right - left, or left - right,
// and something constant.
func (b *bounder) compare(x expr.Expr, op string, y expr.Expr) {
	d, ok := b.linear(x)
	o, too := b.linear(y)
	if !ok || !too || !d.sub(o) || d.right == nil || d.left == nil || d.rightSign == d.leftSign {
		return
	}
	if d.rightSign < 0 {
		d, op = d.negated(), mirrored[op]
	}
	// Now right - left + constant op 0, the constant lying between d.lo and d.hi.
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch op {
	case "<":
		hi = -d.lo - 1
	case "<=":
		hi = -d.lo
	case ">":
		lo = -d.hi + 1
	case ">=":
		lo = -d.hi
	default:
		lo, hi = -d.hi, -d.lo
	}
	b.add(d.left, d.right, lo, hi, op == "<=>")
}

// instant is a time, and if it is event time its lag.
type instant struct {
	e     expr.Expr
	lag   int64
	event bool
}

// line is a sum of event times, each with a sign, and a constant between lo and
// hi microseconds.
type line struct {
	left, right         *instant
	leftSign, rightSign int
	lo, hi              int64
}

// sub takes another sum away; false where a side is in both.
func (d *line) sub(o line) bool {
	if o.left != nil && d.left != nil || o.right != nil && d.right != nil {
		return false
	}
	if o.left != nil {
		d.left, d.leftSign = o.left, -o.leftSign
	}
	if o.right != nil {
		d.right, d.rightSign = o.right, -o.rightSign
	}
	d.lo, d.hi = d.lo-o.hi, d.hi-o.lo
	return bounded(d.lo) && bounded(d.hi)
}

// bounded keeps constants where sums of some of them do not overflow.
func bounded(n int64) bool { return n > -1<<60 && n < 1<<60 }

func (d line) negated() line {
	d.leftSign, d.rightSign, d.lo, d.hi = -d.leftSign, -d.rightSign, -d.hi, -d.lo
	return d
}

// linear reads an expression as a sum.
func (b *bounder) linear(e expr.Expr) (line, bool) {
	e = expr.Unalias(e)
	if l, ok := e.(*expr.Literal); ok {
		return constantLine(l)
	}
	if c, ok := e.(*expr.Call); ok {
		switch {
		case c.Name == "negative":
			d, ok := b.linear(c.Args[0])
			return d.negated(), ok
		case (c.Name == "+" || c.Name == "-") && len(c.Args) == 2:
			d, ok := b.linear(c.Args[0])
			o, too := b.linear(c.Args[1])
			if c.Name == "+" {
				o = o.negated()
			}
			return d, ok && too && d.sub(o)
		}
	}
	return b.time(e)
}

// time reads a time of one side.
func (b *bounder) time(e expr.Expr) (line, bool) {
	switch s := (&splitter{width: b.width}); s.side(e) {
	case leftSide:
		at, ok := b.instant(e, leftSide)
		return line{left: at, leftSign: 1}, ok
	case rightSide:
		at, ok := b.instant(shift(e, -b.width), rightSide)
		return line{right: at, rightSign: 1}, ok
	}
	return line{}, false
}

// instant reads event time, or a column that is a timestamp.
func (b *bounder) instant(e expr.Expr, side int) (*instant, bool) {
	if c, ok := b.event(e, side); ok {
		return &instant{e, c.Lag, true}, c.Kind == Instant
	}
	_, column := e.(*expr.Ref)
	return &instant{e: e}, column && expr.IsTimestamp(e.Type())
}

// constantLine reads an interval; one with months has no length.
func constantLine(l *expr.Literal) (line, bool) {
	d, ok := l.Value.(types.Duration)
	if !ok || d.Months != 0 {
		return line{}, false
	}
	const day = 24 * 60 * 60 * 1_000_000
	at, slack := int64(d.Days)*day, int64(0)
	if d.Days != 0 {
		slack = day
	}
	at += d.Micros
	return line{lo: at - slack, hi: at + slack}, bounded(at) && bounded(d.Micros)
}
