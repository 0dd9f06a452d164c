package operator

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	memstate "github.com/riffledata/riffle/exec/state/memory"
)

// counted is a row of the benchmark's input, and counts one of its result.
type counted struct {
	Bytes int64 `riffle:"bytes"`
}

type counts struct {
	Host  string `riffle:"host"`
	N     int64  `riffle:"n"`
	Bytes int64  `riffle:"bytes"`
}

// counter counts the rows of each key and sums them up, in one value.
type counter struct{ sum *dataframe.ValueState[counts] }

func (c *counter) Init(h *dataframe.Handle) error {
	c.sum = dataframe.NewValue[counts](h, "sum")
	return nil
}

func (c *counter) Process(_ context.Context, _ *dataframe.Handle, host string, rows iter.Seq[counted], emit func(counts)) error {
	s, _ := c.sum.Get()
	s.Host = host
	for r := range rows {
		s.N++
		s.Bytes += r.Bytes
	}
	c.sum.Set(s)
	emit(s)
	return nil
}

var _ = dataframe.RegisterProcessor("operator/counter@v1", func() dataframe.Processor[string, counted, counts] { return &counter{} })

// hostBatches are rows of hosts in turn, in record batches of the usual size.
func hostBatches(rows, hosts int) ([]batch.Batch, *arrow.Schema) {
	schema := types.NewSchema(types.Field{Name: "host", Type: types.String}, types.Field{Name: "bytes", Type: types.Long}).Arrow()
	var out []batch.Batch
	for from := 0; from < rows; from += batch.MaxRows {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := from; i < min(from+batch.MaxRows, rows); i++ {
			b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("host-%07d.example.com", i*7919%hosts))
			b.Field(1).(*array.Int64Builder).Append(int64(i))
		}
		out = append(out, batch.Batch{Record: b.NewRecordBatch()})
	}
	return out, schema
}

// BenchmarkProcess counts by key in the value state of a processor, one task, a
// commit for each batch of 100,000 rows.
func BenchmarkProcess(b *testing.B) {
	const rows = 100_000
	for _, hosts := range []int{1_000, 100_000} {
		for _, backend := range []string{"memory", "disk"} {
			b.Run(fmt.Sprintf("%s/%dkeys", backend, hosts), func(b *testing.B) {
				p, err := expr.LookupProcessor("operator/counter@v1")
				if err != nil {
					b.Fatal(err)
				}
				s, err := NewProcessState(p, ProcessNoTimers, 1<<30)
				if err != nil {
					b.Fatal(err)
				}
				store := benchStore(b, backend)
				keys := types.NewSchema(types.Field{Name: "host", Type: types.String})
				table, err := store.Table(ProcessSpec("process-0", p, keys, ProcessNoTimers), state.Ranges(1)[0], state.Keyed)
				if err != nil {
					b.Fatal(err)
				}
				s.Attach(table)
				in, schema := hostBatches(rows, hosts)
				version := int64(0)
				measure(b, rows, sizeOf(in[0].Record.Columns())*int64(len(in)), func() {
					stream, err := s.Stream(exectest.NewStream(schema, in...), nil, Times{Watermark: NoWatermark})
					if err != nil {
						b.Fatal(err)
					}
					if n := drained(b, stream); n != hosts {
						b.Fatalf("%d keys, want %d", n, hosts)
					}
					if err := store.Commit(version); err != nil {
						b.Fatal(err)
					}
					version++
				})
			})
		}
	}
}

func benchStore(b *testing.B, backend string) state.Store {
	if backend == "memory" {
		return memstate.New(state.NewBudget(1 << 30))
	}
	store, err := disk.Open(b.TempDir(), disk.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	return store
}

// drained reads a stream to its end and returns its rows.
func drained(b *testing.B, s batch.Stream) int {
	n := 0
	for {
		out, err := s.Next(b.Context())
		if batch.IsEnd(err) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		n += out.NumRows()
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return n
}
