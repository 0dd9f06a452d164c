package dataframe_test

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

func ExampleDataFrame_Select() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	bill := sales(s).Select(fn.Upper(fn.Col("item")).Alias("item"), fn.Col("price").Times(fn.Col("sold")).Alias("earned"))
	check(bill.Show(ctx))
	// Output:
	// +-----+------+
	// | item|earned|
	// +-----+------+
	// |APPLE|   5.0|
	// | PEAR|   3.0|
	// | LEEK|  NULL|
	// | BEAN|   6.0|
	// +-----+------+
}

// WithColumn adds a column, or replaces the one that has its name.
func ExampleDataFrame_WithColumn() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	level := fn.When(fn.Col("price").Lt(1), "cheap").Otherwise("dear")
	check(sales(s).
		WithColumn("level", level).
		WithColumn("sold", fn.Coalesce(fn.Col("sold"), fn.Lit(0))).
		Drop("kind").
		Show(ctx))
	// Output:
	// +-----+-----+----+-----+
	// | item|price|sold|level|
	// +-----+-----+----+-----+
	// |apple|  0.5|  10|cheap|
	// | pear| 0.75|   4|cheap|
	// | leek| 1.25|   0| dear|
	// | bean|  2.0|   3| dear|
	// +-----+-----+----+-----+
}

// A condition is a Column or SQL text. A row for which it is null is left out:
// nobody counted the leeks.
func ExampleDataFrame_Filter() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	few, err := sales(s).Filter(fn.Col("sold").Lt(5)).Count(ctx)
	check(err)
	same, err := sales(s).Filter("sold < 5").Count(ctx)
	check(err)
	all, err := sales(s).Filter("sold < 5 OR sold IS NULL").Count(ctx)
	check(err)
	fmt.Println(few, same, all)
	// Output: 2 2 3
}

func ExampleDataFrame_OrderBy() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).
		Select(fn.Col("kind"), fn.Col("item"), fn.Col("sold")).
		OrderBy(fn.Col("kind"), fn.Col("sold").DescNullsFirst()).
		Show(ctx))
	// Output:
	// +---------+-----+----+
	// |     kind| item|sold|
	// +---------+-----+----+
	// |    fruit|apple|  10|
	// |    fruit| pear|   4|
	// |vegetable| leek|NULL|
	// |vegetable| bean|   3|
	// +---------+-----+----+
}

func ExampleDataFrame_Distinct() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).Select(fn.Col("kind")).Distinct().OrderBy(fn.Col("kind")).Show(ctx))
	// Output:
	// +---------+
	// |     kind|
	// +---------+
	// |    fruit|
	// |vegetable|
	// +---------+
}

// Union puts columns together by position and keeps rows that occur twice.
func ExampleDataFrame_Union() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	fruit := sales(s).Filter("kind = 'fruit'").SelectExpr("item", "price")
	dear := sales(s).Filter("price > 0.6").SelectExpr("item", "price")
	check(fruit.Union(dear).OrderBy(fn.Col("item")).Show(ctx))
	// Output:
	// +-----+-----+
	// | item|price|
	// +-----+-----+
	// |apple|  0.5|
	// | bean|  2.0|
	// | leek| 1.25|
	// | pear| 0.75|
	// | pear| 0.75|
	// +-----+-----+
}

// UnionByName puts columns together by name; with allowMissing, what one side
// lacks is null there.
func ExampleDataFrame_UnionByName() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	prices := sales(s).Limit(1).SelectExpr("item", "price")
	counts := sales(s).Limit(1).SelectExpr("sold", "item")
	check(prices.UnionByName(counts, true).Show(ctx))
	// Output:
	// +-----+-----+----+
	// | item|price|sold|
	// +-----+-----+----+
	// |apple|  0.5|NULL|
	// |apple| NULL|  10|
	// +-----+-----+----+
}

func ExampleDataFrame_PrintSchema() {
	s := open(context.Background())
	defer s.Close()

	check(sales(s).PrintSchema())
	// Output:
	// root
	//  |-- item: string (nullable = false)
	//  |-- kind: string (nullable = false)
	//  |-- price: double (nullable = false)
	//  |-- sold: integer (nullable = true)
}

// By default Show cuts long values and aligns to the right; with ShowTruncate(0)
// it does neither.
func ExampleDataFrame_Show() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).Show(ctx, dataframe.ShowRows(1), dataframe.ShowTruncate(0)))
	// Output:
	// +-----+-----+-----+----+
	// |item |kind |price|sold|
	// +-----+-----+-----+----+
	// |apple|fruit|0.5  |10  |
	// +-----+-----+-----+----+
	// only showing top 1 row
}

func ExampleDataFrame_Collect() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	rows, err := sales(s).OrderBy(fn.Col("price")).Collect(ctx)
	check(err)
	for _, row := range rows {
		fmt.Println(row.At(0), row)
	}
	// Output:
	// apple [apple,fruit,0.5,10]
	// pear [pear,fruit,0.75,4]
	// leek [leek,vegetable,1.25,null]
	// bean [bean,vegetable,2,3]
}

// Rows go into Go structs: a field takes the column that its tag names, or that
// has its name in any case. What may be null needs a pointer.
func ExampleCollect() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	type sale struct {
		Name string `riffle:"item"`
		Sold *int
	}
	list, err := dataframe.Collect[sale](ctx, sales(s).Filter("kind = 'vegetable'"))
	check(err)
	for _, v := range list {
		if v.Sold == nil {
			fmt.Println(v.Name, "uncounted")
			continue
		}
		fmt.Println(v.Name, *v.Sold)
	}
	// Output:
	// leek uncounted
	// bean 3
}

func ExampleGroupedData_Count() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).GroupBy(fn.Col("kind")).Count().OrderBy(fn.Col("kind")).Show(ctx))
	// Output:
	// +---------+-----+
	// |     kind|count|
	// +---------+-----+
	// |    fruit|    2|
	// |vegetable|    2|
	// +---------+-----+
}

// Aggregates leave nulls out: of the vegetables, the beans alone were counted.
func ExampleGroupedData_Agg() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	check(sales(s).
		GroupBy(fn.Col("kind")).
		Agg(fn.CountStar().Alias("items"), fn.Count(fn.Col("sold")).Alias("counted"), fn.Sum(fn.Col("sold")).Alias("sold")).
		OrderBy(fn.Col("kind")).
		Show(ctx))
	// Output:
	// +---------+-----+-------+----+
	// |     kind|items|counted|sold|
	// +---------+-----+-------+----+
	// |    fruit|    2|      2|  14|
	// |vegetable|    2|      1|   3|
	// +---------+-----+-------+----+
}
