package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// want is what to fetch of one partition.
type want struct {
	at        tp
	id        [16]byte
	pos       int64
	epoch     int32 // of the leader as we know it, -1 where unknown
	lastEpoch int32 // that the batch before pos was written in, -1 where unknown
	bytes     int32
}

// got is the answer for one partition.
type got struct {
	at       tp
	err      error // an error code of Kafka, or damage
	chunk    chunk
	end      int64 // last stable offset, or high watermark with read_uncommitted
	logStart int64 // -1 where the broker does not say
	replica  int32 // another node to fetch from, -1 where none
	diverged bool  // the log was cut back below pos and written anew
	partial  bool  // there were bytes, but not one whole record batch
	hole     bool  // there were none though end is beyond, and there are none
}

// empty tells of an answer without a byte, though the log goes on.
func (g *got) empty() bool {
	return g.err == nil && !g.diverged && !g.partial && g.replica < 0 && g.chunk.next == g.chunk.from && g.end > g.chunk.from
}

// isHole tells whether an empty answer to a request for one partition alone says that
// nothing is left up to the end: compaction leaves such holes. What lies in the log's
// remote tier may be long in coming, so that brokers answer without it.
func (s *kafkaSource) isHole(ctx context.Context, g *got) (bool, error) {
	local, err := s.cluster.listOffsets(ctx, offsets{g.at: earliestLocal})
	var coded *kerr.Error
	if errors.As(err, &coded) && !coded.Retriable {
		return true, nil // brokers without tiers do not know the question
	}
	return err == nil && local[g.at] <= g.chunk.from, err
}

// fetch asks one node for several partitions, in order. It waits at most so long
// for the first byte. Partitions that the answer leaves out are left out.
//
// Requests carry no fetch session: the set of partitions changes too often, and
// a request is small beside its answer.
func (c *cluster) fetch(ctx context.Context, cl *kgo.Client, node int32, wants []want, wait time.Duration) ([]got, error) {
	req, byID := c.fetchRequest(wants, wait)
	resp, err := cl.Broker(int(node)).Request(ctx, req)
	if err != nil {
		return nil, err
	}
	answer := resp.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return nil, err
	}
	pos := make(map[tp]int64, len(wants))
	for _, w := range wants {
		pos[w.at] = w.pos
	}
	out := make([]got, 0, len(wants))
	for _, t := range answer.Topics {
		name := t.Topic
		if answer.Version >= 13 {
			name = byID[t.TopicID]
		}
		for i := range t.Partitions {
			k := tp{name, t.Partitions[i].Partition}
			if from, ok := pos[k]; ok {
				out = append(out, c.take(k, from, &t.Partitions[i]))
				delete(pos, k)
			}
		}
	}
	// A broker over its quota answers with nothing, and says so. Nothing must
	// then be concluded from the emptiness.
	if answer.ThrottleMillis > 0 {
		out = dropEmpty(out)
	}
	return out, nil
}

func dropEmpty(list []got) []got {
	kept := list[:0]
	for _, g := range list {
		if g.err != nil || g.chunk.next > g.chunk.from {
			kept = append(kept, g)
		}
	}
	return kept
}

func (c *cluster) fetchRequest(wants []want, wait time.Duration) (*kmsg.FetchRequest, map[[16]byte]string) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis = int32(wait / time.Millisecond)
	req.MinBytes = c.conf.minBytes
	if wait == 0 {
		req.MinBytes = 1
	}
	req.MaxBytes = c.conf.fetchBytes
	req.IsolationLevel = c.conf.isolation()
	req.SessionEpoch = -1
	req.Rack = c.conf.rack
	byID := map[[16]byte]string{}
	at := map[string]int{}
	for _, w := range wants {
		i, ok := at[w.at.topic]
		if !ok {
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = w.at.topic, w.id
			i = len(req.Topics)
			at[w.at.topic], byID[w.id] = i, w.at.topic
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.CurrentLeaderEpoch, p.LastFetchedEpoch = w.at.partition, w.pos, w.epoch, w.lastEpoch
		p.PartitionMaxBytes = w.bytes
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, p)
	}
	return req, byID
}

func (c *cluster) take(k tp, from int64, p *kmsg.FetchResponseTopicPartition) got {
	g := got{at: k, err: kerr.ErrorForCode(p.ErrorCode), end: p.LastStableOffset, logStart: p.LogStartOffset, replica: -1}
	g.chunk = chunk{from: from, next: from, epoch: -1}
	if !c.conf.committed || g.end < 0 {
		g.end = p.HighWatermark
	}
	if c.conf.rack != "" {
		g.replica = p.PreferredReadReplica
	}
	g.diverged = p.DivergingEpoch.EndOffset >= 0
	if g.err != nil || g.diverged {
		return g
	}
	aborted := p.AbortedTransactions
	if !c.conf.committed {
		aborted = nil
	}
	g.chunk, g.err = walk(p.RecordBatches, from, aborted)
	g.partial = g.err == nil && len(p.RecordBatches) > 0 && g.chunk.next == from
	return g
}

// retriable tells whether a fetch error passes once metadata is fresh, or time
// has gone by.
func retriable(err error) bool {
	for _, e := range []error{kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.InconsistentTopicID, kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return !errors.Is(err, kerr.OffsetOutOfRange) && kerr.IsRetriable(err)
}

// checkTopic compares a topic's id with the one that its offsets were taken
// from. It returns a Loss where the topic is gone or is another one.
func checkTopic(cat *catalog, k tp, id [16]byte, pos int64) error {
	_, now, ok := cat.leader(k)
	switch {
	case !ok:
		return &Loss{k.topic, k.partition, pos, -1, "the topic or the partition was deleted"}
	case id != [16]byte{} && now != [16]byte{} && id != now:
		return &Loss{k.topic, k.partition, pos, -1, fmt.Sprintf("the topic was deleted and made anew (its id is %s, and was %s): its offsets mean other records", topicID(now), topicID(id))}
	}
	return nil
}
