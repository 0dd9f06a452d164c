package jobs

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// EmbeddedBroker starts a Kafka broker inside the process, with topics by name
// and their numbers of partitions, and returns its address. It says on the
// terminal what it is: something to try riffle with, that keeps all in memory
// and ends with the process. The caller calls stop.
func EmbeddedBroker(ctx context.Context, topics map[string]int) (addr string, stop func() error, err error) {
	b, err := broker.Embedded(ctx, broker.Options{Topics: topics})
	if err != nil {
		return "", nil, err
	}
	if t := TerminalOf(ctx); !t.Quiet {
		fmt.Fprintf(t.Err, "No brokers given: an embedded Kafka broker runs at %s, for trying out only.\n", b.Addr())
	}
	return b.Addr(), b.Close, nil
}
