package broker

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrTopicExists is the error of CreateTopic for a name that is taken, or that
// differs from a taken one by a dot for an underscore alone.
var ErrTopicExists = errors.New("the topic exists already")

// topicName is Kafka's rule; the embedded broker would take any name.
var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// isTopicName keeps the length out of the pattern, which would become a state for
// each letter, in every program that starts.
func isTopicName(name string) bool { return len(name) <= 249 && topicName.MatchString(name) }

// CreateTopic creates a topic of so many partitions, 1 to 10000.
func (b *Broker) CreateTopic(ctx context.Context, name string, partitions int) error {
	if !isTopicName(name) || name == "." || name == ".." {
		return fmt.Errorf("creating topic %q: a topic's name has 1 to 249 letters, digits, dots, dashes and underscores", name)
	}
	if partitions < 1 || partitions > 10_000 {
		return fmt.Errorf("creating topic %q: %d partitions; ask for 1 to 10000", name, partitions)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		return fmt.Errorf("creating topic %q: %w", name, err)
	}
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(ctx, int32(partitions), 1, nil, name)
	switch {
	case errors.Is(err, kerr.TopicAlreadyExists), errors.Is(err, kerr.InvalidTopicException):
		return fmt.Errorf("creating topic %q: %w", name, ErrTopicExists)
	case err != nil:
		return fmt.Errorf("creating topic %q: %w", name, err)
	}
	return nil
}

// Records returns how many records a topic has got so far.
func (b *Broker) Records(ctx context.Context, topic string) (int64, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addr))
	if err != nil {
		return 0, fmt.Errorf("counting the records of %q: %w", topic, err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("counting the records of %q: %w", topic, err)
	}
	n := int64(0)
	ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
	return n, nil
}
