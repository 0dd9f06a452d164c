package kafka

import (
	"context"
	"encoding/hex"
	"maps"

	"github.com/riffledata/riffle/exec/source"
)

// Plan makes a range of each partition that has something in [from, to), by
// topic and number, and splits them where minPartitions asks for more.
func (s *kafkaSource) Plan(ctx context.Context, from, to source.Offset) ([]source.Range, error) {
	begin, err := parseOffsets(from)
	if err != nil {
		return nil, err
	}
	end, err := parseOffsets(to)
	if err != nil {
		return nil, err
	}
	if begin, err = s.planFrom(ctx, begin, end); err != nil {
		return nil, err
	}
	epochs, err := s.plannedIn(ctx)
	if err != nil {
		return nil, err
	}
	var whole []split
	for _, k := range end.sorted() {
		if begin[k] >= end[k] {
			continue
		}
		sp := split{Topic: k.topic, Partition: k.partition, From: begin[k], To: end[k], Epoch: -1}
		if epoch, ok := epochs[k]; ok {
			sp.Epoch = int32(epoch)
		}
		if id := s.id(k.topic); id != [16]byte{} {
			sp.ID = hex.EncodeToString(id[:])
		}
		whole = append(whole, sp)
	}
	var out []source.Range
	for _, sp := range divide(whole, s.conf.minPartitions) {
		r, err := sp.rangeOf()
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// plannedIn returns the leader epochs in which the logs reach the end of a batch:
// in a stream those that it is pinned to, in a batch query those of now.
func (s *kafkaSource) plannedIn(ctx context.Context) (offsets, error) {
	if s.conf.streaming {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.back = nil
		return maps.Clone(s.epochs), nil
	}
	cat, err := s.catalog(ctx, false)
	if err != nil {
		return nil, err
	}
	out := cat.partitions()
	for k := range out {
		leader, _, _ := cat.leader(k)
		out[k] = int64(leader.epoch)
	}
	return out, nil
}

// planFrom returns the starts of the partitions of end: those that from does not
// name, at their earliest. Where an offset goes back, nothing is read.
func (s *kafkaSource) planFrom(ctx context.Context, from, end offsets) (offsets, error) {
	unknown := offsets{}
	for k := range end {
		if !from.has(k) {
			unknown[k] = earliest
		}
	}
	out, err := s.cluster.listOffsets(ctx, unknown)
	if err != nil {
		return nil, err
	}
	for k, at := range from {
		if _, ok := out[k]; !ok {
			out[k] = at
		}
	}
	return out, nil
}
