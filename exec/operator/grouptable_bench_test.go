package operator

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/exec/kernel"
)

// dnsKeys makes batches of three string keys (address, domain, type) with about
// the given number of distinct combinations, spread evenly: the worst locality.
func dnsKeys(groups, rows int) (batches [][]kernel.Value, bytes int64) {
	rng := rand.New(rand.NewPCG(1, 2))
	hosts := min(500, groups)
	types := []string{"A", "AAAA", "PTR", "TXT", "MX", "SRV"}
	for from := 0; from < rows; from += 8192 {
		var b [3]*array.StringBuilder
		for c := range b {
			b[c] = array.NewStringBuilder(memory.DefaultAllocator)
		}
		for range min(8192, rows-from) {
			g := rng.IntN(groups)
			key := [3]string{fmt.Sprintf("192.168.%d.%d", g%hosts>>5, g%hosts&31+100), fmt.Sprintf("site%d.example%d.com", g/7, g%3), types[g%len(types)]}
			for c := range b {
				b[c].Append(key[c])
				bytes += int64(len(key[c]))
			}
		}
		batches = append(batches, []kernel.Value{{Array: b[0].NewArray()}, {Array: b[1].NewArray()}, {Array: b[2].NewArray()}})
	}
	return batches, bytes
}

func BenchmarkGroupTable(b *testing.B) {
	const rows = 1 << 21
	for _, groups := range []int{100, 1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("keys=3/groups=%d", groups), func(b *testing.B) {
			batches, bytes := dnsKeys(groups, rows)
			measure(b, rows, bytes, func() {
				t, err := NewGroupTable([]arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.String, arrow.BinaryTypes.String})
				if err != nil {
					b.Fatal(err)
				}
				for _, keys := range batches {
					if _, err := t.Groups(keys, kernel.Rows{N: keys[0].Array.Len()}); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
