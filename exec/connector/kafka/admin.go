package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// createTopic creates a topic with settings of its own, such as cleanup.policy,
// and waits until it can be used. One that is there already is left as it is. It
// returns the number of partitions that the topic has.
func (c *cluster) createTopic(ctx context.Context, topic string, partitions int, configs map[string]string) (int32, error) {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = int32(c.conf.requestTimeout.Milliseconds())
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, int32(partitions), -1
	for key, value := range configs {
		conf := kmsg.NewCreateTopicsRequestTopicConfig()
		conf.Name, conf.Value = key, kmsg.StringPtr(value)
		t.Configs = append(t.Configs, conf)
	}
	req.Topics = append(req.Topics, t)
	what := "cannot create the topic " + topic
	resp, err := ask(ctx, c, c.conf.dialTimeout, what, func(ctx context.Context) (*kmsg.CreateTopicsResponse, error) { return req.RequestWith(ctx, c.cl) })
	if err != nil {
		return 0, err
	}
	for _, got := range resp.Topics {
		if err := kerr.ErrorForCode(got.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return 0, c.explain(ctx, what, err)
		}
	}
	return c.settled(ctx, topic)
}

// settled waits until a broker shows a new topic, with a leader for each partition,
// and returns their number.
func (c *cluster) settled(ctx context.Context, topic string) (int32, error) {
	ctx, cancel := context.WithTimeout(ctx, c.conf.apiTimeout)
	defer cancel()
	for {
		all, err := c.metadata(ctx, []string{topic}, c.conf.dialTimeout)
		if err != nil {
			return 0, err
		}
		leaders := 0
		for _, part := range all.topics[topic].parts {
			if part.node >= 0 {
				leaders++
			}
		}
		if n := len(all.topics[topic].parts); n > 0 && leaders == n {
			return int32(n), nil
		}
		if sleep(ctx, c.conf.backoff); ctx.Err() != nil {
			return 0, fmt.Errorf("topic %s: the brokers do not show it yet: %w", topic, ctx.Err())
		}
	}
}

// partitions returns the number of partitions of a topic, 0 where there is none.
func (c *cluster) partitions(ctx context.Context, topic string) (int32, error) {
	all, err := c.metadata(ctx, []string{topic}, min(c.conf.dialTimeout, c.conf.apiTimeout))
	if err != nil {
		return 0, err
	}
	return int32(len(all.topics[topic].parts)), nil
}

// feature returns the level of a feature that the whole cluster has agreed on, 0
// where it has none.
func (c *cluster) feature(ctx context.Context, name string) (int16, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "riffle", "1"
	resp, err := ask(ctx, c, c.conf.dialTimeout, "cannot ask for the brokers' features", func(ctx context.Context) (*kmsg.ApiVersionsResponse, error) { return req.RequestWith(ctx, c.cl) })
	if err != nil {
		return 0, err
	}
	for _, f := range resp.FinalizedFeatures {
		if f.Name == name {
			return f.MaxVersionLevel, nil
		}
	}
	return 0, nil
}
