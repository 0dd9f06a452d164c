package kafka

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// command returns Java and its arguments up to the class to run, with a heap of so
// many megabytes. The first compiler alone makes it start in half the time, and small
// tests never earn the second one's work back.
func command(dir, java, classPath string, heap int) []string {
	return []string{java, "-Xms64m", fmt.Sprintf("-Xmx%dm", heap), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.awt.headless=true", "-Djava.io.tmpdir=" + dir,
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classPath}
}

// node is a member of a cluster: where it listens for clients, and for the other
// controllers.
type node struct {
	id               int
	addr, controller string
}

// nodesOf finds ports for so many nodes.
func nodesOf(n int) ([]node, error) {
	ports, err := freePorts(2 * n)
	if err != nil {
		return nil, err
	}
	out := make([]node, n)
	for i := range out {
		out[i] = node{i + 1, ports[2*i], ports[2*i+1]}
	}
	return out, nil
}

// heap is that of each node of a cluster of so many, in megabytes.
func heap(nodes int) int {
	if nodes > 1 {
		return 256
	}
	return 512
}

// configure writes the server.properties of one of the nodes into dir. What a cluster
// of three has acknowledged is in two places, and survives any one of them.
func configure(dir string, self node, all []node, more map[string]string) error {
	voters := make([]string, len(all))
	for i, n := range all {
		voters[i] = fmt.Sprintf("%d@%s", n.id, n.controller)
	}
	copies, least := strconv.Itoa(len(all)), strconv.Itoa(len(all)/2+1)
	props := map[string]string{
		"process.roles": "broker,controller", "node.id": strconv.Itoa(self.id),
		"listeners":                      "PLAINTEXT://" + self.addr + ",CONTROLLER://" + self.controller,
		"advertised.listeners":           "PLAINTEXT://" + self.addr,
		"controller.quorum.voters":       strings.Join(voters, ","),
		"controller.listener.names":      "CONTROLLER",
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name":     "PLAINTEXT",
		"log.dirs":                       filepath.Join(dir, "data"),

		// A topic that is missing is an error, as on most clusters.
		"auto.create.topics.enable":  "false",
		"default.replication.factor": copies, "min.insync.replicas": least,
		// Small internal topics: these cost the most at the start.
		"offsets.topic.replication.factor": copies, "offsets.topic.num.partitions": "4",
		"transaction.state.log.replication.factor": copies, "transaction.state.log.min.isr": least,
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.num.partitions":     "1",
		"share.coordinator.state.topic.min.isr":            least,
		"share.coordinator.state.topic.replication.factor": copies,
		// Tests do not wait for members that may come.
		"group.initial.rebalance.delay.ms": "0",
		// Deleted topics leave the disk at once, and tests may shrink segments.
		"log.segment.delete.delay.ms": "1000",
	}
	for key, value := range more {
		props[key] = value
	}
	var b strings.Builder
	keys := make([]string, 0, len(props))
	for key := range props {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		fmt.Fprintf(&b, "%s=%s\n", key, props[key])
	}
	return os.WriteFile(filepath.Join(dir, "server.properties"), []byte(b.String()), 0o644)
}

// freePorts returns so many addresses that nobody listened on a moment ago.
func freePorts(n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		ln, err := quietPort()
		if err != nil {
			return nil, fmt.Errorf("looking for a free port: %w", err)
		}
		defer ln.Close() // all are open at once, so that they differ
		addrs[i] = ln.Addr().String()
	}
	return addrs, nil
}

// quietPort listens at a port of those that a system gives to nobody who has not
// asked for it. Every connection of the machine takes one of the others, and could
// have the broker's while it starts, or starts again.
func quietPort() (ln net.Listener, err error) {
	for range 100 {
		if ln, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))); err == nil {
			break
		}
	}
	return ln, err
}
