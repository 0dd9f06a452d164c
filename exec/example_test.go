package exec_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/console"
	"github.com/riffledata/riffle/exec/connector/memory"
)

// An engine is only ever used through a session, which closes it.
func ExampleLocal() {
	ctx := context.Background()
	s := dataframe.Open(ctx, exec.Local(exec.Cores(2)))
	defer s.Close()

	n, err := s.SQL("SELECT 1 AS a UNION ALL SELECT 2").Filter(fn.Col("a").Gt(1)).Count(ctx)
	fmt.Println(n, err)
	// Output: 1 <nil>
}

// A streaming query can be tried without a broker: a memory stream takes the
// place of its source, and a console of the program's own that of its sink.
func ExampleWithSource() {
	schema, err := types.ParseDDL("path STRING, status INT")
	if err != nil {
		fmt.Println(err)
		return
	}
	streams := memory.NewStreams()
	requests := streams.Add("requests", schema)
	var out strings.Builder
	engine := exec.Local(exec.WithSource(streams), exec.WithSink(console.NewSinkProviderTo(&out)))

	ctx := context.Background()
	s := dataframe.Open(ctx, engine)
	defer s.Close()
	q, err := s.ReadStream().Format("memory").Option("name", "requests").Load().
		Filter("status >= 500").
		WriteStream().Format("console").
		Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	rec, err := types.Record(schema, [][]any{{"/", 200}, {"/pay", 503}})
	if err != nil {
		fmt.Println(err)
		return
	}
	requests.Append(rec)
	if err := q.ProcessAllAvailable(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(out.String())
	// Output:
	// -------------------------------------------
	// Batch: 0
	// -------------------------------------------
	// +----+------+
	// |path|status|
	// +----+------+
	// |/pay|   503|
	// +----+------+
}
