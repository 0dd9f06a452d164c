package kafka

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/riffledata/riffle/exec/source"
)

// split is a range of one partition, as a task gets it.
type split struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	From      int64  `json:"from"`
	To        int64  `json:"to"`
	// Epoch is the leader epoch in which the range was planned, -1 if unknown:
	// a later leader must still have all of it.
	Epoch int32 `json:"epoch"`
	// ID is the topic's id in hexadecimal, "" if unknown.
	ID string `json:"id,omitempty"`
	// Part is set where the partition is split: the range is then read by itself.
	Part bool `json:"part,omitempty"`
}

func parseSplit(text json.RawMessage) (split, [16]byte, error) {
	s := split{Epoch: -1}
	var id [16]byte
	if err := json.Unmarshal(text, &s); err != nil {
		return s, id, fmt.Errorf("kafka range %.200s: %w", text, err)
	}
	if s.Topic == "" || s.Partition < 0 || s.From < 0 || s.To < s.From {
		return s, id, fmt.Errorf("kafka range %.200s: no topic, or offsets out of order", text)
	}
	raw, err := hex.DecodeString(s.ID)
	if err != nil || len(raw) != 0 && len(raw) != 16 {
		return s, id, fmt.Errorf("kafka range %.200s: %q is not a topic id", text, s.ID)
	}
	copy(id[:], raw)
	return s, id, nil
}

func (s split) at() tp { return tp{s.Topic, s.Partition} }

// partCount is in how many parts to read a partition of size offsets out of
// total, so that there are about parts in all.
func partCount(size, total, parts int64) int64 {
	if total <= 0 {
		return 1
	}
	return max(1, int64(math.Round(float64(size)/float64(total)*float64(parts))))
}

// divide splits the ranges as Spark does: those too small to split keep to
// themselves, the others share out what is left of least.
func divide(whole []split, least int64) []split {
	if least <= int64(len(whole)) {
		return whole
	}
	var total, large, small int64
	for _, s := range whole {
		total += s.To - s.From
	}
	alone := make([]bool, len(whole))
	for i, s := range whole {
		if alone[i] = partCount(s.To-s.From, total, least) == 1; alone[i] {
			small++
		} else {
			large += s.To - s.From
		}
	}
	var out []split
	for i, s := range whole {
		n := int64(1)
		if !alone[i] {
			n = partCount(s.To-s.From, large, max(least-small, 1))
		}
		out = append(out, s.cut(n)...)
	}
	return out
}

// cut splits a range into n parts of about equal size.
func (s split) cut(n int64) []split {
	n = max(1, min(n, s.To-s.From))
	s.Part = n > 1
	out := make([]split, 0, n)
	for from := s.From; n > 0; n-- {
		part := s
		part.From, part.To = from, from+(s.To-from)/n
		from = part.To
		out = append(out, part)
	}
	return out
}

func (s split) rangeOf() (source.Range, error) {
	text, err := json.Marshal(s)
	return source.Range{Split: text, Rows: s.To - s.From, Partition: s.Topic + "/" + strconv.Itoa(int(s.Partition))}, err
}

// limit shares so many offsets among the partitions in proportion to what each
// holds, at least one for each that holds any, as Spark does.
func limit(from, to offsets, most int64) offsets {
	total := int64(0)
	for k, end := range to {
		total += max(0, end-from[k])
	}
	if total <= most {
		return to
	}
	out := make(offsets, len(to))
	for k, end := range to {
		size := end - from[k]
		if size <= 0 {
			out[k] = end
			continue
		}
		share := float64(most) * (float64(size) / float64(total))
		n := int64(math.Floor(share))
		if share < 1 {
			n = 1
		}
		out[k] = min(end, from[k]+n)
	}
	return out
}
