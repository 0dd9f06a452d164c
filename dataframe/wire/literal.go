package wire

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) literal(l *expr.Literal) (*pb.Expr, error) {
	m := &pb.Expr_Literal{}
	switch v := l.Value.(type) {
	case nil:
	case bool:
		m.Value = &pb.Expr_Literal_Boolean{Boolean: v}
	case int8:
		m.Value = &pb.Expr_Literal_Integer{Integer: int64(v)}
	case int16:
		m.Value = &pb.Expr_Literal_Integer{Integer: int64(v)}
	case int32:
		m.Value = &pb.Expr_Literal_Integer{Integer: int64(v)}
	case int64:
		m.Value = &pb.Expr_Literal_Integer{Integer: v}
	case float32:
		m.Value = &pb.Expr_Literal_Float{Float: v}
	case float64:
		m.Value = &pb.Expr_Literal_Double{Double: v}
	case string:
		m.Value = &pb.Expr_Literal_Text{Text: []byte(v)}
	case []byte:
		m.Value = &pb.Expr_Literal_Binary{Binary: v}
	case types.Day:
		m.Value = &pb.Expr_Literal_Days{Days: int32(v)}
	case time.Time:
		m.Value = &pb.Expr_Literal_Micros{Micros: v.UnixMicro()}
	case types.Dec:
		m.Value = &pb.Expr_Literal_Number{Number: &pb.Expr_Number{High: v.Unscaled.HighBits(), Low: v.Unscaled.LowBits(),
			Precision: uint32(v.Precision), Scale: uint32(v.Scale)}}
	case types.Duration:
		m.Value = &pb.Expr_Literal_Span{Span: &pb.Expr_Span{Months: v.Months, Days: v.Days, Micros: v.Micros}}
	default:
		return nil, fmt.Errorf("no form for a literal of the Go type %T", v)
	}
	if err := fits(l); err != nil {
		return nil, err
	}
	var err error
	m.Type, err = e.numberOf(l.T)
	return &pb.Expr{Kind: &pb.Expr_Literal_{Literal: m}}, err
}

func (d *decoder) literal(m *pb.Expr_Literal) (expr.Expr, error) {
	t, err := d.typeAt(m.GetType())
	if err != nil {
		return nil, err
	}
	l := &expr.Literal{T: t}
	switch v := m.GetValue().(type) {
	case nil:
	case *pb.Expr_Literal_Boolean:
		l.Value = v.Boolean
	case *pb.Expr_Literal_Integer:
		l.Value = integer(v.Integer, t)
	case *pb.Expr_Literal_Float:
		l.Value = v.Float
	case *pb.Expr_Literal_Double:
		l.Value = v.Double
	case *pb.Expr_Literal_Text:
		l.Value = string(v.Text)
	case *pb.Expr_Literal_Binary:
		l.Value = append([]byte{}, v.Binary...)
	case *pb.Expr_Literal_Days:
		l.Value = types.Day(v.Days)
	case *pb.Expr_Literal_Micros:
		l.Value = time.UnixMicro(v.Micros).UTC()
	case *pb.Expr_Literal_Number:
		n := v.Number
		dt, err := decimal(n.GetPrecision(), n.GetScale())
		if err != nil {
			return nil, err
		}
		l.Value = types.Dec{Unscaled: decimal128.New(n.GetHigh(), n.GetLow()), Precision: dt.Precision, Scale: dt.Scale}
	case *pb.Expr_Literal_Span:
		l.Value = types.Duration{Months: v.Span.GetMonths(), Days: v.Span.GetDays(), Micros: v.Span.GetMicros()}
	}
	return l, fits(l)
}

// integer returns n as the Go type that t has; as it is where it does not fit.
func integer(n int64, t types.Type) any {
	switch {
	case t == types.Byte && n == int64(int8(n)):
		return int8(n)
	case t == types.Short && n == int64(int16(n)):
		return int16(n)
	case t == types.Int && n == int64(int32(n)):
		return int32(n)
	}
	return n
}

// fits refuses a value that is not of the literal's type.
func fits(l *expr.Literal) error {
	ok := false
	switch v := l.Value.(type) {
	case nil:
		ok = true
	case bool:
		ok = l.T == types.Boolean
	case int8:
		ok = l.T == types.Byte
	case int16:
		ok = l.T == types.Short
	case int32:
		ok = l.T == types.Int
	case int64:
		ok = l.T == types.Long
	case float32:
		ok = l.T == types.Float
	case float64:
		ok = l.T == types.Double
	case string:
		ok = l.T == types.String
	case []byte:
		ok = l.T == types.Binary
	case types.Day:
		ok = l.T == types.Date
	case time.Time:
		ok = l.T == types.Timestamp || l.T == types.TimestampNTZ
	case types.Dec:
		ok = types.Equal(l.T, v.Type()) && v.Unscaled.FitsInPrecision(int32(v.Precision))
	case types.Duration:
		ok = l.T == types.Interval
	}
	if !ok {
		return fmt.Errorf("the literal %s (%T) is not of the type %s", l, l.Value, l.T.Name())
	}
	return nil
}
