package expr

import (
	"fmt"
	"math"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Literal is a constant. Value is nil for NULL, else the Go value that the
// type has in a Row: int32 for int, string for string, types.Day for date. Text,
// times and numbers compare with ==; lists and maps do not occur.
type Literal struct {
	Value any
	T     types.Type
}

// NewLiteral returns the literal of a Go value. An int becomes an int where it
// fits into 32 bits, else a bigint, as in Spark. A value of a kind that has no
// literal is an error.
func NewLiteral(v any) (*Literal, error) {
	switch v := v.(type) {
	case nil:
		return &Literal{nil, types.Void}, nil
	case *Literal:
		return v, nil
	case int:
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return &Literal{int32(v), types.Int}, nil
		}
		return &Literal{int64(v), types.Long}, nil
	case time.Time:
		return &Literal{v.UTC().Truncate(time.Microsecond), types.Timestamp}, nil
	case types.Dec:
		return &Literal{v, v.Type()}, nil
	}
	if t := typeOfValue(v); t != nil {
		return &Literal{v, t}, nil
	}
	return nil, &Error{Msg: fmt.Sprintf("a Go value of type %T is not a literal", v), Err: ErrType,
		Fix: "use a number, a string, a bool, []byte, time.Time, types.Day or nil"}
}

func typeOfValue(v any) types.Type {
	switch v.(type) {
	case bool:
		return types.Boolean
	case int8:
		return types.Byte
	case int16:
		return types.Short
	case int32:
		return types.Int
	case int64:
		return types.Long
	case float32:
		return types.Float
	case float64:
		return types.Double
	case string:
		return types.String
	case []byte:
		return types.Binary
	case types.Day:
		return types.Date
	case types.Duration:
		return types.Interval
	}
	return nil
}

// String returns the value as Spark shows it in column names: text without quotes.
func (l *Literal) String() string {
	switch v := l.Value.(type) {
	case nil:
		return "NULL"
	case []byte:
		return fmt.Sprintf("X'%X'", v)
	case float64:
		return types.FormatFloat(v, 64)
	case float32:
		return types.FormatFloat(float64(v), 32)
	case types.Day:
		return "DATE '" + v.String() + "'"
	case time.Time:
		return "TIMESTAMP '" + types.FormatTimestamp(v) + "'"
	}
	return fmt.Sprint(l.Value)
}

// Children returns none.
func (l *Literal) Children() []Expr { return nil }

// WithChildren returns the literal itself.
func (l *Literal) WithChildren([]Expr) Expr { return l }

// Type is the literal's type.
func (l *Literal) Type() types.Type { return l.T }

// Nullable is true for NULL alone.
func (l *Literal) Nullable() bool { return l.Value == nil }
