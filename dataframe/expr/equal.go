package expr

import (
	"bytes"
	"slices"

	"github.com/riffledata/riffle/dataframe/types"
)

// sameNode compares two nodes without their children.
func sameNode(a, b Expr) bool {
	switch x := a.(type) {
	case *Name:
		y, ok := b.(*Name)
		return ok && slices.Equal(x.Parts, y.Parts)
	case *Star:
		y, ok := b.(*Star)
		return ok && slices.Equal(x.Target, y.Target)
	case *Ref:
		y, ok := b.(*Ref)
		return ok && x.Index == y.Index
	case *Literal:
		y, ok := b.(*Literal)
		return ok && types.Equal(x.T, y.T) && sameValue(x.Value, y.Value)
	case *Alias:
		y, ok := b.(*Alias)
		return ok && x.Name == y.Name
	case *Call:
		y, ok := b.(*Call)
		return ok && x.Name == y.Name && x.Distinct == y.Distinct
	case *Cast:
		y, ok := b.(*Cast)
		return ok && x.Try == y.Try && types.Equal(x.To, y.To)
	case *Field:
		y, ok := b.(*Field)
		return ok && x.Index == y.Index
	case *Extract:
		_, ok := b.(*Extract)
		return ok
	case *Order:
		y, ok := b.(*Order)
		return ok && x.Desc == y.Desc && x.NullsFirst == y.NullsFirst
	}
	return false
}

func sameValue(a, b any) bool {
	if x, ok := a.([]byte); ok {
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	}
	return a == b
}
