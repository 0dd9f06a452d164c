package operator

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/state/memory"
)

// BenchmarkState counts by three string keys, 100000 groups, in batches of 65536
// rows: in memory; recorded for a checkpoint; in a table in memory, with as many
// groups kept between batches as may be and with none; and on disk.
func BenchmarkState(b *testing.B) {
	const rows, groups = 1 << 20, 1e5
	keys, bytes := dnsKeys(groups, rows)
	var batches []batch.Batch
	for _, k := range keys {
		batches = append(batches, table(k[0].Array, k[1].Array, k[2].Array))
	}
	in := batches[0]
	agg, err := NewAggregation(refs(in, 0, 1, 2), []expr.Expr{call(b, in, "count")}, true)
	noError(b, err)
	for _, way := range []string{"memory", "journal", "table", "cold", "disk", "colddisk"} {
		b.Run(way, func(b *testing.B) {
			measure(b, rows, bytes, func() {
				store, limit := state.Store(memory.New(state.NewBudget(1<<40))), int64(1)<<40
				if strings.HasSuffix(way, "disk") {
					store, err = disk.Open(b.TempDir(), disk.Options{})
					noError(b, err)
				}
				if strings.HasPrefix(way, "cold") {
					limit = 256 << 20
				}
				s, err := agg.NewState(StateOptions{Budget: state.NewBudget(limit), Emit: EmitUpdate, Time: GroupTime{Column: -1}, Disk: way != "memory" && way != "journal"})
				noError(b, err)
				if way != "memory" {
					t, err := store.Table(agg.StateSpec("aggregate-0"), state.AllGroups, s.Kind())
					noError(b, err)
					noError(b, s.Attach(t))
				}
				for from, v := 0, int64(0); from < len(batches); from, v = from+8, v+1 {
					out, err := s.StreamRows(NewValues(in.Record.Schema(), batches[from:min(from+8, len(batches))]...), NoWatermark, testEnv)
					consume(b, out, err)
					noError(b, s.Flush())
					noError(b, s.Commit())
					noError(b, store.Commit(v))
				}
				noError(b, store.Close())
			})
		})
	}
}
