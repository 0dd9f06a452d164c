package kafka

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Config says where a store is.
type Config struct {
	// Brokers are bootstrap servers, host:port.
	Brokers []string
	// Topic is created with the first record where it is not there.
	Topic string
	// TLS is set for connections over TLS, to servers that the system trusts.
	TLS bool
}

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// isTopicName keeps the length out of the pattern, which would become a state for
// each letter, in every program that starts.
func isTopicName(name string) bool { return len(name) <= 249 && topicName.MatchString(name) }

// Parse reads a location: kafka://broker:9092,broker:9092/topic?tls=true. A port
// defaults to 9092.
func Parse(location string) (Config, error) {
	var c Config
	rest, ok := strings.CutPrefix(location, "kafka://")
	rest, query, _ := strings.Cut(rest, "?")
	brokers, topic, _ := strings.Cut(rest, "/")
	if !ok || brokers == "" || !isTopicName(topic) {
		return c, fmt.Errorf("the location %s: write kafka://host:9092,host:9092/topic", location)
	}
	for b := range strings.SplitSeq(brokers, ",") {
		if b == "" || strings.ContainsAny(b, "@ ") {
			return c, fmt.Errorf("the location %s: %q is no broker; write host:9092", location, b)
		}
		if !strings.Contains(b, ":") {
			b += ":9092"
		}
		c.Brokers = append(c.Brokers, b)
	}
	c.Topic = topic
	q, err := url.ParseQuery(query)
	if err != nil {
		return c, fmt.Errorf("the location %s: %w", location, err)
	}
	for key, values := range q {
		if key != "tls" || len(values) != 1 {
			return c, fmt.Errorf("the location %s: parameter %q is unknown or given twice; there is tls", location, key)
		}
		if c.TLS, err = strconv.ParseBool(values[0]); err != nil {
			return c, fmt.Errorf("the location %s: tls is true or false, not %q", location, values[0])
		}
	}
	return c, nil
}

// client makes a client. It does no request.
func (c Config) client() (*kgo.Client, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...), kgo.ClientID("riffle-checkpoint"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic(c.Topic),
		kgo.ProducerLinger(0), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordDeliveryTimeout(30 * time.Second), kgo.RetryTimeout(30 * time.Second),
		kgo.DisableClientMetrics(), kgo.MetadataMinAge(100 * time.Millisecond), // a topic just made is soon known
	}
	if c.TLS {
		opts = append(opts, kgo.DialTLS())
	}
	return kgo.NewClient(opts...)
}
