package expr

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// binder is the form of Function.Bind.
type binder = func(args []Expr) ([]types.Type, types.Type, error)

// fixed takes exactly these types.
func fixed(result types.Type, params ...types.Type) binder { return optional(0, result, params...) }

// optional takes these types, the last n of which may be left out.
func optional(n int, result types.Type, params ...types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, len(params)-n, len(params)); err != nil {
			return nil, nil, err
		}
		want := params[:len(args)]
		return want, result, accepts(args, want)
	}
}

// variadic takes at least low arguments of one type.
func variadic(low int, result, param types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		want := make([]types.Type, len(args))
		for i := range want {
			want[i] = param
		}
		if err := arity(args, low, -1); err != nil {
			return nil, nil, err
		}
		return want, result, accepts(args, want)
	}
}

// alike takes at least low arguments, at most high (-1: any number), and casts
// them to their common type; the result is result, or that type where nil.
func alike(low, high int, result types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, low, high); err != nil {
			return nil, nil, err
		}
		common, err := commonType(args)
		if err != nil {
			return nil, nil, err
		}
		want := make([]types.Type, len(args))
		for i := range want {
			want[i] = common
		}
		if result == nil {
			return want, common, nil
		}
		return want, result, nil
	}
}

func commonType(args []Expr) (types.Type, error) {
	common := args[0].Type()
	for _, a := range args[1:] {
		next, ok := Common(common, a.Type())
		if !ok {
			return nil, mismatch("%s and %s have no common type (%s and %s)", args[0], a, common.Name(), a.Type().Name())
		}
		common = next
	}
	return common, nil
}

func arity(args []Expr, low, high int) error {
	n := len(args)
	switch {
	case n >= low && (n <= high || high < 0):
		return nil
	case low == high:
		return mismatch("it takes %s, not %d", count(low, "argument"), n)
	case high < 0:
		return mismatch("it takes at least %s, not %d", count(low, "argument"), n)
	}
	return mismatch("it takes %d to %s, not %d", low, count(high, "argument"), n)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func accepts(args []Expr, want []types.Type) error {
	for i, a := range args {
		if !Implicit(a.Type(), want[i]) {
			return mismatch("argument %d must be %s, but %s is %s", i+1, article(want[i].Name()), a, article(a.Type().Name()))
		}
	}
	return nil
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func mismatch(format string, args ...any) error {
	return &Error{Msg: fmt.Sprintf(format, args...), Err: ErrType}
}
