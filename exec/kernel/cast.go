package kernel

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// cast compiles a change of type.
func (c *compiler) cast(e *expr.Cast) (node, error) {
	child, err := c.compile(e.Child)
	if err != nil {
		return nil, err
	}
	fn, err := castFunc(e.Child.Type(), e.To, e.Try)
	if err != nil {
		return nil, err
	}
	return &apply{fn: fn, args: []node{child}, values: make([]Value, 1), null: nullValue(e.To), strict: true}, nil
}

// castFunc returns the kernel of a cast. A value that does not fit is an error
// in ANSI mode, null with try; without ANSI mode null as well, save that numbers
// wrap around or end at the limit as Spark's do.
func castFunc(from, to types.Type, try bool) (Func, error) {
	c := conversion{from: from, to: to, try: try, dt: types.ToArrow(to)}
	switch {
	case from == types.Void:
		return func(_ *Env, _ []Value, rows Rows) (Value, error) {
			return Value{Array: nullArray(c.dt, rows.N)}, nil
		}, nil
	case types.SameShape(from, to):
		return func(_ *Env, args []Value, _ Rows) (Value, error) {
			return args[0].with(relabelNested(args[0].Array, c.dt)), nil
		}, nil
	case from == types.String && to == types.Binary, from == types.Binary && to == types.String:
		return func(_ *Env, args []Value, _ Rows) (Value, error) {
			return args[0].with(relabel(args[0].Array, c.dt)), nil
		}, nil
	case to == types.String:
		return toText(from), nil
	case from == types.String:
		return c.fromText()
	}
	if f, err := c.nested(); f != nil || err != nil {
		return f, err
	}
	if f := c.number(); f != nil {
		return f, nil
	}
	if f := c.time(); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%s cannot be cast to %s", from.Name(), to.Name())
}

// conversion is a cast from one type to another.
type conversion struct {
	from, to types.Type
	try      bool
	dt       arrow.DataType
}

// invalid is the error of a text that is no value of the type; nil where null
// stands for it.
func (c *conversion) invalid(env *Env, text string) error {
	if c.try || !env.ANSI {
		return nil
	}
	return fmt.Errorf("[CAST_INVALID_INPUT] The value '%s' of the type \"%s\" cannot be cast to \"%s\" because it is malformed; mend the value or use try_cast to get null instead",
		escaped(text), upperName(c.from), upperName(c.to))
}

// overflow is the error of a number that does not fit; nil where null stands
// for it.
func (c *conversion) overflow(env *Env, value string) error {
	if c.try || !env.ANSI {
		return nil
	}
	if d, ok := c.to.(types.Decimal); ok {
		return fmt.Errorf("[NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] The %s cannot be represented as Decimal(%d, %d); use try_cast to get null instead",
			value, d.Precision, d.Scale)
	}
	if mark := suffix[c.from]; value != "NaN" && !strings.HasSuffix(value, "Infinity") {
		value += mark
	}
	return fmt.Errorf("[CAST_OVERFLOW] The value %s of the type \"%s\" cannot be cast to \"%s\" due to an overflow; use try_cast to get null instead",
		value, upperName(c.from), upperName(c.to))
}

// suffix is what tells a number's type in SQL.
var suffix = map[types.Type]string{types.Byte: "Y", types.Short: "S", types.Long: "L", types.Double: "D"}

func upperName(t types.Type) string { return strings.ToUpper(t.Name()) }

// escaped writes quotes and backslashes as a SQL text needs them; a long text
// is cut.
func escaped(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "..."
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '\'' || s[i] == '\\' {
			out = append(out, '\\')
		}
		out = append(out, s[i])
	}
	return string(out)
}
