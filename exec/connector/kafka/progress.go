package kafka

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// progress is what the sink last did to a shard. It is the value of a record that
// is written in the same transaction as the rows, to the shard's partition of
// the progress topic, so that it tells which batch is visible there.
type progress struct {
	Format int `json:"format"`
	// Batch is the last batch whose rows of this shard are visible; -1 for none.
	Batch int64 `json:"batch"`
	// Epoch is the run of the query that wrote it.
	Epoch int64 `json:"epoch"`
	// Rows and Bytes are those of the batch in this shard, Hash is the sum of the
	// hashes of its rows, whatever their order.
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
	Hash  uint64 `json:"hash,string"`
	// Shards has a bit for each shard in which the batch has rows; none where the
	// progress was rebuilt, so that they are not known.
	Shards uint64 `json:"shards,string"`
	// Layout is in the records of shard 0 alone.
	Layout *layout `json:"layout,omitempty"`
}

// layout says how rows are spread, the same for the life of a query: a batch that
// runs again must find each row in the shard where it was.
type layout struct {
	Shards int `json:"shards"`
	// Topics holds for each topic the number of partitions that it had when the
	// query first wrote to it.
	Topics map[string]int32 `json:"topics"`
}

// rebuilt tells whether it was put together from the rows of the batch.
func (p *progress) rebuilt() bool { return p.Batch >= 0 && p.Shards == 0 }

const progressFormat = 1

// maxShards is what the bits of progress.Shards allow.
const maxShards = 64

func (p *progress) encode() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // a struct of numbers and texts is always JSON
	}
	return text
}

// parseProgress reads the value of a record of the progress topic.
func parseProgress(text []byte) (*progress, error) {
	var p progress
	dec := json.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&p)
	switch {
	case err == nil && dec.More():
		err = errors.New("there is more behind it")
	case err != nil:
	case p.Format != progressFormat:
		err = fmt.Errorf("its format is %d; this program knows %d", p.Format, progressFormat)
	case p.Batch < -1 || p.Rows < 0 || p.Bytes < 0:
		err = errors.New("its numbers cannot be")
	case p.Layout != nil:
		err = p.Layout.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%.200q is no progress record of a kafka sink: %w", text, err)
	}
	return &p, nil
}

func (l *layout) check() error {
	if l.Shards < 1 || l.Shards > maxShards {
		return fmt.Errorf("it has %d shards", l.Shards)
	}
	for topic, n := range l.Topics {
		if n < 1 {
			return fmt.Errorf("its topic %s has %d partitions", topic, n)
		}
	}
	return nil
}

// with returns a layout that knows these topics too.
func (l *layout) with(topics map[string]int32) *layout {
	out := &layout{Shards: l.Shards, Topics: map[string]int32{}}
	for t, n := range l.Topics {
		out.Topics[t] = n
	}
	for t, n := range topics {
		out.Topics[t] = n
	}
	return out
}

// progressTopic names the topic that holds the progress of one sink of a query.
func progressTopic(queryID, role string) string {
	if role == "" || role == "sink" {
		return "__riffle_progress_" + queryID
	}
	return "__riffle_progress_" + queryID + "_" + role
}
