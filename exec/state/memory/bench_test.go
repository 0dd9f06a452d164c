package memory_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// tableKey is the table key of 16 bytes of number i, in its group.
func tableKey(dst []byte, i uint64) []byte {
	h := i * 0x9E3779B97F4A7C15
	h ^= h >> 29
	dst = state.AppendKey(dst[:0], state.KeyGroup(h), 0)
	dst = binary.BigEndian.AppendUint64(dst, h)
	return binary.BigEndian.AppendUint64(dst, i)
}

// BenchmarkTable reads and changes random keys of 16 bytes with values of 8, in
// batches of 8192, against a map of Go and the plain store of tests.
func BenchmarkTable(b *testing.B) {
	for _, keys := range []uint64{100_000, 1_000_000} {
		s := memory.New(state.NewBudget(1 << 40))
		benchStore(b, "memory", s, keys)
		held := float64(s.Stats("aggregate-0").Bytes) / float64(keys)
		b.Run(fmt.Sprintf("memory/held/keys=%d", keys), func(b *testing.B) { b.ReportMetric(held, "B/key") })
		m := make(map[string][]byte, keys)
		var key []byte
		for i := range keys {
			key = tableKey(key, i)
			m[string(key)] = make([]byte, 8)
		}
		benchKeys(b, "map/get", keys, func(k []byte, _ int) { _ = m[string(k)] })
		benchKeys(b, "map/set", keys, func(k []byte, _ int) { m[string(k)] = append([]byte(nil), k[:8]...) })
	}
	benchStore(b, "plain", exectest.NewState(nil), 10_000)
}

func benchStore(b *testing.B, name string, s state.Store, keys uint64) {
	tab, err := s.Table(state.Spec{Operator: "aggregate-0"}, state.AllGroups, state.Keyed)
	if err != nil {
		b.Fatal(err)
	}
	var key []byte
	for i := range keys {
		key = tableKey(key, i)
		_ = tab.Set(key, key[:8])
	}
	version := int64(0)
	commit := func() {
		if err := s.Commit(version); err != nil {
			b.Fatal(err)
		}
		version++
	}
	commit()
	benchKeys(b, name+"/get", keys, func(k []byte, _ int) { _, _ = tab.Get(k) })
	every := 8192
	if name == "plain" {
		every = 1 << 30 // it copies everything at each commit
	}
	benchKeys(b, name+"/set", keys, func(k []byte, i int) {
		_ = tab.Set(k, k[:8])
		if i%every == every-1 {
			commit()
		}
	})
}

func benchKeys(b *testing.B, name string, keys uint64, f func(k []byte, i int)) {
	b.Run(fmt.Sprintf("%s/keys=%d", name, keys), func(b *testing.B) {
		var key []byte
		seed := uint64(1)
		b.SetBytes(24)
		b.ReportAllocs()
		for i := range b.N {
			seed = seed*6364136223846793005 + 1442695040888963407
			key = tableKey(key, (seed>>20)%keys)
			f(key, i)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
