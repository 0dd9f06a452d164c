package kafka

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/option"
)

// ErrNoTopic says that a topic does not exist.
var ErrNoTopic = errMissing

// What a producer holds before Send waits for the brokers.
const (
	bufferedRecords = 50_000
	bufferedBytes   = 32 << 20
)

// Producer writes records for tools: it replays files and feeds examples. A
// record is written at least once, and records of one key in order. It is safe
// for concurrent use.
type Producer struct {
	c *cluster

	mu    sync.Mutex
	known map[string]bool // topics that are there
	err   error           // the first record that was not written
}

// NewProducer connects to the brokers at servers, as host:port,host:port.
// options are those of the source's connection, such as
// kafka.security.protocol. It asks nothing yet: brokers that cannot be reached
// are an error of the first Send.
func NewProducer(servers string, options map[string]string) (*Producer, error) {
	given := map[string]string{}
	for key, value := range options {
		name, ours := strings.CutPrefix(key, "kafka.")
		if !ours || readerOption(name) {
			return nil, &option.Error{Key: key, Msg: "is no option of a connection that writes; give kafka.security.protocol, kafka.sasl.*, kafka.ssl.* or kafka.client.id"}
		}
		given[name] = value
	}
	given["bootstrap.servers"] = servers
	conf, err := parseClient(given)
	if err != nil {
		return nil, err
	}
	c := &cluster{conf: conf, dials: &dials{}}
	c.cl, err = kgo.NewClient(append(conf.opts(c.dials),
		kgo.MaxBufferedRecords(bufferedRecords), kgo.MaxBufferedBytes(bufferedBytes), kgo.ProducerLinger(5*time.Millisecond),
		kgo.MetadataMaxAge(max(conf.metadataMin(), conf.metadataAge)),
		kgo.RecordDeliveryTimeout(max(conf.apiTimeout, time.Second)), kgo.AllowIdempotentProduceCancellation(), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w; check the kafka.* options", err)
	}
	return &Producer{c: c, known: map[string]bool{}}, nil
}

// readerOption tells the options that only reading has a use for.
func readerOption(name string) bool {
	switch name {
	case "isolation.level", "check.crcs", "max.partition.fetch.bytes", "client.rack":
		return true
	}
	return strings.HasPrefix(name, "fetch.")
}

// CreateTopic creates a topic of so many partitions, with the brokers' own
// settings for all else. One that is there already is left as it is.
func (p *Producer) CreateTopic(ctx context.Context, topic string, partitions int) error {
	if !isTopicName(topic) {
		return fmt.Errorf("%q is not a topic name: letters, digits, dot, underscore and hyphen, at most 249", topic)
	}
	if partitions < 1 || partitions > 10_000 {
		return fmt.Errorf("topic %s: %d partitions; ask for 1 to 10000", topic, partitions)
	}
	_, err := p.c.createTopic(ctx, topic, partitions, nil)
	return err
}

// Send writes a record, with no key where key is nil. It returns before the
// brokers have it, and waits where too much is on the way. The bytes must not be
// changed any more. It returns the first error of any record so far.
func (p *Producer) Send(ctx context.Context, topic string, key, value []byte) error {
	if err := p.check(ctx, topic); err != nil {
		return err
	}
	p.c.cl.Produce(ctx, &kgo.Record{Topic: topic, Key: key, Value: value}, p.done)
	return nil
}

// done is called for each record once the brokers have it, or never will.
func (p *Producer) done(r *kgo.Record, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = p.c.explain(r.Context, "writing to topic "+r.Topic, err)
	}
}

// check returns the first error, and that of a topic that is not there.
func (p *Producer) check(ctx context.Context, topic string) error {
	p.mu.Lock()
	known, err := p.known[topic], p.err
	p.mu.Unlock()
	if err != nil || known {
		return err
	}
	all, err := p.c.metadata(ctx, []string{topic}, p.c.conf.dialTimeout)
	if err != nil {
		return err
	}
	if _, there := all.topics[topic]; !there {
		return p.c.missing(ctx, topic)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[topic] = true
	return nil
}

// Flush waits until the brokers have all records that were sent, and returns the
// first error of any.
func (p *Producer) Flush(ctx context.Context) error {
	flushed := p.c.cl.Flush(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	return flushed
}

// Close ends the connections. Records that were not flushed may be lost.
func (p *Producer) Close() { p.c.close() }
