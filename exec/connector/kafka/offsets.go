package kafka

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"

	"github.com/riffledata/riffle/exec/source"
)

// tp names a partition of a topic.
type tp struct {
	topic     string
	partition int32
}

// String is the usual short form: topic-partition.
func (t tp) String() string { return t.topic + "-" + strconv.Itoa(int(t.partition)) }

func compareTP(a, b tp) int {
	switch {
	case a.topic < b.topic:
		return -1
	case a.topic > b.topic:
		return 1
	}
	return int(a.partition) - int(b.partition)
}

// The offsets that stand for a place in a log rather than a number, as in
// Spark's JSON and in Kafka's protocol.
const (
	latest   = -1
	earliest = -2
	// earliestLocal is the first offset that is on the leader's own disk (KIP-405).
	earliestLocal = -4
)

// offsets maps partitions to offsets: for each the next one to read.
type offsets map[tp]int64

// sorted returns the partitions by topic and number.
func (o offsets) sorted() []tp {
	keys := make([]tp, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return compareTP(keys[i], keys[j]) < 0 })
	return keys
}

// json writes {"topic":{"0":17,"1":4}}, topics by name and partitions by number,
// so that equal offsets are equal bytes.
func (o offsets) json() source.Offset {
	var b bytes.Buffer
	b.WriteByte('{')
	last := ""
	for i, k := range o.sorted() {
		switch {
		case i > 0 && k.topic == last:
			b.WriteByte(',')
		case i > 0:
			b.WriteString("},")
			fallthrough
		default:
			name, _ := json.Marshal(k.topic)
			b.Write(name)
			b.WriteString(":{")
			last = k.topic
		}
		fmt.Fprintf(&b, "%q:%d", strconv.Itoa(int(k.partition)), o[k])
	}
	if len(o) > 0 {
		b.WriteByte('}')
	}
	b.WriteByte('}')
	return b.Bytes()
}

// parseOffsets reads {"topic":{"0":17}}. An empty text is no offsets.
func parseOffsets(text []byte) (offsets, error) {
	out := offsets{}
	if len(bytes.TrimSpace(text)) == 0 {
		return out, nil
	}
	var raw map[string]map[string]int64
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf(`%.200q is not JSON like {"topic":{"0":17,"1":-2}}: %w`, text, err)
	}
	if dec.More() {
		return nil, fmt.Errorf(`%.200q has more after its JSON; write {"topic":{"0":17,"1":-2}}`, text)
	}
	for topic, parts := range raw {
		for number, offset := range parts {
			p, err := strconv.ParseInt(number, 10, 32)
			if err != nil || p < 0 || strconv.Itoa(int(p)) != number {
				return nil, fmt.Errorf("%q is not a partition number of topic %q; write 0, 1, 2", number, topic)
			}
			out[tp{topic, int32(p)}] = offset
		}
	}
	return out, nil
}

// same tells whether two offsets have the same partitions.
func (o offsets) same(p offsets) bool {
	if len(o) != len(p) {
		return false
	}
	for k := range o {
		if _, ok := p[k]; !ok {
			return false
		}
	}
	return true
}
