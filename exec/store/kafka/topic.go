package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ensureTopic finds the topic, or makes it, and sees that it keeps its records.
func (s *Store) ensureTopic(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.known {
		return nil
	}
	err := s.locate(ctx)
	if errors.Is(err, errNoTopic) {
		err = s.createTopic(ctx)
	}
	if err != nil {
		return err
	}
	return s.checkTopic(ctx)
}

func (s *Store) createTopic(ctx context.Context) error {
	policy := "compact"
	_, err := s.admin.CreateTopic(ctx, 1, -1, map[string]*string{"cleanup.policy": &policy}, s.conf.Topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("creating the topic: %w", err)
	}
	for begin := time.Now(); ; pause(ctx, 20*time.Millisecond) {
		err := s.locate(ctx)
		if !errors.Is(err, errNoTopic) || ctx.Err() != nil || time.Since(begin) > patience {
			return errors.Join(err, ctx.Err())
		}
	}
}

// topic returns what brokers say of the topic. Any one of them may not have heard of
// it yet: it is believed to be missing where all say so that can be asked.
func (s *Store) topic(ctx context.Context) (kadm.TopicDetail, error) {
	topics, err := s.admin.ListTopics(ctx, s.conf.Topic)
	if err != nil {
		return kadm.TopicDetail{}, err
	}
	t := topics[s.conf.Topic]
	if !errors.Is(t.Err, kerr.UnknownTopicOrPartition) {
		return t, t.Err
	}
	for _, b := range s.client.DiscoveredBrokers() {
		if known, err := s.knows(ctx, b); known || err != nil {
			return t, errors.Join(err, kerr.UnknownTopicOrPartition) // the others will know it soon
		}
	}
	return t, errNoTopic
}

// knows asks one broker for the topic. One that cannot be asked knows nothing.
func (s *Store) knows(ctx context.Context, b *kgo.Broker) (bool, error) {
	try, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	one := kmsg.NewMetadataRequestTopic()
	one.Topic = kmsg.StringPtr(s.conf.Topic)
	req.Topics = append(req.Topics, one)
	resp, err := b.Request(try, req)
	if err != nil {
		return false, ctx.Err()
	}
	all := resp.(*kmsg.MetadataResponse).Topics
	return len(all) == 1 && all[0].ErrorCode == 0, nil
}

// checkTopic refuses a topic that forgets.
func (s *Store) checkTopic(ctx context.Context) error {
	configs, err := s.admin.DescribeTopicConfigs(ctx, s.conf.Topic)
	if err != nil {
		return err
	}
	values := map[string]string{}
	_, err = configs.On(s.conf.Topic, func(r *kadm.ResourceConfig) error {
		for _, c := range r.Configs {
			values[c.Key] = c.MaybeValue()
		}
		return r.Err
	})
	if err != nil {
		return err
	}
	if !strings.Contains(values["cleanup.policy"], "delete") {
		return nil
	}
	for _, key := range []string{"retention.ms", "retention.bytes"} {
		if v := values[key]; v != "-1" {
			s.at.known = false
			return fmt.Errorf("the topic deletes what is old (cleanup.policy=%s, %s=%s), and a checkpoint must stay; set cleanup.policy=compact",
				values["cleanup.policy"], key, v)
		}
	}
	return nil
}
