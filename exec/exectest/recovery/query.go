package recovery

import (
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
)

// Input is a stream that a query reads.
type Input struct {
	// Schema is in DDL: "id BIGINT, name STRING".
	Schema string
	Rows   [][]any
}

// Query is a streaming query to be crashed.
type Query struct {
	Inputs []Input
	Mode   plan.OutputMode
	// Build makes the result from the streams, in the order of Inputs. It is called
	// for each run, as a program that is started again does.
	Build func(in ...*dataframe.DataFrame) *dataframe.DataFrame
	// Conf are settings of the session, Options those of the engine.
	Conf    map[string]string
	Options []exec.Option
	// Backends are the places of the state that runs are drawn from. Default: memory,
	// more often, and disk. Points are points of the loop at which runs end beside
	// those at which all do.
	Backends, Points []string
}

// cut puts the rows into memory streams, cut anywhere into pieces, each of which is
// a micro-batch: the same for all runs, since what comes too late depends on it. All
// streams have as many pieces, of which some are small.
func (q *Query) cut(random *rand.Rand, pieces int) (*memory.Streams, error) {
	streams := memory.NewStreams()
	for i, in := range q.Inputs {
		schema, err := types.ParseDDL(in.Schema)
		if err != nil {
			return nil, err
		}
		s, rest := streams.Add(name(i), schema), in.Rows
		for left := pieces; left > 0 && len(rest) > 0; left-- {
			n := len(rest)
			if left > 1 {
				n = min(n, 1+random.IntN(max(1, 2*len(rest)/left)))
			}
			var rec arrow.RecordBatch
			if rec, err = types.Record(schema, rest[:n]); err != nil {
				return nil, err
			}
			s.Append(rec)
			rest = rest[n:]
		}
	}
	return streams, nil
}

func name(i int) string { return fmt.Sprintf("in%d", i) }
