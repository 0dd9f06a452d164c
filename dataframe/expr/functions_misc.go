package expr

import (
	"slices"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// domainModes are the variants of registered_domain; the first is the default.
var domainModes = []string{"extract", "icann", "private"}

// miscFunctions belong to no other family.
func miscFunctions() []*Function {
	return inFamily("misc", []*Function{
		{Name: "registered_domain", Nulls: NullMaybe, Bind: domainArgs, Usage: "registered_domain(host[, variant])",
			Doc: "The part of a host name that someone can register, one label below a public suffix. extract (also called tldextract), the default: ICANN's rules, '' below no known suffix, letter case kept. icann: null below no domain, small letters. private: icann with the private rules, so that user.github.io is a domain.", Example: "registered_domain('www.example.co.uk') = 'example.co.uk'"},
		{Name: "to_pretty_string", Bind: anyOne(types.String), Usage: "to_pretty_string(x)",
			Doc: "The value as show writes it: as a cast to string does, but with NULL inside arrays, maps and structs, and binary values as [61 62].", Example: "to_pretty_string(array(1, NULL)) = '[1, NULL]'"},
		{Name: "typeof", Nulls: NullNever, Bind: anyOne(types.String), Usage: "typeof(x)",
			Doc: "The name of the value's type.", Example: "typeof(1) = 'int'"},
		{Name: "uuid", Nulls: NullNever, Volatile: true, Bind: seededText, Usage: "uuid([seed])",
			Doc: "A random UUID of version 4; the same for the same row of a batch and the same seed, which must be constant."},
	})
}

// domainArgs are a name and perhaps a constant variant.
func domainArgs(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 2 {
		name, ok := ConstantText(args[1])
		if !ok {
			return nil, nil, mismatch("the variant must be constant text, but is %s", args[1])
		}
		if !slices.Contains(domainModes, name) && name != "tldextract" {
			return nil, nil, &Error{Msg: "no variant " + quoted(name), Fix: "use one of " + strings.Join(domainModes, ", "), Err: ErrType}
		}
	}
	return optional(1, types.String, types.String, types.String)(args)
}

func seededText(args []Expr) ([]types.Type, types.Type, error) {
	want, _, err := seedArgs(args)
	return want, types.String, err
}
