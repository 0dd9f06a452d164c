package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/riffledata/riffle/jobs"
)

const usage = `dnscount counts DNS queries of Zeek's dns.log by host, registered domain and type.

Usage:
  dnscount                                        made-up events, an embedded broker
  dnscount --brokers HOST:PORT --topic dns        a real Kafka
  dnscount --input dns.log --available-now        files, plain or .gz
`

// config is what the job is told.
type config struct {
	brokers   string
	kafka     []string // further options of the connection
	topic     string
	offsets   string
	inputs    []string
	viaKafka  bool
	available bool
	format    string
	rows      int
	udf       bool
}

func (c *config) flags(f *jobs.Flags) {
	f.String(&c.brokers, "brokers", "", "Kafka's bootstrap servers, as host:port,host:port")
	f.Strings(&c.kafka, "kafka-option", "an option of the connection to Kafka, as kafka.security.protocol=SSL; may be given several times")
	f.String(&c.topic, "topic", "dns", "the topic of the events")
	f.String(&c.offsets, "starting-offsets", "earliest", "where in the topic to begin: earliest, latest, or JSON")
	f.Strings(&c.inputs, "input", "a file of events as JSON lines, plain or .gz, a folder or a pattern; may be given several times")
	f.Bool(&c.viaKafka, "via-kafka", false, "load --input into the broker first, and read it from there")
	f.Bool(&c.available, "available-now", false, "stop when all that is there has been read")
	f.Choice(&c.format, "format", "", "print the whole result when the job ends, as", "", jobs.Table, jobs.JSON, jobs.CSV)
	f.Int(&c.rows, "events", 5000, "how many events to make up where there are neither brokers nor input")
	f.Bool(&c.udf, "udf", false, "compute the domain with the job's own function instead of the built-in one")
}

func (c *config) check() error {
	switch {
	case c.viaKafka && len(c.inputs) == 0:
		return errors.New("--via-kafka loads files into a broker; name them with --input")
	case len(c.inputs) > 0 && c.brokers != "" && !c.viaKafka:
		return errors.New("--input and --brokers name two sources; give one of them, or --via-kafka to load the files into the brokers")
	case len(c.kafka) > 0 && c.brokers == "":
		return errors.New("--kafka-option is for the connection to real brokers; name them with --brokers")
	case c.rows < 1:
		return errors.New("--events must be at least 1")
	}
	for _, path := range c.inputs {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, "*?[") {
			return fmt.Errorf("--input %s: no such file or folder", path)
		}
	}
	_, err := c.options()
	return err
}

// options are those of the connection to Kafka.
func (c *config) options() (map[string]string, error) {
	out := map[string]string{}
	for _, o := range c.kafka {
		key, value, ok := strings.Cut(o, "=")
		if !ok || !strings.HasPrefix(key, "kafka.") {
			return nil, fmt.Errorf("--kafka-option %s: write kafka.KEY=VALUE", o)
		}
		out[key] = value
	}
	return out, nil
}

// madeUp tells whether the job makes up its events.
func (c *config) madeUp() bool { return c.brokers == "" && len(c.inputs) == 0 }
