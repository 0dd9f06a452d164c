package exec

import (
	"math"
	"os"
	"runtime/debug"
	"sync"

	"github.com/riffledata/riffle/dataframe/engine"
)

const (
	// outsideBytes is the memory that the runtime does not manage in any process:
	// pages of the binary, above all.
	outsideBytes = 64 << 20
	// leastGoBytes is the least that the runtime is left with, whatever is asked for:
	// with less it would do nothing but collect.
	leastGoBytes = 64 << 20
	// spillShare is the part of the memory of the process above which state goes over
	// to disk: what it takes, the batch that changes it may take too, and the runtime
	// needs room to collect.
	spillShare = 4
)

// memoryLimit keeps the process within riffle.memory.limit: it tells the runtime how
// much of that is left for it, beside what others hold outside of its heap. The
// runtime has one limit, so the latest query of a process that sets one counts.
type memoryLimit struct {
	apply func(bytes int64) // debug.SetMemoryLimit

	mu      sync.Mutex
	limit   int64 // 0: none
	outside int64 // held by databases
}

func newMemoryLimit() *memoryLimit {
	return &memoryLimit{apply: func(bytes int64) { debug.SetMemoryLimit(bytes) }}
}

// set takes a limit over; 0 leaves all as it is. A limit in GOMEMLIMIT is not
// touched.
func (m *memoryLimit) set(limit int64) {
	if limit <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if limit != m.limit {
		m.limit = limit
		m.tell()
	}
}

// hold tells that so many bytes more, or less, are held outside of the heap.
func (m *memoryLimit) hold(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.outside += bytes; m.limit > 0 && bytes != 0 {
		m.tell()
	}
}

func (m *memoryLimit) tell() { m.apply(max(m.limit-outsideBytes-m.outside, leastGoBytes)) }

// memoryOf is the most memory that the process may take by its settings, in bytes;
// 0 for any.
func memoryOf(conf engine.Conf) int64 {
	limit, auto := conf.MemoryLimit()
	if !auto {
		return limit
	}
	if limit = containerLimit(); limit == 0 || limit == math.MaxInt64 {
		return 0
	}
	return limit / 10 * 9
}
