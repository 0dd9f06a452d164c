package kafka

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// command returns Java and its arguments up to the class to run. The first
// compiler alone makes it start in half the time, and small tests never earn
// the second one's work back.
func command(dir, java, classPath string) []string {
	return []string{java, "-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Djava.awt.headless=true", "-Djava.io.tmpdir=" + dir,
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classPath}
}

// configure writes server.properties into dir and returns the address that the
// broker will listen on.
func configure(dir string, more map[string]string) (addr string, err error) {
	addr, controller, err := freePorts()
	if err != nil {
		return "", err
	}
	props := map[string]string{
		"process.roles": "broker,controller", "node.id": "1",
		"listeners":                      "PLAINTEXT://" + addr + ",CONTROLLER://" + controller,
		"advertised.listeners":           "PLAINTEXT://" + addr,
		"controller.quorum.voters":       "1@" + controller,
		"controller.listener.names":      "CONTROLLER",
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name":     "PLAINTEXT",
		"log.dirs":                       filepath.Join(dir, "data"),

		// A topic that is missing is an error, as on most clusters.
		"auto.create.topics.enable": "false",
		// One broker, and small internal topics: these cost the most at the start.
		"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "4",
		"transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
		"transaction.state.log.num.partitions":             "4",
		"share.coordinator.state.topic.num.partitions":     "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"share.coordinator.state.topic.replication.factor": "1",
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
	return addr, os.WriteFile(filepath.Join(dir, "server.properties"), []byte(b.String()), 0o644)
}

// freePorts returns two addresses that nobody listened on a moment ago.
func freePorts() (a, b string, err error) {
	var addrs [2]string
	for i := range addrs {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", fmt.Errorf("looking for a free port: %w", err)
		}
		defer ln.Close() // both are open at once, so that they differ
		addrs[i] = ln.Addr().String()
	}
	return addrs[0], addrs[1], nil
}
