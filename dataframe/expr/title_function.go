package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// spelled are the functions that Spark shows in another spelling than the one
// in which they are called.
var spelled = func() map[string]string {
	out := map[string]string{}
	for _, name := range strings.Fields("acos asin atan atan2 cbrt ceil cos cosh cot degrees e exp expm1 floor hypot log log10 log1p log2 " +
		"pi power radians regexp regexp_like rlike signum sin sinh sqrt tan tanh") {
		out[name] = strings.ToUpper(name)
	}
	return out
}()

// leftOut are the arguments that Spark shows though they were left out: by
// function, the number of arguments that were given, and the next one.
var leftOut = map[string]struct {
	given int
	text  string
}{
	"round": {1, "0"}, "bround": {1, "0"}, "substring": {2, "2147483647"}, "substr": {2, "2147483647"}, "split": {2, "-1"},
	"lpad": {2, " "}, "rpad": {2, " "}, "regexp_replace": {3, "1"}, "months_between": {2, "true"}, "locate": {2, "1"}, "position": {2, "1"},
	"from_unixtime": {1, "yyyy-MM-dd HH:mm:ss"}, "unix_timestamp": {1, "yyyy-MM-dd HH:mm:ss"},
}

var trimSides = map[string]string{"trim": "BOTH", "ltrim": "LEADING", "rtrim": "TRAILING"}

// specialTitle is the title of a call that Spark does not show as it was
// written, given the titles of its arguments.
func specialTitle(name string, c *Call, args []string) (string, bool) {
	if d, ok := leftOut[name]; ok && len(args) == d.given {
		return name + "(" + strings.Join(args, ", ") + ", " + d.text + ")", true
	}
	side := trimSides[name]
	switch {
	case c.Name == "!=" && len(args) == 2:
		return "(NOT (" + args[0] + " = " + args[1] + "))", true
	case name == "~":
		return "~" + args[0], true
	case name == "extract" || name == "datepart":
		return name + "(" + args[0] + " FROM " + args[1] + ")", true
	case name == "array_agg":
		return "collect_list(" + args[0] + ")", true
	case name == "dateadd":
		return "date_add(" + strings.Join(args, ", ") + ")", true
	case name == "count" && len(args) == 0:
		return "count(1)", true
	case name == "from_json":
		return "from_json(" + args[0] + ")", true
	case side != "" && len(args) == 2:
		return "TRIM(" + side + " " + args[0] + " FROM " + args[1] + ")", true
	case len(args) == 2 && (name == "+" || name == "-") && c.Args[0].Type() == types.Date && c.Args[1].Type() == types.Int:
		return map[string]string{"+": "date_add(", "-": "date_sub("}[name] + args[0] + ", " + args[1] + ")", true
	case len(args) == 2 && name == "+" && c.Args[1].Type() == types.Date && c.Args[0].Type() == types.Int:
		return "date_add(" + args[1] + ", " + args[0] + ")", true
	}
	return "", false
}
