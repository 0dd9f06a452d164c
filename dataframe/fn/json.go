package fn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
)

// FromJSON is the struct that JSON text, or its bytes, holds. schema is a
// *types.Schema, a types.Type (a struct, an array or a map), or DDL text: "a
// INT, b STRING". Every field may be null: absent, null, or of a value that its
// type cannot hold; all are where the text is malformed, unless the option mode
// is FAILFAST. Null where the text is.
func FromJSON(json Column, schema any, options ...map[string]string) Column {
	text, err := schemaText(schema)
	if err != nil {
		return dataframe.BadColumn("FromJSON", err)
	}
	return withOptions("from_json", "FromJSON", []any{json, text}, options)
}

func schemaText(schema any) (string, error) {
	switch s := schema.(type) {
	case *types.Schema:
		return s.DDL(), nil
	case types.Type:
		return s.Name(), nil
	case string:
		_, err := types.ParseRecordType(s)
		return s, err
	}
	return "", fmt.Errorf("a schema is a *types.Schema, a types.Type or text, not %T", schema)
}

// ToJSON is a struct, map or array as JSON text. Null fields are left out unless
// the option ignoreNullFields is false.
func ToJSON(x Column, options ...map[string]string) Column {
	return withOptions("to_json", "ToJSON", []any{x}, options)
}

// withOptions adds the options as one line "key=value" each.
func withOptions(name, op string, args []any, options []map[string]string) Column {
	var lines []string
	for _, set := range options {
		for _, key := range slices.Sorted(maps.Keys(set)) {
			if strings.ContainsAny(key, "=\n") || strings.Contains(set[key], "\n") {
				return dataframe.BadColumn(op, fmt.Errorf("the option %q holds a line break, or an = in its name", key))
			}
			lines = append(lines, key+"="+set[key])
		}
	}
	if len(lines) > 0 {
		args = append(args, strings.Join(lines, "\n"))
	}
	return call(name, args...)
}

// GetJSONObject is what stands at a path like "$.a.b[0]" or "$[*].a" of JSON
// text: a text without its quotes, anything else as JSON. Null where there is
// nothing, and where the text is malformed.
func GetJSONObject(json Column, path any) Column { return call("get_json_object", json, path) }
