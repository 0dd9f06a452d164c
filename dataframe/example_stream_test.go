package dataframe_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
)

// A streaming query keeps its result up to date; SQL reads the table that it
// writes to whenever it likes.
func ExampleDataFrame_WriteStream() {
	ctx := context.Background()
	schema, err := types.ParseDDL("host STRING, bytes BIGINT")
	check(err)
	streams := memory.NewStreams() // fed by hand, as in a test
	traffic := streams.Add("traffic", schema)
	s := dataframe.Open(ctx, exec.Local(exec.WithSource(streams)))
	defer s.Close()

	q, err := s.ReadStream().Format("memory").Option("name", "traffic").Load().
		GroupBy(fn.Col("host")).
		Agg(fn.Sum(fn.Col("bytes")).Alias("total")).
		WriteStream().
		Format("memory").
		QueryName("totals").
		OutputMode(dataframe.Complete).
		Start(ctx)
	check(err)

	for _, rows := range [][][]any{
		{{"a", 10}, {"b", 5}},
		{{"a", 32}},
	} {
		rec, err := types.Record(schema, rows)
		check(err)
		traffic.Append(rec)
		check(q.ProcessAllAvailable(ctx))
		check(s.SQL("SELECT * FROM totals ORDER BY host").Show(ctx))
	}
	check(q.Stop())
	// Output:
	// +----+-----+
	// |host|total|
	// +----+-----+
	// |   a|   10|
	// |   b|    5|
	// +----+-----+
	//
	// +----+-----+
	// |host|total|
	// +----+-----+
	// |   a|   42|
	// |   b|    5|
	// +----+-----+
}

// file writes lines to a file in a folder of its own, which remove removes.
func file(name string, lines ...string) (path string, remove func()) {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	path = filepath.Join(dir, name)
	check(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return path, func() { check(os.RemoveAll(dir)) }
}

// With AvailableNow a query reads what is there and ends.
func ExampleAvailableNow() {
	path, remove := file("dns.json", `{"query":"example.com"}`, `{"query":"go.dev"}`, `{"query":"example.com"}`)
	defer remove()
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	q, err := s.ReadStream().Schema("query STRING").JSON(path).
		GroupBy(fn.Col("query")).Count().
		WriteStream().Format("memory").QueryName("names").OutputMode(dataframe.Complete).
		Trigger(dataframe.AvailableNow()).
		Start(ctx)
	check(err)
	check(q.AwaitTermination(ctx))
	check(s.SQL("SELECT * FROM names ORDER BY count DESC").Show(ctx))
	fmt.Println(q.Totals().Rows, "rows read")
	// Output:
	// +-----------+-----+
	// |      query|count|
	// +-----------+-----+
	// |example.com|    2|
	// |     go.dev|    1|
	// +-----------+-----+
	//
	// 3 rows read
}

// Records that cannot be used are kept, with the reason, beside the result.
func ExampleStreamWriter_Quarantine() {
	path, remove := file("sizes.json", `{"size":"12"}`, `{"size":`, `{"size":"30"}`)
	defer remove()
	ctx := context.Background()
	s := open(ctx)
	defer s.Close()

	q, err := s.ReadStream().Schema("size STRING").JSON(path).
		SelectExpr("cast(size AS int) AS size").
		WriteStream().Format("memory").QueryName("sizes").
		Quarantine("memory", "bad", nil).
		Trigger(dataframe.AvailableNow()).
		Start(ctx)
	check(err)
	check(q.AwaitTermination(ctx))
	check(s.SQL("SELECT sum(size) FROM sizes").Show(ctx))
	check(s.SQL("SELECT cast(record AS string) AS record, batch FROM bad").Show(ctx))
	// Output:
	// +---------+
	// |sum(size)|
	// +---------+
	// |       42|
	// +---------+
	//
	// +--------+-----+
	// |  record|batch|
	// +--------+-----+
	// |{"size":|    0|
	// +--------+-----+
}
