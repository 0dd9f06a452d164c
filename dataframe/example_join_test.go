package dataframe_test

import (
	"context"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// logins is a small table of events.
func logins(s *dataframe.Session) *dataframe.DataFrame {
	schema := new(types.Schema).Add("host", types.String).Add("who", types.String).Add("tries", types.Int)
	return s.CreateDataFrame(schema, [][]any{{"a", "ann", 1}, {"b", "bob", 7}, {"c", "ann", 2}})
}

// owners is a small table to look hosts up in.
func owners(s *dataframe.Session) *dataframe.DataFrame {
	schema := new(types.Schema).Add("host", types.String).Add("team", types.String)
	return s.CreateDataFrame(schema, [][]any{{"a", "web"}, {"b", "mail"}})
}

// Using joins by columns that both sides have, and keeps one of each.
func ExampleDataFrame_Join() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(logins(s).Join(owners(s), fn.Using("host"), dataframe.Left).Show(ctx))
	// Output:
	// +----+---+-----+----+
	// |host|who|tries|team|
	// +----+---+-----+----+
	// |   a|ann|    1| web|
	// |   b|bob|    7|mail|
	// |   c|ann|    2|NULL|
	// +----+---+-----+----+
}

// A condition can say anything of both sides, which Alias tells apart.
func ExampleDataFrame_Join_condition() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	on := fn.Col("l.host").Eq(fn.Col("o.host")).And(fn.Col("tries").Gt(5))
	check(logins(s).Alias("l").Join(owners(s).Alias("o"), on, dataframe.Inner).Select(fn.Col("who"), fn.Col("o.*")).Show(ctx))
	// Output:
	// +---+----+----+
	// |who|host|team|
	// +---+----+----+
	// |bob|   b|mail|
	// +---+----+----+
}

// CrossJoin puts each row together with each of the other side.
func ExampleDataFrame_CrossJoin() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(owners(s).Select(fn.Col("team")).CrossJoin(owners(s).Select(fn.Col("host"))).Show(ctx))
	// Output:
	// +----+----+
	// |team|host|
	// +----+----+
	// | web|   a|
	// | web|   b|
	// |mail|   a|
	// |mail|   b|
	// +----+----+
}

// AsTable has the latest row of each key.
func ExampleDataFrame_AsTable() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(logins(s).AsTable("who").DeletedWhen("tries > 5").Show(ctx))
	// Output:
	// +----+---+-----+
	// |host|who|tries|
	// +----+---+-----+
	// |   c|ann|    2|
	// +----+---+-----+
}

// AsChanges takes a column as the change of each row.
func ExampleDataFrame_AsChanges() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	schema := new(types.Schema).Add("host", types.String).Add("change", types.Int)
	check(s.CreateDataFrame(schema, [][]any{{"a", 1}, {"b", 1}, {"a", -1}}).AsChanges("change").Show(ctx))
	// Output:
	// +----+
	// |host|
	// +----+
	// |   b|
	// +----+
}
