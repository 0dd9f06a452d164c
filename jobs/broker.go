package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// EmbeddedBroker starts a Kafka broker inside the process, with topics by name
// and their numbers of partitions, and returns its address. It says on the
// terminal what it is: something to try riffle with, that keeps all in memory
// and ends with the process. The caller calls stop.
func EmbeddedBroker(ctx context.Context, topics map[string]int) (addr string, stop func() error, err error) {
	b, err := embed(ctx, topics, "")
	if err != nil {
		return "", nil, err
	}
	return b.Addr(), b.Close, nil
}

// embed is EmbeddedBroker; with a folder it keeps its topics there for the next one.
func embed(ctx context.Context, topics map[string]int, dir string) (*broker.Broker, error) {
	b, err := broker.Embedded(ctx, broker.Options{Topics: topics, Dir: dir})
	if errors.Is(err, broker.ErrInUse) {
		err = fmt.Errorf("%w; wait for the job that runs with this checkpoint, or stop it, or name brokers with --brokers", err)
	}
	if err != nil {
		return nil, err
	}
	if t := TerminalOf(ctx); !t.Quiet {
		kept := ""
		if dir != "" {
			kept = " It keeps its topics in " + dir + "."
		}
		fmt.Fprintf(t.Err, "No brokers given: an embedded Kafka broker runs at %s, for trying out only.%s\n", b.Addr(), kept)
	}
	return b, nil
}

// brokerDir is the folder in which the embedded broker of a query with a checkpoint
// keeps its topics, beside the checkpoint: the query can only go on if the topics
// that it has read are there again. It is "" where the checkpoint is in no folder.
func brokerDir(checkpoint string) string {
	checkpoint = strings.TrimPrefix(checkpoint, "file://")
	if checkpoint == "" || strings.Contains(checkpoint, "://") {
		return ""
	}
	return strings.TrimRight(checkpoint, "/") + ".kafka"
}
