package broker

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Options say what an embedded broker starts with. The zero value is an empty
// broker in memory.
type Options struct {
	// Topics are created at the start: partitions, at least 1, by name.
	Topics map[string]int
	// Dir is where records and topics are kept, and found again by the next
	// broker with the same folder; while one runs there is no other in it. Empty
	// means in memory, where every stored byte costs about 1.4 bytes until Close.
	Dir string
	// Port is the port to listen on, at 127.0.0.1; 0 is any free one.
	Port int
}

// Broker is a running embedded broker. It is safe for concurrent use.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	lock    *flock.Flock // of the folder, or nil
	close   sync.Once
}

// Embedded starts a broker. ctx bounds the start alone; Close ends the broker.
func Embedded(ctx context.Context, opts Options) (*Broker, error) {
	kopts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.Ports(opts.Port), kfake.ClusterID("riffle-embedded"),
		kfake.BrokerConfigs(map[string]string{"default.replication.factor": "1"}),
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	if opts.Dir != "" {
		kopts = append(kopts, kfake.DataDir(opts.Dir))
	}
	cluster, err := kfake.NewCluster(kopts...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded broker: %w", err), unlock(lock))
	}
	b := &Broker{cluster: cluster, addr: strings.Join(cluster.ListenAddrs(), ","), lock: lock}
	names := make([]string, 0, len(opts.Topics))
	for name := range opts.Topics {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		err := b.CreateTopic(ctx, name, opts.Topics[name])
		if err != nil && !(opts.Dir != "" && errors.Is(err, ErrTopicExists)) {
			b.Close()
			return nil, err
		}
	}
	return b, nil
}

// Addr returns the broker's address, as bootstrap servers are given:
// "127.0.0.1:37033".
func (b *Broker) Addr() string { return b.addr }

// Close ends the broker and all its connections. It may be called more than
// once.
func (b *Broker) Close() (err error) {
	b.close.Do(func() {
		b.cluster.Close()
		err = unlock(b.lock)
	})
	return err
}
