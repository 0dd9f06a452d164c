package dataframe_test

import (
	"context"
	"fmt"
	"log"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
)

// open returns a session on an engine that computes in this process.
func open(ctx context.Context) *dataframe.Session {
	return dataframe.Open(ctx, exec.Local(exec.Cores(1)))
}

// sales returns the dataframe of most examples: what a market stall sold. Nobody
// counted the leeks.
func sales(s *dataframe.Session) *dataframe.DataFrame {
	schema := types.NewSchema(
		types.Field{Name: "item", Type: types.String},
		types.Field{Name: "kind", Type: types.String},
		types.Field{Name: "price", Type: types.Double},
		types.Field{Name: "sold", Type: types.Int, Nullable: true},
	)
	return s.CreateDataFrame(schema, [][]any{
		{"apple", "fruit", 0.5, 10},
		{"pear", "fruit", 0.75, 4},
		{"leek", "vegetable", 1.25, nil},
		{"bean", "vegetable", 2.0, 3},
	})
}

// check ends the example on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A session is opened on an engine. What a program computes does not depend on
// which one it is.
func Example() {
	ctx := context.Background()
	s := dataframe.Open(ctx, exec.Local())
	defer s.Close()

	schema := types.NewSchema().Add("host", types.String).Add("bytes", types.Long)
	traffic := s.CreateDataFrame(schema, [][]any{{"a", 10}, {"b", 5}, {"a", 32}})
	totals := traffic.
		GroupBy(fn.Col("host")).
		Agg(fn.Sum(fn.Col("bytes")).Alias("total")).
		OrderBy(fn.Col("total").Desc())
	if err := totals.Show(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// +----+-----+
	// |host|total|
	// +----+-----+
	// |   a|   42|
	// |   b|    5|
	// +----+-----+
}

func ExampleSession_SQL() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).CreateOrReplaceTempView("sales"))
	dear := s.SQL("SELECT kind, max(price) AS dearest FROM sales GROUP BY kind ORDER BY kind")
	check(dear.Show(ctx))
	// Output:
	// +---------+-------+
	// |     kind|dearest|
	// +---------+-------+
	// |    fruit|   0.75|
	// |vegetable|    2.0|
	// +---------+-------+
}

func ExampleSession_Table() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).CreateOrReplaceTempView("sales"))
	n, err := s.Table("sales").Count(ctx)
	check(err)
	fmt.Println(n)
	fmt.Println(s.DropTempView("sales"), s.Table("sales").Err() != nil)
	// Output:
	// 4
	// true true
}

func ExampleConf() {
	s := open(context.Background())
	defer s.Close()

	check(s.Conf().Set("spark.sql.session.timeZone", "Europe/Vienna")) // Spark's name for it
	zone, err := s.Conf().Get("riffle.timeZone")
	check(err)
	fmt.Println(zone)
	fmt.Println(s.Conf().Set("riffle.timezon", "UTC"))
	// Output:
	// Europe/Vienna
	// example_test.go:108: Conf().Set: no setting riffle.timezon; did you mean riffle.timeZone?
}
