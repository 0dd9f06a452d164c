package kernel

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// printable is an argument of format_string. The functions it lacks are nil.
type printable struct {
	nulls nulls
	index int
	text  func(i int) string
	whole func(i int) int64
	bits  int // of whole
	real  func(i int) float64
	truth func(i int) bool
}

func (p printable) isNull(i int) bool { return p.nulls.at(i & p.index) }

func newPrintable(v Value) printable {
	p := printable{nulls: nullsOfArray(v.Array), index: v.index()}
	switch a := v.Array.(type) {
	case *array.Boolean:
		b := boolsOf(a)
		p.truth = func(i int) bool { return b.at(i & p.index) }
		p.text = func(i int) string { return strconv.FormatBool(p.truth(i)) }
	case *array.Int8:
		p.setWhole(wholeOf[int8](v), 8)
	case *array.Int16:
		p.setWhole(wholeOf[int16](v), 16)
	case *array.Int32:
		p.setWhole(wholeOf[int32](v), 32)
	case *array.Int64:
		p.setWhole(wholeOf[int64](v), 64)
	case *array.Float32:
		in := fixedRowOf[float32](v)
		p.real = func(i int) float64 { return float64(in.row(i)) }
		p.text = func(i int) string { return string(appendFloat(nil, p.real(i), 32)) }
	case *array.Float64:
		p.real = fixedRowOf[float64](v).row
		p.text = func(i int) string { return string(appendFloat(nil, p.real(i), 64)) }
	case *array.Decimal128:
		in, scale := fixedRowOf[decimal128.Num](v), a.DataType().(*arrow.Decimal128Type).Scale
		p.real = func(i int) float64 { return in.row(i).ToFloat64(scale) }
		p.text = func(i int) string { return in.row(i).ToString(scale) }
	case *array.String, *array.Binary:
		p.text = textRowOf(v).row
	}
	return p
}

func wholeOf[T int8 | int16 | int32 | int64](v Value) func(i int) int64 {
	in := fixedRowOf[T](v)
	return func(i int) int64 { return int64(in.row(i)) }
}

func (p *printable) setWhole(f func(i int) int64, bits int) {
	p.whole, p.bits = f, bits
	p.text = func(i int) string { return strconv.FormatInt(f(i), 10) }
}
