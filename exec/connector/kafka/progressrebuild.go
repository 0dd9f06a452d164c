package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// rebuild writes the progress of the shards that have none anew, as the rows tell
// that are in the topics: each says in a header of which batch it is. A transaction
// is there whole or not at all, so one row of a batch in a shard is enough to know
// that all are; their number and their hash are found too, and compared when the
// batch runs again, so that a layout which is not as it was is noticed.
//
// The first shard comes last: as long as it has no progress a start without
// rebuilding fails.
func (s *exactSink) rebuild(ctx context.Context) error {
	topics, err := s.rebuildTopics(ctx)
	if err != nil {
		return err
	}
	conf := *s.cluster.conf
	conf.committed = true
	source, err := openSource(ctx, &config{client: &conf, topics: slices.Sorted(maps.Keys(topics)), start: place{all: earliest}, end: place{all: latest}, headers: true},
		types.NewSchema().Add("key", types.Binary).Add("value", types.Binary).Add("headers", headerType), false, func(Loss) {})
	if err != nil {
		return fmt.Errorf("rebuilding the progress of the sink: %w", err)
	}
	for _, sh := range slices.Backward(s.shards) {
		err := sh.until(ctx, func() (bool, error) { return sh.found, nil }, func() error {
			next, err := s.visible(ctx, source, topics, sh.number)
			if err != nil {
				return err
			}
			if sh.number == 0 {
				next.Layout = &layout{Shards: len(s.shards), Topics: topics}
			}
			return sh.transact(ctx, next, nil)
		})
		if err != nil {
			return errors.Join(fmt.Errorf("rebuilding the progress of shard %d: %w", sh.number, err), source.Close())
		}
	}
	return source.Close()
}

// rebuildTopics returns the topics that the sink writes to, with their partitions.
func (s *exactSink) rebuildTopics(ctx context.Context) (map[string]int32, error) {
	topics := map[string]int32{}
	first, whole := s.shards[0], true
	if err := first.until(ctx, func() (bool, error) { return true, nil }, nil); err != nil {
		return nil, err
	}
	if l := first.last.Layout; l != nil {
		maps.Copy(topics, l.Topics)
	} else {
		whole = false
	}
	for _, c := range s.all() {
		if c.topic == "" && !whole {
			return nil, fmt.Errorf("the progress of the %s cannot be rebuilt: its rows name their topics themselves, and which those are was in the progress; set progress.missing to accept that rows of batch %d may come twice, or start a new query", c.role(), c.spec.Committed+1)
		}
		if _, known := topics[c.topic]; known || c.topic == "" {
			continue
		}
		n, err := s.existing(ctx, c.topic)
		if err != nil {
			return nil, ofRole(c.spec, err)
		}
		topics[c.topic] = n
	}
	return topics, nil
}

// visible returns the progress of a shard as its rows in the topics tell. The shard
// must be open: until then another run may write to it.
func (s *exactSink) visible(ctx context.Context, source *kafkaSource, topics map[string]int32, shard int) (*progress, error) {
	found := evidence{sink: s, latest: before()}
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		now, err := s.existing(ctx, topic) // rows may name a partition that was added
		if err != nil {
			return nil, err
		}
		for p := int32(shard); p < now; p += int32(len(s.shards)) {
			if err := found.read(ctx, source, tp{topic, p}); err != nil {
				return nil, err
			}
		}
	}
	found.latest.Epoch = s.conf.spec.Epoch
	return found.latest, nil
}

// evidence is what the rows of one shard tell of its batches.
type evidence struct {
	sink   *exactSink
	latest *progress // of the latest batch
}

// tailRows is how many offsets of a partition's end are read at first.
const tailRows = 4096

// read reads a partition from its end back to a row of the query's that is older
// than the last committed batch: of that one, and the next, the rows are counted.
func (e *evidence) read(ctx context.Context, source *kafkaSource, at tp) error {
	low, end, err := source.cluster.stable(ctx, at)
	if err != nil {
		return err
	}
	for to, size := end, int64(tailRows); to > low; size *= 2 {
		from, old := max(low, to-size), false
		var bad error
		err := eachBatch(ctx, source, at, from, to, func(b batch.Batch) {
			older, err := e.add(b, at)
			old, bad = old || older, errors.Join(bad, err)
		})
		if err = errors.Join(err, bad); err != nil || old {
			return err
		}
		to = from
	}
	return nil
}

// rowColumns are those of a batch that add reads.
var rowColumns = sinkColumns{key: 0, value: 1, headers: 2, topic: -1, partition: -1}

// add counts the rows of a batch, and tells whether there is an older one than
// what may be written again.
func (e *evidence) add(b batch.Batch, at tp) (old bool, err error) {
	rows, err := rowColumns.encoder(b, at.topic, nil)
	if err != nil {
		return false, err
	}
	var r outRow
	var room []byte
	for i := range b.NumRows() {
		if err := rows.row(i, &r); err != nil {
			return false, err
		}
		id, ours, err := e.batchOf(&r)
		if err != nil {
			return false, err
		}
		if !ours {
			continue
		}
		old = old || id < e.sink.conf.spec.Committed
		if id > e.latest.Batch {
			e.latest = &progress{Format: progressFormat, Batch: id}
		}
		if id == e.latest.Batch {
			room = appendRow(room[:0], &r)
			e.latest.Rows, e.latest.Bytes = e.latest.Rows+1, e.latest.Bytes+int64(len(room))
			e.latest.Hash += inPartition(xxh3.Hash(room), at.partition)
		}
	}
	return old, nil
}

// batchOf returns the batch that a row is of, and takes the header that says so out
// of it. Rows of others are not ours.
func (e *evidence) batchOf(r *outRow) (id int64, ours bool, err error) {
	headers, err := readHeaders(nil, r.headers)
	if err != nil || len(headers) == 0 {
		return 0, false, err
	}
	mark := headers[len(headers)-1]
	for _, c := range e.sink.all() {
		if id, ours = c.batchIn(mark); ours {
			r.headers = r.headers[:len(r.headers)-len(appendHeader(nil, mark.Key, mark.Value))]
			return id, true, nil
		}
	}
	return 0, false, nil
}

// batchIn returns the batch that a header names, if it is one of this sink's.
func (c *sinkConfig) batchIn(h kgo.RecordHeader) (int64, bool) {
	rest, ok := strings.CutPrefix(string(h.Value), c.spec.QueryID+"/")
	number, role, _ := strings.Cut(rest, "/")
	if h.Key != batchHeader || !ok || aside(c.spec) != (role != "") || role != "" && role != c.role() {
		return 0, false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	return id, err == nil && id >= 0
}
