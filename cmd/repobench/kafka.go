package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// partitions is how many each topic has.
const partitions = 4

// codecs are the compressions that are measured, each in a topic of its name.
var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression()}

// serve runs a broker that holds the events of a file, once in each topic,
// prints its address, and ends with its input.
func serve(ctx context.Context, path string) error {
	b, err := fill(ctx, path)
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Println(b.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// fill starts a broker and produces the events of a file into it.
func fill(ctx context.Context, path string) (*broker.Broker, error) {
	data, err := readPadded(path)
	if err != nil {
		return nil, err
	}
	topics := map[string]int{}
	for codec := range codecs {
		topics[codec] = partitions
	}
	b, err := broker.Embedded(ctx, broker.Options{Topics: topics})
	if err != nil {
		return nil, err
	}
	for topic, codec := range codecs {
		if err := produce(ctx, b.Addr(), topic, codec, data); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	return b, nil
}

func produce(ctx context.Context, addr, topic string, codec kgo.CompressionCodec, data []byte) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(1<<20),
		kgo.ProducerLinger(5*time.Millisecond), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return err
	}
	defer client.Close()
	var failed kgo.FirstErrPromise
	n := 0
	for line := range bytes.Lines(data) {
		client.Produce(ctx, &kgo.Record{Partition: int32(n % partitions), Value: bytes.TrimSuffix(line, []byte("\n"))}, failed.Promise())
		n++
	}
	return failed.Err()
}

// brokerProcess is a broker in a process of its own, started when it is first needed.
type brokerProcess struct {
	path string // of the events
	env  string // names the events to a test, which has no flags for it; or ""
	addr string
	stop func() error
}

// start returns the broker's address.
func (p *brokerProcess) start(ctx context.Context) (string, error) {
	if p.addr != "" {
		return p.addr, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, self, "--broker", p.path)
	if p.env != "" {
		cmd = exec.CommandContext(ctx, self)
		cmd.Env = append(os.Environ(), p.env+"="+p.path)
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	p.stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", errors.Join(fmt.Errorf("the broker did not start: %w", err), p.close())
	}
	p.addr = strings.TrimSpace(line)
	return p.addr, nil
}

func (p *brokerProcess) close() error {
	if p.stop == nil {
		return nil
	}
	stop := p.stop
	p.stop, p.addr = nil, ""
	return stop()
}

// poll reads a topic with the client library and does nothing else: what any
// job must spend.
func poll(topic string) func(addr string) (job, error) {
	return func(addr string) (job, error) {
		ctx := context.Background()
		client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.FetchMaxPartitionBytes(8<<20), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DisableClientMetrics())
		if err != nil {
			return nil, err
		}
		ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
		if err != nil {
			return nil, err
		}
		left := 0
		ends.Each(func(o kadm.ListedOffset) { left += int(o.Offset) })
		return func() (result, error) {
			defer client.Close()
			r := result{}
			for r.Rows < left {
				fetches := client.PollFetches(ctx)
				if err := fetches.Err(); err != nil {
					return r, err
				}
				r.Rows += fetches.NumRecords()
			}
			return r, nil
		}, nil
	}
}
