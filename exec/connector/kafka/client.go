package kafka

import (
	"crypto/tls"
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

func lower(s string) string { return strings.ToLower(s) }

// clientConf is what the kafka.* options say. Sizes are bytes.
type clientConf struct {
	what      string // who connects, for errors
	servers   []string
	clientID  string
	rack      string
	tls       *tls.Config
	sasl      sasl.Mechanism
	committed bool // isolation.level=read_committed
	checkCRC  bool

	fetchBytes, partitionBytes, minBytes int32
	maxWait                              time.Duration // of a fetch for more than is there
	apiTimeout                           time.Duration // of all tries of one step together
	requestTimeout                       time.Duration
	dialTimeout                          time.Duration // also of all tries to reach the cluster at first
	connIdle                             time.Duration
	metadataAge                          time.Duration
	backoff                              time.Duration
	answerBytes                          int32 // the largest answer that is taken without suspicion
}

// A setter reads the value of one key.
type setter func(c *clientConf, v string) error

// setters holds the keys that stand for themselves; those of TLS and SASL are
// read together.
var setters = map[string]setter{
	"bootstrap.servers": func(c *clientConf, v string) (err error) { c.servers, err = parseServers(v); return err },
	"client.id":         func(c *clientConf, v string) error { c.clientID = v; return nil },
	"client.rack":       func(c *clientConf, v string) error { c.rack = v; return nil },
	"isolation.level":   setIsolation,
	"check.crcs": func(c *clientConf, v string) (err error) {
		if c.checkCRC, err = strconv.ParseBool(v); err != nil {
			return fmt.Errorf("%q is not true or false", v)
		}
		return nil
	},
	"fetch.max.bytes":                    bytesOf(func(c *clientConf) *int32 { return &c.fetchBytes }, 1024),
	"max.partition.fetch.bytes":          bytesOf(func(c *clientConf) *int32 { return &c.partitionBytes }, 1024),
	"fetch.min.bytes":                    bytesOf(func(c *clientConf) *int32 { return &c.minBytes }, 1),
	"fetch.max.wait.ms":                  millisOf(func(c *clientConf) *time.Duration { return &c.maxWait }),
	"default.api.timeout.ms":             millisOf(func(c *clientConf) *time.Duration { return &c.apiTimeout }),
	"request.timeout.ms":                 millisOf(func(c *clientConf) *time.Duration { return &c.requestTimeout }),
	"socket.connection.setup.timeout.ms": millisOf(func(c *clientConf) *time.Duration { return &c.dialTimeout }),
	"connections.max.idle.ms":            millisOf(func(c *clientConf) *time.Duration { return &c.connIdle }),
	"metadata.max.age.ms":                millisOf(func(c *clientConf) *time.Duration { return &c.metadataAge }),
	"retry.backoff.ms":                   millisOf(func(c *clientConf) *time.Duration { return &c.backoff }),
}

func setIsolation(c *clientConf, v string) error {
	switch lower(v) {
	case "read_committed":
		c.committed = true
	case "read_uncommitted":
		c.committed = false
	default:
		return fmt.Errorf("%q is neither read_committed nor read_uncommitted", v)
	}
	return nil
}

func bytesOf(at func(*clientConf) *int32, low int64) setter {
	return func(c *clientConf, v string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil || n < low {
			return fmt.Errorf("%q is not a number of bytes from %d to %d", v, low, int32(1<<31-1))
		}
		*at(c) = int32(n)
		return nil
	}
}

func millisOf(at func(*clientConf) *time.Duration) setter {
	return func(c *clientConf, v string) error {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number of milliseconds of at least 1", v)
		}
		*at(c) = time.Duration(n) * time.Millisecond
		return nil
	}
}

// parseServers splits host:port,host:port; the port defaults to 9092.
func parseServers(text string) ([]string, error) {
	var out []string
	for _, s := range strings.Split(text, ",") {
		s = strings.TrimSpace(s)
		if i := strings.Index(s, "://"); i >= 0 { // as listeners are written: PLAINTEXT://host:port
			s = s[i+3:]
		}
		if s == "" {
			continue
		}
		host, port, err := net.SplitHostPort(s)
		if err != nil {
			host, port = strings.Trim(s, "[]"), "9092"
		}
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || host == "" {
			return nil, fmt.Errorf("%q is not host:port", s)
		}
		out = append(out, net.JoinHostPort(host, port))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%q names no broker; write host:port, several separated by commas", text)
	}
	return out, nil
}

// parseClient reads the kafka.* options, given without that prefix.
func parseClient(given map[string]string) (*clientConf, error) {
	return parseClientOf("the kafka source", given)
}

// parseClientOf reads them for a user that errors call what.
func parseClientOf(what string, given map[string]string) (*clientConf, error) {
	c := &clientConf{
		what:     what,
		clientID: "riffle", committed: true, checkCRC: true,
		fetchBytes: 64 << 20, partitionBytes: 8 << 20, minBytes: 1,
		maxWait: time.Second, apiTimeout: time.Minute, requestTimeout: 30 * time.Second, dialTimeout: 10 * time.Second,
		connIdle: 9 * time.Minute, metadataAge: 10 * time.Second, backoff: 100 * time.Millisecond,
		answerBytes: 100 << 20,
	}
	if _, ok := given["bootstrap.servers"]; !ok {
		return nil, &option.Error{Key: "kafka.bootstrap.servers", Msg: "is needed: the brokers to ask first, as host:port, several separated by commas"}
	}
	keys := make([]string, 0, len(given))
	for k := range given {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		if err := c.set(k, given[k]); err != nil {
			return nil, err
		}
	}
	return c, c.secure(given, keys)
}

func (c *clientConf) set(key, value string) error {
	if why := foreign["kafka."+key]; why != "" {
		return &option.Error{Key: "kafka." + key, Msg: why}
	}
	if set := setters[key]; set != nil {
		if err := set(c, value); err != nil {
			return &option.Error{Key: "kafka." + key, Msg: err.Error()}
		}
		return nil
	}
	known := append([]string{"security.protocol", "sasl.mechanism", "sasl.jaas.config"}, tlsKeys...)
	for _, k := range known {
		if k == key {
			return nil
		}
	}
	for k := range setters {
		known = append(known, k)
	}
	sort.Strings(known)
	msg := c.what + " has no such option"
	if near := types.Nearest(key, known); len(near) > 0 {
		msg += "; did you mean kafka." + strings.Join(near, " or kafka.") + "?"
	} else {
		msg += "; it takes kafka." + strings.Join(known, ", kafka.")
	}
	return &option.Error{Key: "kafka." + key, Msg: msg}
}

// secure reads the options of TLS and SASL, and refuses those that
// kafka.security.protocol leaves without use.
func (c *clientConf) secure(given map[string]string, keys []string) (err error) {
	protocol := strings.ToUpper(strings.TrimSpace(given["security.protocol"]))
	overTLS, overSASL := false, false
	switch protocol {
	case "", "PLAINTEXT":
	case "SSL":
		overTLS = true
	case "SASL_PLAINTEXT":
		overSASL = true
	case "SASL_SSL":
		overTLS, overSASL = true, true
	default:
		return &option.Error{Key: "kafka.security.protocol", Msg: fmt.Sprintf("%q is not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL", given["security.protocol"])}
	}
	for _, key := range keys {
		switch {
		case strings.HasPrefix(key, "ssl.") && !overTLS:
			return &option.Error{Key: "kafka." + key, Msg: "has no use without TLS; set kafka.security.protocol to SSL or SASL_SSL"}
		case strings.HasPrefix(key, "sasl.") && !overSASL:
			return &option.Error{Key: "kafka." + key, Msg: "has no use without SASL; set kafka.security.protocol to SASL_SSL or SASL_PLAINTEXT"}
		}
	}
	if overTLS {
		if c.tls, err = tlsConfig(given); err != nil {
			return err
		}
	}
	if overSASL {
		c.sasl, err = saslMechanism(given)
	}
	return err
}

// metadataMin is how soon the client library may ask for leaders again: not below what
// it takes.
func (c *clientConf) metadataMin() time.Duration { return max(c.backoff, 10*time.Millisecond) }

// largestAnswer is what the client library takes at most. Brokers answer a fetch with
// one record batch at least, which may be larger than all that was asked for.
const largestAnswer = 1 << 30

// largestUsual is how large answers are but for such record batches. What claims to be
// larger is often no answer of a broker at all.
func (c *clientConf) largestUsual() int32 {
	return int32(min(max(int64(c.answerBytes), int64(c.fetchBytes)*3/2), largestAnswer))
}

// tooLarge tells that an answer was larger than the client takes, unless it looks like
// that of something else than a broker. The library's error has no name.
func tooLarge(err error) bool {
	return err != nil && strings.Contains(err.Error(), "response exceeds BrokerMaxReadBytes")
}

// opts are those of a client that only carries our own requests.
func (c *clientConf) opts(hooks ...kgo.Hook) []kgo.Opt {
	out := []kgo.Opt{
		kgo.SeedBrokers(c.servers...), kgo.ClientID(c.clientID), kgo.SoftwareNameAndVersion("riffle", "1"),
		kgo.DialTimeout(c.dialTimeout), kgo.RequestTimeoutOverhead(c.requestTimeout), kgo.RetryTimeout(min(c.apiTimeout, c.dialTimeout) / 4),
		kgo.MetadataMinAge(c.metadataMin()), kgo.MetadataMaxAge(max(5*time.Minute, c.metadataMin())), // leaders that have moved are soon found
		kgo.ConnIdleTimeout(c.connIdle), kgo.BrokerMaxReadBytes(c.largestUsual()), kgo.FetchMaxBytes(min(50<<20, c.largestUsual())),
		kgo.DisableClientMetrics(), kgo.WithHooks(hooks...),
	}
	if c.tls != nil {
		out = append(out, kgo.DialTLSConfig(c.tls.Clone()))
	}
	if c.sasl != nil {
		out = append(out, kgo.SASL(c.sasl))
	}
	return out
}
