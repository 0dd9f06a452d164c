package expr

import "github.com/riffledata/riffle/dataframe/types"

// Castable tells whether a value of type from may be cast to type to at all, as
// Spark's ANSI mode has it. Whether each value fits shows when it runs.
func Castable(from, to types.Type) bool {
	switch {
	case types.SameShape(from, to) || from == types.Void || to == types.String:
		return true
	case from == types.String:
		return isBasic(to) && to != types.Void || isDecimal(to)
	case IsNumeric(from) && (IsNumeric(to) || to == types.Boolean || to == types.Timestamp):
		return true
	case from == types.Boolean:
		return IsNumeric(to)
	case from == types.Timestamp && IsNumeric(to):
		return true
	case IsIntegral(from) && to == types.Binary:
		return true
	case isTime(from) && isTime(to):
		return true
	}
	return castableInside(from, to)
}

func castableInside(from, to types.Type) bool {
	switch f := from.(type) {
	case types.Array:
		t, ok := to.(types.Array)
		return ok && Castable(f.Elem, t.Elem)
	case types.Map:
		t, ok := to.(types.Map)
		return ok && Castable(f.Key, t.Key) && Castable(f.Value, t.Value)
	case types.Struct:
		t, ok := to.(types.Struct)
		if !ok || len(f.Fields) != len(t.Fields) {
			return false
		}
		for i := range f.Fields {
			if !Castable(f.Fields[i].Type, t.Fields[i].Type) {
				return false
			}
		}
		return true
	}
	return false
}
