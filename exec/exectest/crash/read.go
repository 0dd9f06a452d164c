package crash

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// record is one that a reader of committed records gets.
type record struct {
	partition  int32
	offset     int64
	key, value string
	time       time.Time
}

// readAll reads a topic to its end, as a reader of committed records does, each
// partition in order.
func readAll(ctx context.Context, brokers, topic string) (map[int32][]record, error) {
	seeds := kgo.SeedBrokers(strings.Split(brokers, ",")...)
	admin, err := kgo.NewClient(seeds)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	ends, err := kadm.NewClient(admin).ListCommittedOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("finding the end of %s: %w", topic, err)
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition], from[o.Partition] = o.Offset, kgo.NewOffset().AtStart()
		}
	})
	out := map[int32][]record{}
	if len(left) == 0 {
		return out, nil
	}
	client, err := kgo.NewClient(seeds, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return nil, fmt.Errorf("reading %s, %d partitions of which are not at their end: %w", topic, len(left), err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if end, ok := left[r.Partition]; !ok || r.Offset >= end {
				return
			} else if r.Offset == end-1 {
				delete(left, r.Partition)
			}
			if !r.Attrs.IsControl() {
				out[r.Partition] = append(out[r.Partition], record{r.Partition, r.Offset, string(r.Key), string(r.Value), r.Timestamp})
			}
		})
	}
	return out, nil
}
