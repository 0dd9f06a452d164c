package expr

import (
	"errors"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// jsonFunctions read and write JSON text.
func jsonFunctions() []*Function {
	return inFamily("json", []*Function{
		{Name: "from_json", Nulls: NullMaybe, Bind: fromJSONArgs, Usage: "from_json(json, schema[, options])",
			Doc: "The struct, array or map that JSON text, or its bytes, holds. The schema is constant text, as in 'a INT, b STRING' or 'ARRAY<INT>'. Every field may be null: absent, null, or of a value that its type cannot hold; all are where the text is malformed, unless mode is FAILFAST. Null where the text is. The options are constant: map('mode', 'FAILFAST').", Example: "from_json('{\"a\":1}', 'a INT') = named_struct('a', 1)"},
		{Name: "to_json", Bind: toJSONArgs, Usage: "to_json(x[, options])",
			Doc: "A struct, map or array as JSON text; null fields are left out unless the option ignoreNullFields is false.", Example: "to_json(named_struct('a', 1)) = '{\"a\":1}'"},
		{Name: "get_json_object", Nulls: NullMaybe, Bind: fixed(types.String, types.String, types.String), Usage: "get_json_object(json, path)",
			Doc: "What stands at a path like '$.a.b[0]' or '$[*].a' of JSON text: a text without its quotes, anything else as JSON. Null where there is nothing, and where the text is malformed.", Example: "get_json_object('{\"a\":\"b\"}', '$.a') = 'b'"},
	})
}

// fromJSONArgs are text or bytes, a constant schema, and perhaps constant
// options.
func fromJSONArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 3); err != nil {
		return nil, nil, err
	}
	schema, err := jsonSchema(args[1])
	if err != nil {
		return nil, nil, err
	}
	want := []types.Type{types.String, types.String}
	if args[0].Type() == types.Binary {
		want[0] = types.Binary
	}
	if err = accepts(args[:1], want[:1]); err != nil {
		return nil, nil, err
	}
	if len(args) == 3 {
		if _, err = OptionsOf(args[2]); err != nil {
			return nil, nil, err
		}
		want = append(want, args[2].Type())
	}
	return want, schema, nil
}

// toJSONArgs are a nested value, and perhaps constant options.
func toJSONArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, 2); err != nil {
		return nil, nil, err
	}
	if t := args[0].Type(); isBasic(t) || isDecimal(t) {
		return nil, nil, mismatch("argument 1 must be a struct, a map or an array, but %s is %s", args[0], article(t.Name()))
	}
	if len(args) == 2 {
		if _, err := OptionsOf(args[1]); err != nil {
			return nil, nil, err
		}
	}
	return typesOf(args), types.String, nil
}

func jsonSchema(e Expr) (types.Type, error) {
	text, ok := ConstantText(e)
	if !ok {
		return nil, &Error{Msg: "the schema must be constant text, but is " + e.String(), Fix: "write it as in 'a INT, b STRING'", Err: ErrType}
	}
	t, err := types.ParseRecordType(text)
	if err != nil {
		var ddl *types.DDLError
		if errors.As(err, &ddl) {
			return nil, &Error{Msg: strings.TrimSuffix(err.Error(), "; "+ddl.Fix), Fix: ddl.Fix, Err: ErrSyntax}
		}
		return nil, err
	}
	return types.AsNullable(t), nil
}

// Option is a key of an options argument and its value.
type Option struct{ Key, Value string }

// OptionsOf reads an options argument: a call map('key', 'value', ...) of
// constants, or constant text with a line "key=value" for each, which is how
// the API gives them.
func OptionsOf(e Expr) ([]Option, error) {
	bad := &Error{Msg: "the options must be constant text, but are " + e.String(), Fix: "write them as in map('mode', 'FAILFAST')", Err: ErrType}
	var out []Option
	if c, ok := Unalias(e).(*Call); ok && c.Name == "map" && len(c.Args)%2 == 0 {
		for i := 0; i < len(c.Args); i += 2 {
			key, ok1 := ConstantText(c.Args[i])
			value, ok2 := ConstantText(c.Args[i+1])
			if !ok1 || !ok2 {
				return nil, bad
			}
			out = append(out, Option{key, value})
		}
		return out, nil
	}
	text, ok := ConstantText(e)
	if !ok {
		return nil, bad
	}
	for _, line := range strings.Split(text, "\n") {
		if key, value, ok := strings.Cut(line, "="); ok {
			out = append(out, Option{key, value})
		} else if line != "" {
			return nil, bad
		}
	}
	return out, nil
}
