package operator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// adder adds up; remover can take back as well.
type adder struct{}

func (adder) Zero() int64            { return 0 }
func (adder) Add(b, v int64) int64   { return b + v }
func (adder) Merge(a, b int64) int64 { return a + b }
func (adder) Result(b int64) int64   { return b }

type remover struct{ adder }

func (remover) Remove(b, v int64) int64 { return b - v }

var (
	_ = fn.UDAF("test_operator_adder", adder{})
	_ = fn.UDAF("test_operator_remover", remover{})
)

// A user's aggregate follows rows that are taken back, in any parts, whether or
// not it can remove.
func TestUserAggregateForgets(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		for _, name := range []string{"test_operator_adder", "test_operator_remover"} {
			c := caseOf(name, types.Long, types.Long)
			rows, left := c.randomChanges(rng, nil, rng.IntN(30))
			rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			cut := rng.IntN(len(rows) + 1)
			acc := accumulatorOf(t, c.aggregate, false)
			acc.Grow(3)
			for _, part := range [][]rowChange{rows[:cut], rows[cut:]} {
				for range 2 {
					acc.Save([]uint32{0, 1, 2})
					if err := feed(acc, c.batchOf(part)); err != nil {
						rt.Fatal(err)
					}
					acc.Restore([]uint32{0, 1, 2}, 3)
				}
				if err := feed(acc, c.batchOf(part)); err != nil {
					rt.Fatal(err)
				}
				acc.Commit()
				acc = moved(t, c, acc)
			}
			want := [3]int64{}
			for _, r := range left {
				if r.args[0] > 0 {
					want[r.group] += int64(valueOf(r.args[0]))
				}
			}
			if got := c.results(t, acc); fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("%s: %v, not %v", name, got, want)
			}
		}
	})
}
