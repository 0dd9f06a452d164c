package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
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
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := s.locate(ctx)
		if err == nil && s.at.leader >= 0 || ctx.Err() != nil || time.Since(begin) > patience {
			return errors.Join(err, ctx.Err())
		}
		s.at.known = false
	}
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
