package dataframe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// Building returns no errors. The first mistake sticks, with the line that made
// it, through all steps that follow.
func ExampleDataFrame_Err() {
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	totals := sales(s).
		Select(fn.Col("item"), fn.Col("prize")).
		Limit(3)
	fmt.Println(totals.Err())

	var mistake *dataframe.Error
	_, err := totals.Collect(ctx)
	fmt.Println(errors.As(err, &mistake), mistake.File, mistake.Line, mistake.Op)
	// Output:
	// example_error_test.go:20: Select: no column prize in (item, kind, price, sold); did you mean price?
	// true example_error_test.go 20 Select
}
