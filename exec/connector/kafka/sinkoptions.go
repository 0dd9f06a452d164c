package kafka

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

// sinkSpecs lists the sink's own options, named as in Spark's where Spark has
// them.
var sinkSpecs = []option.Spec{
	{Key: "kafka.", Doc: "Options of the connection, under the names of Kafka's own clients: kafka.bootstrap.servers (required), kafka.security.protocol, kafka.ssl.ca.location, kafka.sasl.mechanism, kafka.compression.type, kafka.linger.ms, kafka.max.request.size, kafka.transaction.timeout.ms, kafka.delivery.timeout.ms and others."},
	{Key: "topic", Doc: "The topic that all rows go to; without it each row names its topic in the column topic."},
	{Key: "delivery", Default: exactlyOnce, Doc: "exactly-once: each shard of a batch is one transaction, which needs a checkpoint; or at-least-once. Sink, quarantine and late rows of a query share the transactions if their kafka.* options are the same."},
	{Key: "value.format", Doc: "json or csv: the row becomes the value of its record. Without it the column value is the value."},
	{Key: "value.columns", Doc: "What goes into the value with value.format: rest, all columns but key, headers, topic and partition, which say where the record goes; or all. Default rest; all for a quarantine and for late rows."},
	{Key: "key.format", Doc: "json: the key is an object of the columns that identify a row in output mode update, or of key.columns."},
	{Key: "key.columns", Doc: "The columns of the key with key.format, separated by commas."},
	{Key: "shards", Doc: "How many transactions a batch is written in, 1 to 64; fixed when the query first starts. Default: the partitions of the topic, at most 64; 8 where rows name their topics. A quarantine or late rows that ask for another number than the sink are not written in its transactions."},
	{Key: "buffer.bytes", Default: "67108864", Doc: "The most bytes of a batch that wait in memory for its commit; what is more waits in a temporary file."},
	{Key: "allow.tv1", Default: "false", Doc: "Whether exactly-once is promised on brokers with a transaction.version below 2, whose transactions can be torn (KAFKA-17754)."},
	{Key: "progress.missing", Default: missingFails, Doc: "What to do where batches are committed but the sink's progress is gone, since its topic was deleted or emptied: fail; rebuild it from the rows at the ends of the sink's topics, which say what batch they are of, so that none comes twice; or accept that rows of one batch may come twice."},
}

const (
	exactlyOnce = "exactly-once"
	atLeastOnce = "at-least-once"
)

// refusedProducer are options of Kafka's producers that mean nothing here.
var refusedProducer = map[string]string{
	"transactional.id":        "is not supported: the sink names its transactions after the query and the shard",
	"partitioner.class":       "is not supported: a key decides as in Kafka's default partitioner; set the column partition for anything else",
	"key.serializer":          "is not supported: keys are strings or bytes; cast the column, or set key.format",
	"value.serializer":        "is not supported: values are strings or bytes; cast the column, or set value.format",
	"retries":                 "is not supported: a batch is tried until kafka.delivery.timeout.ms is over",
	"interceptor.classes":     "is not supported: interceptors are Java classes",
	"partitioner.ignore.keys": "is not supported: a record's key decides on its partition",
}

// producerConf is what the kafka.* options say about writing.
type producerConf struct {
	client      *clientConf
	compression []kgo.CompressionCodec
	linger      time.Duration
	maxBytes    int32         // of one request, and so of one record
	timeout     time.Duration // after which brokers end a transaction
	delivery    time.Duration // of all tries of one shard of a batch
}

// codecs are compression.type's values.
var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

// producerKeys reads the keys that only writing has.
var producerKeys = map[string]func(p *producerConf, v string) error{
	"acks":               only("all", "-1"),
	"enable.idempotence": only("true"),
	"compression.type": func(p *producerConf, v string) error {
		codec, ok := codecs[lower(v)]
		if !ok {
			return fmt.Errorf("%q is not one of none, gzip, snappy, lz4, zstd%s", v, types.DidYouMean(lower(v), []string{"none", "gzip", "snappy", "lz4", "zstd"}))
		}
		p.compression = []kgo.CompressionCodec{codec}
		return nil
	},
	"linger.ms": func(p *producerConf, v string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil || n < 0 || n > 60_000 {
			return fmt.Errorf("%q is not a number of milliseconds from 0 to 60000", v)
		}
		p.linger = time.Duration(n) * time.Millisecond
		return nil
	},
	"max.request.size": func(p *producerConf, v string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil || n < 1024 {
			return fmt.Errorf("%q is not a number of bytes of at least 1024", v)
		}
		p.maxBytes = int32(n)
		return nil
	},
	"transaction.timeout.ms": millis(func(p *producerConf) *time.Duration { return &p.timeout }),
	"delivery.timeout.ms":    millis(func(p *producerConf) *time.Duration { return &p.delivery }),
}

func only(values ...string) func(*producerConf, string) error {
	return func(_ *producerConf, v string) error {
		for _, w := range values {
			if strings.EqualFold(strings.TrimSpace(v), w) {
				return nil
			}
		}
		return fmt.Errorf("%q is not supported: the sink always writes with %s", v, values[0])
	}
}

func millis(at func(*producerConf) *time.Duration) func(*producerConf, string) error {
	return func(p *producerConf, v string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil || n < 100 {
			return fmt.Errorf("%q is not a number of milliseconds of at least 100", v)
		}
		*at(p) = time.Duration(n) * time.Millisecond
		return nil
	}
}

// parseProducer reads the kafka.* options of a sink, given without that prefix.
func parseProducer(given map[string]string) (*producerConf, error) {
	p := &producerConf{linger: 5 * time.Millisecond, maxBytes: 1 << 20, timeout: time.Minute, delivery: 2 * time.Minute}
	rest := map[string]string{}
	keys := make([]string, 0, len(given))
	for k := range given {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fail := func(msg string) error { return &option.Error{Key: "kafka." + k, Msg: msg} }
		switch set := producerKeys[k]; {
		case refusedProducer[k] != "":
			return nil, fail(refusedProducer[k])
		case readerOption(k):
			return nil, fail("is an option of reading")
		case set != nil:
			if err := set(p, given[k]); err != nil {
				return nil, fail(err.Error())
			}
		default:
			rest[k] = given[k]
		}
	}
	var err error
	p.client, err = parseClientOf("the kafka sink", rest)
	return p, err
}

// opts are those of a client that produces.
func (p *producerConf) opts(d *dials) []kgo.Opt {
	out := append(p.client.opts(d), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(p.linger),
		kgo.ProducerBatchMaxBytes(p.maxBytes), kgo.MaxBufferedRecords(bufferedRecords), kgo.MaxBufferedBytes(bufferedBytes),
		kgo.MetadataMinAge(max(p.client.backoff, 10*time.Millisecond)), kgo.MetadataMaxAge(max(p.client.backoff, p.client.metadataAge, 10*time.Millisecond)),
		kgo.RetryTimeout(p.client.apiTimeout))
	if p.compression != nil {
		out = append(out, kgo.ProducerBatchCompression(p.compression...))
	}
	return out
}
