package operator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// BenchmarkAccumulator updates groups with longs: where rows only come, where
// they could go, and where each row comes and most go again.
func BenchmarkAccumulator(b *testing.B) {
	const rows = 1 << 19
	l, d := types.Long, types.Double
	for _, name := range []string{"sum", "avg(double)", "max", "collect_set", "count distinct", "first", "median", "mode"} {
		for _, groups := range []int{1, 10_000} {
			for _, kind := range []string{"append", "retract/rows=+", "retract/rows=+-"} {
				c := caseOf(name, l, l)
				distinct := name == "count distinct"
				switch name {
				case "avg(double)", "median":
					c = caseOf(map[bool]string{true: "median", false: "avg"}[name == "median"], d, d)
				case "collect_set":
					c.result = types.Array{Elem: l}
				case "count distinct":
					c = caseOf("count", l, l)
				}
				c.retract = kind != "append"
				in := changesOfLongs(c.args[0], rows, groups, kind == "retract/rows=+-")
				b.Run(fmt.Sprintf("%s/groups=%d/%s", name, groups, kind), func(b *testing.B) {
					measure(b, rows, rows*8, func() {
						acc := accumulatorOf(b, c.aggregate, distinct)
						acc.Grow(groups)
						for _, u := range in {
							if err := acc.Update(u.groups, []kernel.Value{{Array: u.col}}, kernel.Rows{N: len(u.groups)}, u.changes); err != nil {
								b.Fatal(err)
							}
						}
					})
				})
			}
		}
	}
}

type update struct {
	groups  []uint32
	col     arrow.Array
	changes []int8
}

// changesOfLongs makes batches of values below 100,000; with churn four in ten
// rows take an earlier one back.
func changesOfLongs(ty types.Type, rows, groups int, churn bool) (out []update) {
	rng := rand.New(rand.NewPCG(1, 2))
	type row struct {
		g uint32
		v int64
	}
	var live []row
	for from := 0; from < rows; from += 8192 {
		u, vals := update{}, []int64{}
		if churn {
			u.changes = []int8{}
		}
		for range min(8192, rows-from) {
			r, change := row{uint32(rng.IntN(groups)), int64(rng.IntN(100_000))}, int8(1)
			if churn && len(live) > 0 && rng.IntN(10) < 4 {
				k := rng.IntN(len(live))
				r, change = live[k], -1
				live[k] = live[len(live)-1]
				live = live[:len(live)-1]
			} else {
				live = append(live, r)
			}
			u.groups, vals = append(u.groups, r.g), append(vals, r.v)
			if churn {
				u.changes = append(u.changes, change)
			}
		}
		if u.col = newFixed(arrow.PrimitiveTypes.Int64, vals, nil); ty == types.Double {
			u.col = newFixed(arrow.PrimitiveTypes.Float64, toFloats(vals), nil)
		}
		out = append(out, u)
	}
	return out
}

func toFloats(in []int64) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}
