package kernel

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// Predicate finds the rows for which a condition is true. It belongs to one
// task, as an Evaluator does.
type Predicate struct {
	test selector
	run  run
}

// CompilePredicate prepares a bound boolean expression.
func CompilePredicate(e expr.Expr) (*Predicate, error) {
	if t := e.Type(); t != types.Boolean && t != types.Void {
		return nil, fmt.Errorf("a condition must be a bound boolean expression, not %s", e)
	}
	c := &compiler{seen: map[string][]*shared{}}
	test, err := c.selector(e, true, map[int]bool{})
	if err != nil {
		return nil, err
	}
	p := &Predicate{test: test}
	p.run.slots = make([]slot, c.slots)
	p.run.rewrites = true
	return p, nil
}

// Select returns the numbers of those of the given rows for which the condition
// is true, ascending, in a slice of the caller's own; never nil. Parts of the
// condition are computed from left to right, each for the rows that the ones
// before left open.
func (p *Predicate) Select(env *Env, rec arrow.RecordBatch, rows Rows) ([]int32, error) {
	r := p.run.begin(env, rec, rows)
	defer r.end()
	return p.test.rows(r, rows, true, make([]int32, rows.Count()))
}

// selector narrows rows to those for which a condition is true, or for which it
// is false: where it is null it is neither. It writes to buf, which has room
// for all rows and may be rows.Sel itself.
type selector interface {
	rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error)
}

// selector compiles a condition of which the rows are wanted where it is true,
// or false. notNull holds the columns that are known not to be null in the rows
// that come; those that the condition proves for the rows it lets through are
// added.
func (c *compiler) selector(e expr.Expr, want bool, notNull map[int]bool) (selector, error) {
	e = simplify(expr.Unalias(e))
	call, ok := e.(*expr.Call)
	if !ok {
		return c.fallback(e)
	}
	switch call.Name {
	case "and", "or":
		and := call.Name == "and"
		narrows := want == and
		if !narrows {
			notNull = copyOf(notNull)
		}
		left, err := c.selector(call.Args[0], want, notNull)
		if err != nil {
			return nil, err
		}
		if !narrows {
			notNull = map[int]bool{} // the right side sees the rows that the left one let fall
		}
		right, err := c.selector(call.Args[1], want, notNull)
		return &both{left, right, and}, err
	case "not":
		inner, err := c.selector(call.Args[0], !want, notNull)
		return &negation{inner}, err
	}
	return c.leaf(call, want, notNull)
}

func copyOf(m map[int]bool) map[int]bool {
	out := make(map[int]bool, len(m))
	for k := range m {
		out[k] = true
	}
	return out
}

// simplify turns (x = y) = true into x = y, and (x = y) = false into its
// opposite.
func simplify(e expr.Expr) expr.Expr {
	call, ok := e.(*expr.Call)
	if !ok || call.Name != "=" && call.Name != "!=" || call.Args[0].Type() != types.Boolean {
		return e
	}
	for i, a := range call.Args {
		l, ok := expr.Unalias(a).(*expr.Literal)
		if !ok || l.Value == nil {
			continue
		}
		other := simplify(expr.Unalias(call.Args[1-i]))
		if l.Value.(bool) == (call.Name == "=") {
			return other
		}
		if n, err := expr.BindCall(expr.NewCall("not", other)); err == nil {
			return n
		}
	}
	return e
}

// negation exchanges true and false.
type negation struct{ inner selector }

func (n *negation) rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error) {
	return n.inner.rows(r, rows, !want, buf)
}

// both is AND, or OR: AND is true where both sides are, OR is false where both
// are.
type both struct {
	left, right selector
	and         bool
}

func (b *both) rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error) {
	if want == b.and {
		left, err := b.left.rows(r, rows, want, buf)
		if err != nil || len(left) == 0 {
			return left, err
		}
		return b.right.rows(r, Rows{rows.N, left}, want, left)
	}
	left, err := b.left.rows(r, rows, want, make([]int32, rows.Count()))
	if err != nil {
		return nil, err
	}
	rest := without(rows, left, make([]int32, 0, rows.Count()-len(left)))
	right, err := b.right.rows(r, Rows{rows.N, rest}, want, rest)
	if err != nil {
		return nil, err
	}
	return union(left, right, buf[:0]), nil
}

// without appends the rows that are not in taken, a part of them.
func without(rows Rows, taken, out []int32) []int32 {
	if rows.Sel == nil {
		next := int32(0)
		for _, t := range append(taken[:len(taken):len(taken)], int32(rows.N)) {
			for ; next < t; next++ {
				out = append(out, next)
			}
			next = t + 1
		}
		return out
	}
	k := 0
	for _, i := range rows.Sel {
		if k < len(taken) && taken[k] == i {
			k++
			continue
		}
		out = append(out, i)
	}
	return out
}

// union appends two ascending lists of different rows in ascending order.
func union(a, b, out []int32) []int32 {
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		if a[i] < b[j] {
			out = append(out, a[i])
			i++
		} else {
			out = append(out, b[j])
			j++
		}
	}
	return append(append(out, a[i:]...), b[j:]...)
}

// computed is any other condition: a boolean column, looked through.
type computed struct{ node node }

func (c *compiler) fallback(e expr.Expr) (selector, error) {
	n, err := c.compile(e)
	return &computed{n}, err
}

func (c *computed) rows(r *run, rows Rows, want bool, buf []int32) ([]int32, error) {
	v, err := c.node.eval(r, rows)
	if err != nil {
		return nil, err
	}
	if v.Const || v.Array.DataType().ID() == arrow.NULL {
		if isNull(v.Array, 0) || boolsOf(v.Array).at(0) != want {
			return buf[:0], nil
		}
		return everyRow(rows, buf), nil
	}
	return selectBits(byteAligned(v, rows), nullsOfArray(v.Array), rows, want, buf), nil
}

// everyRow returns all rows.
func everyRow(rows Rows, buf []int32) []int32 {
	buf = buf[:rows.Count()]
	if rows.Sel != nil {
		copy(buf, rows.Sel)
		return buf
	}
	for i := range buf {
		buf[i] = int32(i)
	}
	return buf
}

// selectBits returns the rows whose bit is want and that are not null.
func selectBits(bits []byte, m nulls, rows Rows, want bool, buf []int32) []int32 {
	flip := byte(0xff)
	if want {
		flip = 0
	}
	if rows.Sel == nil {
		return selectAllBits(bits, m, rows.N, flip, buf[:rows.N])
	}
	k := 0
	buf = buf[:len(rows.Sel)]
	for _, i := range rows.Sel {
		buf[k] = i
		k += int((bits[i>>3]^flip)&m.word8(int(i>>3))>>(i&7)) & 1
	}
	return buf[:k]
}

// selectAllBits looks at eight rows at a time: all of them, none, or each.
func selectAllBits(bits []byte, m nulls, n int, flip byte, buf []int32) []int32 {
	k := 0
	for b := range n / 8 {
		w, base := (bits[b]^flip)&m.word8(b), int32(8*b)
		switch w {
		case 0:
		case 0xff:
			out := buf[k : k+8 : k+8]
			out[0], out[1], out[2], out[3] = base, base+1, base+2, base+3
			out[4], out[5], out[6], out[7] = base+4, base+5, base+6, base+7
			k += 8
		default:
			out := buf[k : k+8 : k+8] // there is room for the rows still to come
			j := 0
			for i := range int32(8) {
				out[j&7] = base + i
				j += int(w >> i & 1)
			}
			k += j
		}
	}
	for i := n &^ 7; i < n; i++ {
		buf[k] = int32(i)
		k += int((bits[i>>3]^flip)&m.word8(i>>3)>>(i&7)) & 1
	}
	return buf[:k]
}
