package kafka

import (
	"strconv"

	"github.com/riffledata/riffle/exec/source"
)

// Metrics tells how many offsets the partitions of a batch were behind the ends that
// were last heard of: the least, the greatest and the average, as Spark's source
// does. Nothing is told where no end is known.
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
	if n == 0 {
		return nil
	}
	return map[string]string{
		"minOffsetsBehindLatest": strconv.FormatInt(least, 10),
		"maxOffsetsBehindLatest": strconv.FormatInt(most, 10),
		"avgOffsetsBehindLatest": strconv.FormatFloat(float64(sum)/float64(n), 'f', -1, 64),
	}
}
