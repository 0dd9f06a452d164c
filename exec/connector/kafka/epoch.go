package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// checkEpoch makes sure that a leader elected after a range was planned still
// has the records of that range, and not others at their offsets (KIP-320).
func (s *kafkaSource) checkEpoch(ctx context.Context, cat *catalog, sp split, id [16]byte) error {
	if err := checkTopic(cat, sp.at(), id, sp.From); err != nil {
		if s.conf.failOnLoss {
			return err
		}
		return nil // the reading skips it, and tells
	}
	leader, _, _ := cat.leader(sp.at())
	if sp.Epoch < 0 || leader.epoch <= sp.Epoch {
		return nil
	}
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	t := kmsg.NewOffsetForLeaderEpochRequestTopic()
	t.Topic = sp.Topic
	p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = sp.Partition, -1, sp.Epoch
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	try, cancel := context.WithTimeout(ctx, s.conf.client.apiTimeout)
	defer cancel()
	resp, err := req.RequestWith(try, s.cluster.cl)
	if err != nil {
		return s.cluster.explain(ctx, sp.at().String(), err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode == 0 && p.EndOffset >= 0 && p.EndOffset < sp.To && s.conf.failOnLoss {
				return &Loss{sp.Topic, sp.Partition, p.EndOffset, sp.To, "a broker was elected leader without them, and their offsets now hold other records"}
			}
		}
	}
	return nil
}
