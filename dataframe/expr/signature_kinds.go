package expr

import "github.com/riffledata/riffle/dataframe/types"

// inFamily sets the family of functions.
func inFamily(family string, all []*Function) []*Function {
	for _, fn := range all {
		fn.Family = family
	}
	return all
}

// textOrBinary takes binary or text, which any other simple value is turned
// into, and then the types of rest, the last n of which may be left out. The
// result is result, or the type of the first argument where nil.
func textOrBinary(n int, result types.Type, rest ...types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1+len(rest)-n, 1+len(rest)); err != nil {
			return nil, nil, err
		}
		var first types.Type = types.String
		if args[0].Type() == types.Binary {
			first = types.Binary
		}
		want := append([]types.Type{first}, rest...)[:len(args)]
		if result == nil {
			return want, first, accepts(args, want)
		}
		return want, result, accepts(args, want)
	}
}

// allText takes at least low arguments; all are binary, or else all are text,
// and so is the result.
func allText(low, high int) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, low, high); err != nil {
			return nil, nil, err
		}
		var t types.Type = types.String
		if allBinary(args) {
			t = types.Binary
		}
		want := make([]types.Type, len(args))
		for i := range want {
			want[i] = t
		}
		return want, t, accepts(args, want)
	}
}

func allBinary(args []Expr) bool {
	for _, a := range args {
		if a.Type() != types.Binary {
			return false
		}
	}
	return len(args) > 0
}

// numeric takes a number, or text that is read as a double, and then the types
// of rest, the last n of which may be left out. result gives the type of the
// result, and the one that the number is cast to first.
func numeric(n int, result func(t types.Type, args []Expr) (want, result types.Type, err error), rest ...types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1+len(rest)-n, 1+len(rest)); err != nil {
			return nil, nil, err
		}
		t := args[0].Type()
		if t == types.String || t == types.Void {
			t = types.Double
		}
		if !IsNumeric(t) {
			return nil, nil, mismatch("argument 1 must be a number, but %s is %s", args[0], article(t.Name()))
		}
		first, out, err := result(t, args)
		want := append([]types.Type{first}, rest...)[:len(args)]
		if err == nil && len(args) > 1 {
			err = accepts(append([]Expr{&Literal{T: first}}, args[1:]...), want)
		}
		return want, out, err
	}
}

// anyArgs takes at least low arguments of any types.
func anyArgs(low int, result types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, low, -1); err != nil {
			return nil, nil, err
		}
		return typesOf(args), result, nil
	}
}

func typesOf(args []Expr) []types.Type {
	out := make([]types.Type, len(args))
	for i, a := range args {
		out[i] = a.Type()
	}
	return out
}

// byCount picks the binder by the number of arguments: the first takes low.
func byCount(low int, binders ...binder) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, low, low+len(binders)-1); err != nil {
			return nil, nil, err
		}
		return binders[len(args)-low](args)
	}
}

// castTo takes one argument of any type that can be cast to t, and returns that.
func castTo(t types.Type) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if !Castable(args[0].Type(), t) {
			return nil, nil, mismatch("%s is %s and cannot be cast to %s", args[0], article(args[0].Type().Name()), t.Name())
		}
		return []types.Type{t}, t, nil
	}
}

// ConstantText returns the text that a literal holds; ok is false for any other
// expression, and for NULL.
func ConstantText(e Expr) (text string, ok bool) {
	if l, is := constant(e); is {
		text, ok = l.Value.(string)
	}
	return text, ok
}

// ConstantInt returns the whole number that a literal holds, negated or cast as
// may be; ok is false for any other expression, and for NULL.
func ConstantInt(e Expr) (n int64, ok bool) {
	if c, is := Unalias(e).(*Call); is && len(c.Args) == 1 && (c.Name == "negative" || c.Name == "-") {
		n, ok = ConstantInt(c.Args[0])
		return -n, ok
	}
	l, is := constant(e)
	if !is {
		return 0, false
	}
	switch v := l.Value.(type) {
	case int8:
		return int64(v), true
	case int16:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

func constant(e Expr) (*Literal, bool) {
	e = Unalias(e)
	if c, ok := e.(*Cast); ok {
		return constant(c.Child)
	}
	l, ok := e.(*Literal)
	return l, ok
}
