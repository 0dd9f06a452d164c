package expr

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
)

// nestedFunctions make arrays, maps and structs, and take them apart.
func nestedFunctions() []*Function {
	return []*Function{
		{Name: "get", Family: "collection", Nulls: NullMaybe, Bind: bindGet, Usage: "get(array, i)",
			Doc: "Element i of an array, counted from 0; null beyond its ends.", Example: "get(array(1, 2), 0) = 1"},
		{Name: "item", Family: "collection", Nulls: NullMaybe, Bind: bindGet,
			Format: func(a []string) string { return a[0] + "[" + a[1] + "]" }, Usage: "array[i]",
			Doc: "Element i of an array, counted from 0; beyond its ends an error.", Example: "item(array(1, 2), 1) = 2"},
		{Name: "element_at", Family: "collection", Nulls: NullMaybe, Bind: bindElementAt, Usage: "element_at(array, i) or element_at(map, key)",
			Doc:     "Element i of an array, counted from 1, or from the end where i is negative; beyond its ends an error. The value of a key of a map, or null.",
			Example: "element_at(array(1, 2), -1) = 2"},
		{Name: "try_element_at", Family: "collection", Nulls: NullMaybe, Bind: bindElementAt, Usage: "try_element_at(array, i) or try_element_at(map, key)",
			Doc: "element_at that gives null beyond the ends of an array.", Example: "try_element_at(array(1, 2), 3) = NULL"},
		{Name: "element_at_or_null", Family: "collection", Nulls: NullMaybe, Bind: bindMapKey,
			Format: func(a []string) string { return a[0] + "[" + a[1] + "]" }, Usage: "map[key]",
			Doc: "The value of a key of a map, or null.", Example: "element_at_or_null(map('a', 1), 'a') = 1"},
		{Name: "size", Aliases: []string{"cardinality"}, Family: "collection", Bind: collection(types.Int, true), Usage: "size(array or map)",
			Doc: "The number of elements or entries.", Example: "size(array(1, 2)) = 2"},
		{Name: "array_contains", Family: "collection", Nulls: NullMaybe, Bind: bindArrayContains, Usage: "array_contains(array, value)",
			Doc: "Whether an element equals the value; else null where one is null.", Example: "array_contains(array(1, 2), 2) = true"},
		{Name: "array", Family: "collection", Nulls: NullNever, Bind: bindArray, Usage: "array(a, ...)",
			Doc: "An array of the values.", Example: "size(array('a')) = 1"},
		{Name: "struct", Family: "collection", Nulls: NullNever, Bind: bindStruct, Usage: "struct(a, ...)",
			Doc: "A struct of the values, whose fields have the names of the columns, else col1, col2 ..."},
		{Name: "named_struct", Family: "collection", Nulls: NullNever, Bind: bindNamedStruct, Usage: "named_struct('name', value, ...)",
			Doc: "A struct of named fields."},
		{Name: "map", Family: "collection", Nulls: NullNever, Bind: bindMap, Usage: "map(key, value, ...)",
			Doc: "A map of the entries. A key that is null or occurs twice is an error.", Example: "size(map('a', 1)) = 1"},
		{Name: "map_keys", Family: "collection", Bind: bindMapKeys, Usage: "map_keys(map)",
			Doc: "The keys of a map, as an array.", Example: "get(map_keys(map('a', 1)), 0) = 'a'"},
		{Name: "map_values", Family: "collection", Bind: bindMapValues, Usage: "map_values(map)",
			Doc: "The values of a map, in the order of its keys, as an array.", Example: "get(map_values(map('a', 1)), 0) = 1"},
	}
}

func arrayOf(args []Expr) (types.Array, error) {
	a, ok := args[0].Type().(types.Array)
	if !ok {
		return a, mismatch("argument 1 must be an array, but %s is %s", args[0], article(args[0].Type().Name()))
	}
	return a, nil
}

func mapOf(args []Expr) (types.Map, error) {
	m, ok := args[0].Type().(types.Map)
	if !ok {
		return m, mismatch("argument 1 must be a map, but %s is %s", args[0], article(args[0].Type().Name()))
	}
	return m, nil
}

func bindGet(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	a, err := arrayOf(args)
	if err != nil {
		return nil, nil, err
	}
	want := []types.Type{a, types.Int}
	return want, a.Elem, accepts(args, want)
}

func bindElementAt(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	if _, is := args[0].Type().(types.Map); is {
		return bindMapKey(args)
	}
	if _, is := args[0].Type().(types.Array); !is {
		return nil, nil, mismatch("argument 1 must be an array or a map, but %s is %s", args[0], article(args[0].Type().Name()))
	}
	return bindGet(args)
}

func bindMapKey(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	m, err := mapOf(args)
	if err != nil {
		return nil, nil, err
	}
	want := []types.Type{m, m.Key}
	return want, m.Value, accepts(args, want)
}

// collection takes an array, or a map where maps is set.
func collection(result types.Type, maps bool) binder {
	return func(args []Expr) ([]types.Type, types.Type, error) {
		if err := arity(args, 1, 1); err != nil {
			return nil, nil, err
		}
		switch t := args[0].Type().(type) {
		case types.Array:
			return []types.Type{t}, result, nil
		case types.Map:
			if maps {
				return []types.Type{t}, result, nil
			}
		}
		return nil, nil, mismatch("the argument must be an array or a map, but %s is %s", args[0], article(args[0].Type().Name()))
	}
}

func bindArrayContains(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 2); err != nil {
		return nil, nil, err
	}
	a, err := arrayOf(args)
	if err != nil {
		return nil, nil, err
	}
	common, ok := Common(a.Elem, args[1].Type())
	if !ok || hasMap(common) {
		return nil, nil, mismatch("an element of %s cannot be compared with %s", args[0], article(args[1].Type().Name()))
	}
	return []types.Type{types.Array{Elem: common, ContainsNull: a.ContainsNull}, common}, types.Boolean, nil
}

func bindArray(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 0 {
		return nil, types.Array{Elem: types.Void}, nil
	}
	want, elem, err := alike(1, -1, nil)(args)
	if err != nil {
		return nil, nil, err
	}
	return want, types.Array{Elem: elem, ContainsNull: anyNullable(args)}, nil
}

func anyNullable(args []Expr) bool {
	for _, a := range args {
		if a.Nullable() {
			return true
		}
	}
	return false
}

func bindStruct(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, -1); err != nil {
		return nil, nil, err
	}
	fields, want := make([]types.Field, len(args)), make([]types.Type, len(args))
	for i, a := range args {
		want[i] = a.Type()
		fields[i] = types.Field{Name: fieldName(a, i), Type: a.Type(), Nullable: a.Nullable()}
	}
	return want, types.Struct{Fields: fields}, nil
}

func fieldName(e Expr, i int) string {
	switch e.(type) {
	case *Alias, *Ref, *Field:
		return OutputName(e)
	}
	return fmt.Sprintf("col%d", i+1)
}

func bindNamedStruct(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, -1); err != nil {
		return nil, nil, err
	}
	if len(args)%2 == 1 {
		return nil, nil, mismatch("it takes names and values in turn, but %d arguments were given", len(args))
	}
	var fields []types.Field
	want := make([]types.Type, len(args))
	for i := 0; i < len(args); i += 2 {
		l, _ := Unalias(args[i]).(*Literal)
		if l == nil || l.T != types.String || l.Value == nil {
			return nil, nil, mismatch("argument %d must be the name of a field, a text literal, not %s", i+1, args[i])
		}
		want[i], want[i+1] = types.String, args[i+1].Type()
		fields = append(fields, types.Field{Name: l.Value.(string), Type: want[i+1], Nullable: args[i+1].Nullable()})
	}
	return want, types.Struct{Fields: fields}, nil
}

func bindMap(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 0 || len(args)%2 == 1 {
		return nil, nil, mismatch("it takes keys and values in turn, but %d arguments were given", len(args))
	}
	var keys, values []Expr
	for i := 0; i < len(args); i += 2 {
		keys, values = append(keys, args[i]), append(values, args[i+1])
	}
	key, err := commonType(keys)
	if err != nil {
		return nil, nil, err
	}
	value, err := commonType(values)
	if err != nil {
		return nil, nil, err
	}
	if hasMap(key) {
		return nil, nil, mismatch("a map cannot be the key of a map")
	}
	want := make([]types.Type, len(args))
	for i := range want {
		if want[i] = key; i%2 == 1 {
			want[i] = value
		}
	}
	return want, types.Map{Key: key, Value: value, ValueContainsNull: anyNullable(values)}, nil
}

func bindMapKeys(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	m, err := mapOf(args)
	return []types.Type{m}, types.Array{Elem: m.Key}, err
}

func bindMapValues(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 1); err != nil {
		return nil, nil, err
	}
	m, err := mapOf(args)
	return []types.Type{m}, types.Array{Elem: m.Value, ContainsNull: m.ValueContainsNull}, err
}
