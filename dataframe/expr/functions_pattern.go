package expr

import "github.com/riffledata/riffle/dataframe/types"

// patternFunctions search text.
func patternFunctions() []*Function {
	search := func(name, doc, example string) *Function {
		return &Function{Name: name, Family: "string", Bind: textOrBytes, Usage: name + "(str, part)", Doc: doc, Example: example}
	}
	return []*Function{
		{Name: "like", Family: "string", Bind: optional(1, types.Boolean, types.String, types.String, types.String), Format: formatLike,
			Usage:   "str LIKE pattern [ESCAPE c]",
			Doc:     "Whether the whole text has the form of the pattern: _ is any one character, % any number of them; the escape character, else a backslash, takes the next one as it is.",
			Example: "'spark' LIKE 's%k' = true"},
		{Name: "ilike", Family: "string", Bind: optional(1, types.Boolean, types.String, types.String, types.String),
			Usage: "str ILIKE pattern [ESCAPE c]", Doc: "LIKE in which upper and lower case are the same.", Example: "ilike('Spark', 's%K') = true"},
		{Name: "rlike", Aliases: []string{"regexp", "regexp_like"}, Family: "string", Bind: fixed(types.Boolean, types.String, types.String),
			Format: func(a []string) string { return "RLIKE(" + a[0] + ", " + a[1] + ")" },
			Usage:  "str RLIKE regexp", Doc: "Whether a part of the text matches a regular expression, in RE2's syntax.", Example: "rlike('spark', 'a.k') = true"},
		search("contains", "Whether the text holds the part.", "contains('Spark SQL', 'SQL') = true"),
		search("startswith", "Whether the text begins with the part.", "startswith('Spark SQL', 'SQL') = false"),
		search("endswith", "Whether the text ends with the part.", "endswith('Spark SQL', 'SQL') = true"),
		{Name: "||", Family: "operator", Bind: variadic(2, types.String, types.String), Format: formatConcat,
			Usage: "a || b", Doc: "The texts one after the other.", Example: "'a' || 'b' = 'ab'"},
	}
}

func formatLike(a []string) string {
	s := a[0] + " LIKE " + a[1]
	if len(a) == 3 {
		s += " ESCAPE '" + a[2] + "'"
	}
	return s
}

func formatConcat(a []string) string {
	s := "concat(" + a[0]
	for _, b := range a[1:] {
		s += ", " + b
	}
	return s + ")"
}

// textOrBytes takes two texts or two binary values.
func textOrBytes(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 2 && args[0].Type() == types.Binary && args[1].Type() == types.Binary {
		return []types.Type{types.Binary, types.Binary}, types.Boolean, nil
	}
	return fixed(types.Boolean, types.String, types.String)(args)
}
