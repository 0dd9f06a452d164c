package dataframe_test

import (
	"context"
	"strings"

	"github.com/riffledata/riffle/dataframe/fn"
)

// initials is registered once, for columns and for SQL.
var initials = fn.UDF1("initials", func(name string) string {
	var out strings.Builder
	for _, word := range strings.Fields(name) {
		out.WriteString(word[:1])
	}
	return out.String()
}, fn.Deterministic)

// A function of the program's own is called like any other. Where its argument
// is null, so is its result.
func Example_userDefinedFunction() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	people := s.SQL("SELECT 'Ada Lovelace' AS name UNION ALL SELECT 'Alan Turing' UNION ALL SELECT NULL")
	check(people.CreateOrReplaceTempView("people"))
	check(people.Select(fn.Col("name"), initials(fn.Col("name")).Alias("short")).Show(ctx))
	check(s.SQL("SELECT initials(name) AS short FROM people WHERE name LIKE 'Ada%'").Show(ctx))
	// Output:
	// +------------+-----+
	// |        name|short|
	// +------------+-----+
	// |Ada Lovelace|   AL|
	// | Alan Turing|   AT|
	// |        NULL| NULL|
	// +------------+-----+
	//
	// +-----+
	// |short|
	// +-----+
	// |   AL|
	// +-----+
}
