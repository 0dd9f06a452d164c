package jobs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/metrics"
)

// metricsServer serves the metrics of a job's queries.
type metricsServer struct {
	counted *metrics.Metrics
	server  *http.Server
	done    chan struct{}
}

// serveMetrics serves /metrics at an address, host:port, until close; nil where
// there is none.
func serveMetrics(ctx context.Context, address string) (*metricsServer, error) {
	if address == "" {
		return nil, nil
	}
	var conf net.ListenConfig
	l, err := conf.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics-address: %w; write host:port, such as 127.0.0.1:9464", err)
	}
	m := &metricsServer{counted: metrics.New(), done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.counted.Handler())
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(m.done)
		_ = m.server.Serve(l) // until it is closed
	}()
	if t := TerminalOf(ctx); !t.Quiet {
		fmt.Fprintf(t.Err, "Metrics for Prometheus are at http://%s/metrics\n", l.Addr())
	}
	return m, nil
}

// options let an engine be counted.
func (m *metricsServer) options() []exec.Option {
	if m == nil {
		return nil
	}
	return []exec.Option{exec.Listener(m.counted.Hear)}
}

// close ends the server, after the requests that it is answering.
func (m *metricsServer) close() error {
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, m.server.Close())
	}
	<-m.done
	return err
}
