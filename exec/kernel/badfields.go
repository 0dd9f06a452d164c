package kernel

import (
	"sort"
	"sync"
)

// BadFields counts the fields that became null because they could not be
// parsed, by column and reason. It is safe for concurrent use.
type BadFields struct {
	mu     sync.Mutex
	counts map[BadField]int64
}

// BadField is a column and why its field was not parsed.
type BadField struct{ Column, Reason string }

// Add counts n more fields.
func (b *BadFields) Add(column, reason string, n int64) {
	if b == nil || n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.counts == nil {
		b.counts = map[BadField]int64{}
	}
	b.counts[BadField{column, reason}] += n
}

// Counted is a number of bad fields of one kind.
type Counted struct {
	BadField
	N int64
}

// Counts returns what was counted, by column and reason.
func (b *BadFields) Counts() []Counted {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Counted, 0, len(b.counts))
	for f, n := range b.counts {
		out = append(out, Counted{f, n})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Column != out[j].Column {
			return out[i].Column < out[j].Column
		}
		return out[i].Reason < out[j].Reason
	})
	return out
}
