package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrDataLoss says that offsets which the query has not read are gone from a
// topic: deleted by retention, or with the topic, or by a broker that lost them.
var ErrDataLoss = errors.New("data was lost")

// ErrBatchTooLarge says that a record batch holds more, once decompressed, than the
// option max.batch.bytes allows.
var ErrBatchTooLarge = errors.New("the batch is too large")

// Loss is a piece of a partition that could not be read.
type Loss struct {
	Topic     string
	Partition int32
	// From and To bound the lost offsets, [From, To). To is -1 where unknown.
	From, To int64
	// Reason says how they were lost.
	Reason string
}

// Error names the partition, the offsets, and what to do.
func (l *Loss) Error() string {
	span := fmt.Sprintf("offsets %d to %d", l.From, l.To)
	if l.To < 0 {
		span = fmt.Sprintf("the offsets from %d on", l.From)
	}
	return fmt.Sprintf("%s-%d: %s are lost: %s; set failOnDataLoss=false to go on with what is there, move the query by \"riffle checkpoint set-offsets\", or start it with a new checkpoint",
		l.Topic, l.Partition, span, l.Reason)
}

// Unwrap makes every Loss an ErrDataLoss.
func (l *Loss) Unwrap() error { return ErrDataLoss }

// dials remembers for each broker address why the last connection failed. The
// client retries such failures in silence; when time is up, this is the cause.
type dials struct {
	mu   sync.Mutex
	last map[string]error
}

// OnBrokerConnect is kgo's hook.
func (d *dials) OnBrokerConnect(meta kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil {
		d.last = map[string]error{}
	}
	addr := net.JoinHostPort(meta.Host, strconv.Itoa(int(meta.Port)))
	switch old := d.last[addr]; {
	case err == nil:
		delete(d.last, addr)
	case old == nil, advice(err, nil) != "", advice(old, nil) == "" && !errors.Is(err, context.Canceled):
		d.last[addr] = err // what a person can mend is worth more than what came of it
	}
}

// cause returns the addresses that cannot be connected to, and why the first of
// them cannot.
func (d *dials) cause() (addrs []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for a := range d.last {
		addrs = append(addrs, a)
	}
	sort.Strings(addrs)
	if len(addrs) > 0 {
		err = d.last[addrs[0]]
	}
	return addrs, err
}

// worst returns a failure to connect that no retry mends, or nil.
func (d *dials) worst() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, err := range d.last {
		if lasting(err) != nil {
			return err
		}
	}
	return nil
}

// explain turns a failed request into an error for the person who configured
// the connection. A cancelled caller is passed on as it is.
func (c *cluster) explain(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	addrs, cause := c.dials.cause()
	if cause == nil {
		addrs, cause = c.conf.servers, err
	}
	if fix := advice(cause, c.conf); fix != "" {
		return fmt.Errorf("%s: kafka at %s: %w; %s", what, strings.Join(addrs, ","), cause, fix)
	}
	also := ""
	if c.conf.tls != nil {
		also = ", and that it speaks TLS on that port (kafka.security.protocol)"
	}
	return fmt.Errorf("%s: no answer from kafka at %s: %w; check kafka.bootstrap.servers, that the broker runs, and that the address it advertises can be reached from here%s",
		what, strings.Join(addrs, ","), cause, also)
}

// lasting returns err if no retry mends it.
func lasting(err error) error {
	if errors.Is(err, kerr.SaslAuthenticationFailed) || errors.Is(err, kgo.ErrClientClosed) {
		return err
	}
	return nil
}

// advice says what to do about the failures that a person can mend; conf may be
// nil.
func advice(err error, conf *clientConf) string {
	text := err.Error()
	var eof *kgo.ErrFirstReadEOF
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return "check the user name and the password in kafka.sasl.jaas.config"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "the broker offers another kafka.sasl.mechanism"
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return "ask for the right to describe and read the topic"
	case strings.Contains(text, "does not look like a TLS handshake"):
		return "the broker speaks plain text on that port; use its TLS port, or leave out kafka.security.protocol"
	case strings.Contains(text, "x509: certificate signed by unknown authority"):
		return "give the authority's certificate in kafka.ssl.ca.location"
	case strings.Contains(text, "x509:"):
		return "check the broker's certificate and kafka.ssl.*"
	case strings.Contains(text, "remote error: tls:"):
		return "the broker refuses our certificate; check kafka.ssl.certificate.location and kafka.ssl.key.location"
	case conf == nil:
	case conf.sasl != nil && errors.Is(err, io.EOF):
		return "the broker closed the connection while we gave user and password: check kafka.sasl.jaas.config, kafka.sasl.mechanism, and whether that port wants TLS (kafka.security.protocol)"
	case errors.As(err, &eof) && conf.tls == nil:
		return "the broker closed the connection at once: it may want TLS or SASL; set kafka.security.protocol"
	case errors.As(err, &eof):
		return "the broker closed the connection at once: it may speak plain text on that port, or want SASL; check kafka.security.protocol"
	}
	return ""
}
