package kafka

import (
	"fmt"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// sinkConfig is a checked sink.Spec.
type sinkConfig struct {
	producer *producerConf
	topic    string
	exact    bool
	shards   int // 0: by the topic's partitions
	buffer   int64
	tv1      bool
	missing  string // progress.missing
	columns  *sinkColumns
	spec     sink.Spec
}

func parseSink(spec sink.Spec) (*sinkConfig, error) {
	o := spec.Options
	c := &sinkConfig{topic: strings.TrimSpace(o.Get("topic")), spec: spec}
	var err error
	if c.producer, err = parseProducer(o.WithPrefix("kafka.")); err != nil {
		return nil, err
	}
	if c.topic != "" && !isTopicName(c.topic) {
		return nil, &option.Error{Key: "topic", Msg: fmt.Sprintf("%q is not a topic name: letters, digits, dot, underscore and hyphen, at most 249", c.topic)}
	}
	delivery, err := o.OneOf("delivery", exactlyOnce, atLeastOnce)
	if err != nil {
		return nil, err
	}
	c.exact = delivery == exactlyOnce
	if err := c.parseExact(o); err != nil {
		return nil, err
	}
	if c.buffer, err = o.Int("buffer.bytes", 1<<16); err != nil {
		return nil, err
	}
	c.columns, err = parseColumns(spec, c.topic != "")
	return c, err
}

// parseExact reads the options of exactly-once, which have no use without.
func (c *sinkConfig) parseExact(o option.Set) error {
	for _, key := range []string{"shards", "allow.tv1", "progress.missing"} {
		if !c.exact && o.Given(key) {
			return &option.Error{Key: key, Msg: "has no use with delivery=at-least-once"}
		}
	}
	n, err := o.Int("shards", 1)
	if err != nil {
		return err
	}
	if n > maxShards {
		return &option.Error{Key: "shards", Msg: fmt.Sprintf("%d is more than %d", n, maxShards)}
	}
	c.shards = int(n)
	if c.tv1, err = o.Bool("allow.tv1"); err != nil {
		return err
	}
	c.missing, err = o.OneOf("progress.missing", missingFails, missingAccepted, missingRebuilt)
	return err
}

// The values of progress.missing.
const (
	missingFails    = "fail"
	missingAccepted = "accept"
	missingRebuilt  = "rebuild"
)

// aside tells whether a sink takes what a query has left out: its quarantine or
// its late rows. Their columns topic and partition say where a record came from.
func aside(spec sink.Spec) bool { return spec.Role != "" && spec.Role != "sink" }

// parseFormat reads value.format; what a query has left out is JSON by default.
func parseFormat(spec sink.Spec) (string, error) {
	format := lower(strings.TrimSpace(spec.Options.Get("value.format")))
	switch format {
	case "":
		if aside(spec) {
			return "json", nil
		}
		return "", nil
	case "json", "csv":
		return format, nil
	}
	return "", &option.Error{Key: "value.format", Msg: fmt.Sprintf("%q is not a format of record values%s; it takes json or csv",
		format, types.DidYouMean(format, []string{"json", "csv"}))}
}
