package btree

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// fill makes a tree of n pairs of 16-byte keys in no order, and 8-byte values.
func fill(n int) *Tree {
	var t Tree
	var key [16]byte
	for i := range n {
		t.Set(benchKey(&key, i), key[:8])
	}
	return &t
}

func benchKey(key *[16]byte, i int) []byte {
	binary.BigEndian.PutUint64(key[:], uint64(i)*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(key[8:], uint64(i))
	return key[:]
}

func BenchmarkTree(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		t := fill(n)
		var key [16]byte
		each := func(name string, f func(k []byte)) {
			b.Run(fmt.Sprintf("%s/keys=%d", name, n), func(b *testing.B) {
				b.SetBytes(24)
				for i := range b.N {
					f(benchKey(&key, i*7919%n))
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				b.ReportMetric(float64(t.Bytes())/float64(n), "B/key")
			})
		}
		each("get", func(k []byte) { t.Get(k) })
		each("set", func(k []byte) { t.Set(k, k[8:]) })
		m := map[string][]byte{}
		for i := range n {
			m[string(benchKey(&key, i))] = make([]byte, 8)
		}
		each("map-get", func(k []byte) { _ = m[string(k)] })
	}
}
