package kafka

import (
	"strconv"
	"sync/atomic"

	"github.com/riffledata/riffle/exec/source"
)

// passed counts what the source's streams have left out. It is safe for concurrent
// use, and nil for nobody who asks.
type passed struct{ batches, records atomic.Int64 }

func (p *passed) add(records int64) {
	if p != nil {
		p.batches.Add(1)
		p.records.Add(records)
	}
}

// tell adds the counts of this run, where there are any.
func (p *passed) tell(to map[string]string) {
	if n := p.batches.Load(); n > 0 {
		to["recordBatchesTooLarge"], to["recordsTooLarge"] = strconv.FormatInt(n, 10), strconv.FormatInt(p.records.Load(), 10)
	}
}

// Metrics tells how many offsets the partitions of a batch were behind the ends that
// were last heard of: the least, the greatest and the average, as Spark's source
// does, where an end is known. It also tells how many record batches this run has left
// out since they were too large, and of how many records.
func (s *kafkaSource) Metrics(to source.Offset) map[string]string {
	at, err := parseOffsets(to)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, least, most, sum := 0, int64(0), int64(0), int64(0)
	for k, end := range s.newest {
		pos, ok := at[k]
		if !ok {
			continue
		}
		behind := max(0, end-pos)
		if n == 0 || behind < least {
			least = behind
		}
		most, sum, n = max(most, behind), sum+behind, n+1
	}
	out := map[string]string{}
	s.passed.tell(out)
	if n > 0 {
		out["minOffsetsBehindLatest"] = strconv.FormatInt(least, 10)
		out["maxOffsetsBehindLatest"] = strconv.FormatInt(most, 10)
		out["avgOffsetsBehindLatest"] = strconv.FormatFloat(float64(sum)/float64(n), 'f', -1, 64)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
