package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// sharedSink writes its rows in the transactions of another sink of its query.
type sharedSink struct {
	host *exactSink
	conf *sinkConfig
}

// OpenShared opens the sinks of a query. Those that write exactly once, and give
// the same kafka.* options, share the transactions of the first of them, unless a
// run of the query has written them in others.
func (p *SinkProvider) OpenShared(ctx context.Context, specs []sink.Spec) ([]sink.Sink, error) {
	out := make([]sink.Sink, len(specs))
	for i, spec := range specs {
		if out[i] != nil {
			continue
		}
		if err := openFirst(ctx, specs[i:], out[i:]); err != nil {
			return nil, errors.Join(err, closeAll(out))
		}
		if out[i] != nil {
			continue
		}
		s, err := p.Open(ctx, spec)
		if err != nil {
			return nil, errors.Join(ofRole(spec, err), closeAll(out))
		}
		out[i] = s
	}
	return out, nil
}

// openFirst opens the first of the sinks, and with it those that share its
// transactions; none where it writes at least once.
func openFirst(ctx context.Context, specs []sink.Spec, out []sink.Sink) error {
	conf, err := parseSink(specs[0])
	if err != nil || !conf.exact {
		return ofRole(specs[0], err)
	}
	host, err := newExact(conf)
	if err != nil {
		return ofRole(specs[0], err)
	}
	joined := make([]sink.Sink, len(specs))
	for i, spec := range specs[1:] {
		if out[i+1] != nil {
			continue
		}
		c, err := parseSink(spec)
		ok := false
		if err == nil {
			ok, err = host.admits(ctx, c)
		}
		if err != nil {
			return errors.Join(ofRole(spec, err), host.Close())
		}
		if ok {
			host.members = append(host.members, c)
			joined[i+1] = &sharedSink{host, c}
		}
	}
	if err := host.start(ctx); err != nil {
		return errors.Join(ofRole(specs[0], err), host.Close())
	}
	joined[0] = host
	for i, s := range joined {
		if s != nil {
			out[i] = s
		}
	}
	return nil
}

// admits tells whether another sink can share the transactions of this one, which
// is not started yet.
func (s *exactSink) admits(ctx context.Context, c *sinkConfig) (bool, error) {
	if !c.exact || c.tv1 != s.conf.tv1 || c.shards != 0 && c.shards != s.conf.shards || !maps.Equal(s.conf.connection(), c.connection()) {
		return false, nil
	}
	n, err := s.cluster.partitions(ctx, progressTopic(c.spec.QueryID, c.role()))
	if err != nil || n > 0 {
		return false, err // it has a progress of its own, which tells what is written
	}
	if c.spec.Options.Given("progress.missing") && c.missing != s.conf.missing {
		return false, &option.Error{Key: "progress.missing", Msg: fmt.Sprintf("is %s, but the rows are in the transactions of the %s, where it is %s; set it there alone", c.missing, s.conf.role(), s.conf.missing)}
	}
	return true, nil
}

// connection are the kafka.* options, with the servers in one order.
func (c *sinkConfig) connection() map[string]string {
	out := c.spec.Options.WithPrefix("kafka.")
	servers := slices.Clone(c.producer.client.servers)
	slices.Sort(servers)
	out["bootstrap.servers"] = strings.Join(servers, ",")
	return out
}

// ofRole names the sink that an error is about, unless it is that of the result.
func ofRole(spec sink.Spec, err error) error {
	if err == nil || !aside(spec) {
		return err
	}
	return fmt.Errorf("%s: %w", spec.Role, err)
}

func closeAll(sinks []sink.Sink) error {
	var errs []error
	for _, s := range slices.Backward(sinks) {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Begin starts a micro-batch, which the other sink must have begun before.
func (s *sharedSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	s.host.mu.Lock()
	first := s.host.batch
	s.host.mu.Unlock()
	if first == nil {
		return nil, fmt.Errorf("kafka sink: batch %d of the %s was begun before that of the %s, in whose transactions it is written", id, s.conf.role(), s.host.conf.role())
	}
	w := newSinkWriter(s.host, s.conf, id, len(s.host.shards))
	return w, first.cover(w)
}

// LastCommitted is that of the other sink.
func (s *sharedSink) LastCommitted(ctx context.Context) (int64, error) {
	return s.host.LastCommitted(ctx)
}

// Guarantee is that of the other sink.
func (s *sharedSink) Guarantee() (sink.Guarantee, string) {
	g, why := s.host.Guarantee()
	return g, fmt.Sprintf("in the transactions of the %s: %s", s.host.conf.role(), why)
}

// Close does nothing: the other sink is closed by itself.
func (s *sharedSink) Close() error { return nil }
