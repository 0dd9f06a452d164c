package kafka

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// SinkProvider makes sinks that write to topics. A result has the columns of
// Spark's Kafka sink: value, and key, headers, topic and partition as wanted; or
// any columns, with the option value.format.
type SinkProvider struct{}

// NewSinkProvider returns the provider of format "kafka".
func NewSinkProvider() *SinkProvider { return &SinkProvider{} }

// Format is "kafka".
func (p *SinkProvider) Format() string { return "kafka" }

// Options lists the options of the sink, then those of the formats of values.
func (p *SinkProvider) Options() []option.Spec {
	out := append(slices.Clone(sinkSpecs), json.WriteOptionSpecs()...)
	for _, s := range csv.WriteOptionSpecs() {
		if !slices.ContainsFunc(out, func(o option.Spec) bool { return o.Key == s.Key }) {
			out = append(out, s)
		}
	}
	return out
}

// Check checks options and columns, without asking a broker.
func (p *SinkProvider) Check(spec sink.Spec) error {
	_, err := parseSink(spec)
	return err
}

// Open connects, and finds the topic: an unreachable broker or a missing topic is
// an error here.
func (p *SinkProvider) Open(ctx context.Context, spec sink.Spec) (sink.Sink, error) {
	conf, err := parseSink(spec)
	if err != nil {
		return nil, err
	}
	if conf.exact {
		s, err := openExact(ctx, conf)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := openPlain(ctx, conf)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *sinkConfig) role() string {
	if c.spec.Role == "" {
		return "sink"
	}
	return c.spec.Role
}

// batchHeader is in each record: which query, which batch and, where that is not
// the result, which of its sinks it is of.
const batchHeader = "riffle-b"

func (c *sinkConfig) header(batch int64) kgo.RecordHeader {
	value := fmt.Appendf(nil, "%s/%d", c.spec.QueryID, batch)
	if aside(c.spec) {
		value = append(append(value, '/'), c.role()...)
	}
	return kgo.RecordHeader{Key: batchHeader, Value: value}
}
