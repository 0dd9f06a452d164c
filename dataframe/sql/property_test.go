package sql

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// drawExpr draws what String shows in a form that SQL reads back: text has no
// quotes there and dates no end of ways, so neither occurs.
func drawExpr(t *rapid.T, depth int) expr.Expr {
	kind := rapid.IntRange(0, 12).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	sub := func() expr.Expr { return drawExpr(t, depth-1) }
	switch kind {
	case 0, 1:
		n := &expr.Name{}
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			n.Parts = append(n.Parts, rapid.SampledFrom([]string{"a", "bytes", "id.orig_h", "x y", "`", "ö", "From2", "date_", "9"}).Draw(t, "part"))
		}
		return n
	case 2:
		return &expr.Literal{Value: rapid.Int32().Draw(t, "int"), T: types.Int}
	case 3:
		return rapid.SampledFrom([]expr.Expr{&expr.Literal{Value: true, T: types.Boolean}, &expr.Literal{T: types.Void},
			&expr.Literal{Value: []byte{0, 255}, T: types.Binary}}).Draw(t, "constant")
	case 4, 5, 6, 7:
		op := rapid.SampledFrom([]string{"+", "-", "*", "/", "%", "=", "!=", "<", "<=", ">", ">=", "<=>", "and", "or", "&", "|", "^"}).Draw(t, "op")
		return expr.NewCall(op, sub(), sub())
	case 8:
		return expr.NewCall(rapid.SampledFrom([]string{"not", "isnull", "isnotnull"}).Draw(t, "op"), sub())
	case 9:
		return expr.NewCall("in", sub(), sub(), sub())
	case 10:
		return &expr.Cast{Child: sub(), To: rapid.SampledFrom([]types.Type{types.Long, types.Decimal{Precision: 5, Scale: 2},
			types.Array{Elem: types.String, ContainsNull: true}}).Draw(t, "type"), Try: rapid.Bool().Draw(t, "try")}
	case 11:
		return expr.NewCall("upper", sub())
	}
	return &expr.Extract{Child: expr.NewCall("f", sub()), Key: &expr.Literal{Value: int32(1), T: types.Int}}
}

// TestStringIsRead: what an expression prints is read as the same expression.
func TestStringIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawExpr(t, 4)
		got, err := ParseExpr(e.String())
		if err != nil || !expr.Equal(got, e) {
			t.Fatalf("%s\nwas read as\n%v\n%v", e, got, err)
		}
	})
}

// levels are the operators from the loosest to the strongest, written anew
// here: a table of its own to check the parser's against.
var levels = [][]string{{"or"}, {"and"}, {"=", "<"}, {"|"}, {"^"}, {"&"}, {"+", "-", "||"}, {"*", "/", "%", "div"}}

// draw draws an expression whose operators bind at least as strong as level,
// and writes it with no brackets that are not needed.
func draw(t *rapid.T, level, depth int) (expr.Expr, string) {
	if level == len(levels) || depth == 0 {
		if depth > 0 && rapid.IntRange(0, 3).Draw(t, "brackets") == 0 {
			e, s := draw(t, 0, depth-1)
			return e, "(" + s + ")"
		}
		return &expr.Name{Parts: []string{"a"}}, "a"
	}
	if rapid.Bool().Draw(t, "stronger") {
		return draw(t, level+1, depth)
	}
	op := rapid.SampledFrom(levels[level]).Draw(t, "op")
	left, l := draw(t, level+1, depth-1)
	right, r := draw(t, level+1, depth-1)
	e, s := expr.Expr(expr.NewCall(op, left, right)), l+" "+op+" "+r
	if level > 1 && rapid.Bool().Draw(t, "third") { // to the left; chains of and, or are balanced
		third, x := draw(t, level+1, depth-1)
		e, s = expr.NewCall(op, e, third), s+" "+op+" "+x
	}
	return e, s
}

// TestPrecedence: brackets are only needed where the table of levels says so.
func TestPrecedence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, s := draw(t, 0, 5)
		got, err := ParseExpr(s)
		if err != nil || !expr.Equal(got, e) {
			t.Fatalf("%s\nmeans\n%s\nwas read as\n%v %v", s, tree(e), got, err)
		}
	})
}

// TestBalance: a chain keeps its order, and is as deep as its length's logarithm.
func TestBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		text := "c0"
		for i := 1; i < n; i++ {
			text += fmt.Sprintf(" OR c%d", i)
		}
		e, err := ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		next, depth := 0, 0
		var walk func(e expr.Expr, level int)
		walk = func(e expr.Expr, level int) {
			depth = max(depth, level)
			if name, ok := e.(*expr.Name); ok {
				if name.Parts[0] != fmt.Sprintf("c%d", next) {
					t.Fatalf("%s stands at place %d", name, next)
				}
				next++
			}
			for _, c := range e.Children() {
				walk(c, level+1)
			}
		}
		walk(e, 0)
		if next != n || 1<<depth >= 2*n+2 {
			t.Fatalf("%d names of %d, %d deep", next, n, depth)
		}
	})
}
