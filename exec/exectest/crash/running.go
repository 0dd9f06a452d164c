package crash

import (
	"context"
	"iter"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// entry is a row of the input, numbered is one of the result.
type entry struct {
	Number int64 `riffle:"number"`
}

type numbered struct {
	Key    string `riffle:"key"`
	Number int64  `riffle:"number"`
	N      int64  `riffle:"n"`
}

// running gives each row the number of rows of its key so far.
type running struct{ n *dataframe.ValueState[int64] }

// Init makes the state.
func (r *running) Init(h *dataframe.Handle) error {
	r.n = dataframe.NewValue[int64](h, "n")
	return nil
}

// Process counts.
func (r *running) Process(_ context.Context, _ *dataframe.Handle, key string, rows iter.Seq[entry], emit func(numbered)) error {
	n, _ := r.n.Get()
	for row := range rows {
		n++
		emit(numbered{key, row.Number, n})
	}
	r.n.Set(n)
	return nil
}

var runningCount = fn.Processor("riffle.crash/running@v1", func() dataframe.Processor[string, entry, numbered] { return &running{} })

func (j *job) running(s *dataframe.Session) *dataframe.DataFrame {
	in := j.read(s, "in").Select(fn.Col("key").Cast("string").Alias("key"), fn.Col("value").Cast("string").Cast("bigint").Alias("number"))
	return dataframe.Transform(in.GroupBy(fn.Col("key")), runningCount, dataframe.NoTimers, dataframe.Append)
}
