package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// cluster asks a Kafka cluster questions. It is safe for concurrent use.
type cluster struct {
	conf  *clientConf
	dials *dials
	cl    *kgo.Client
	asked sync.WaitGroup // requests that nobody waits for any more
}

// close closes the connections, and waits for the requests that hang on them.
func (c *cluster) close() {
	c.cl.Close()
	c.asked.Wait()
}

// ask sends a request until there is an answer, for as long as within allows.
// The library gives up on a broker that cannot be reached after each has been
// tried once, and does not look at ctx while it waits for a new connection to
// say hello.
func ask[T any](ctx context.Context, c *cluster, within time.Duration, what string, send func(context.Context) (T, error)) (T, error) {
	try, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	type result struct {
		v   T
		err error
	}
	var cause error
	for {
		done := make(chan result, 1)
		c.asked.Go(func() {
			v, err := send(try)
			done <- result{v, err}
		})
		var r result
		select {
		case r = <-done:
		case <-try.Done():
			r.err = try.Err()
		}
		if r.err == nil {
			return r.v, nil
		}
		if cause == nil || !errors.Is(r.err, context.DeadlineExceeded) {
			cause = r.err
		}
		if try.Err() != nil || lasting(r.err) != nil || lasting(c.dials.worst()) != nil {
			return r.v, c.explain(ctx, what, cause)
		}
		sleep(try, c.conf.backoff)
	}
}

func newCluster(conf *clientConf, opts ...kgo.Opt) (*cluster, error) {
	c := &cluster{conf: conf, dials: &dials{}}
	cl, err := kgo.NewClient(append(conf.opts(c.dials), opts...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka client: %w; check the kafka.* options", err)
	}
	c.cl = cl
	return c, nil
}

// replica is who leads a partition. epoch is -1 where unknown.
type replica struct{ node, epoch int32 }

// topic is what the cluster says about one. id is zero where brokers have none.
type topic struct {
	id    [16]byte
	parts map[int32]replica
}

// catalog is the state of the topics of a subscription.
type catalog struct {
	topics map[string]topic
	at     time.Time
}

// partitions returns all partitions, with offset 0.
func (c *catalog) partitions() offsets {
	out := offsets{}
	for name, t := range c.topics {
		for p := range t.parts {
			out[tp{name, p}] = 0
		}
	}
	return out
}

func (c *catalog) leader(k tp) (replica, [16]byte, bool) {
	t := c.topics[k.topic]
	r, ok := t.parts[k.partition]
	return r, t.id, ok
}

// errMissing says that a topic or a partition is not there.
var errMissing = errors.New("not found")

// metadata asks for topics by name, or for all with nil. Topics that do not
// exist are left out.
func (c *cluster) metadata(ctx context.Context, names []string, within time.Duration) (*catalog, error) {
	req := metadataRequest(names)
	resp, err := ask(ctx, c, within, "cannot find topics", func(ctx context.Context) (*kmsg.MetadataResponse, error) { return req.RequestWith(ctx, c.cl) })
	if err != nil {
		return nil, err
	}
	out := &catalog{topics: map[string]topic{}, at: time.Now()}
	if err := c.note(ctx, out, resp, names == nil); err != nil {
		return nil, err
	}
	if missing := out.without(names); len(missing) > 0 {
		for _, resp := range c.askAll(ctx, missing) {
			if err := c.note(ctx, out, resp, false); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func metadataRequest(names []string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	for _, n := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(n)
		req.Topics = append(req.Topics, t)
	}
	return req
}

// note puts the topics of an answer into the catalog. Of all there are, those that
// are Kafka's own, or in trouble, are left out.
func (c *cluster) note(ctx context.Context, cat *catalog, resp *kmsg.MetadataResponse, all bool) error {
	for _, t := range resp.Topics {
		if t.Topic == nil || all && t.IsInternal {
			continue
		}
		switch err := kerr.ErrorForCode(t.ErrorCode); {
		case errors.Is(err, kerr.UnknownTopicOrPartition) || all && err != nil:
			continue
		case err != nil && !kerr.IsRetriable(err):
			return c.explain(ctx, "topic "+*t.Topic, err)
		}
		got := topic{t.TopicID, map[int32]replica{}}
		for _, p := range t.Partitions {
			got.parts[p.Partition] = replica{p.Leader, p.LeaderEpoch}
		}
		if len(got.parts) > 0 { // one that is being made has none yet
			cat.topics[*t.Topic] = got
		}
	}
	return nil
}

// without returns the names that the catalog does not have.
func (c *catalog) without(names []string) (missing []string) {
	for _, n := range names {
		if _, ok := c.topics[n]; !ok {
			missing = append(missing, n)
		}
	}
	return missing
}

// allTime is how long brokers may take to answer that are all asked the same.
const allTime = 3 * time.Second

// askAll asks every broker for topics that one does not know: each hears of a new
// topic in its own time. It returns the answers of those that give one.
func (c *cluster) askAll(ctx context.Context, names []string) []*kmsg.MetadataResponse {
	try, cancel := context.WithTimeout(ctx, allTime)
	defer cancel()
	brokers := c.cl.DiscoveredBrokers()
	answers := make(chan *kmsg.MetadataResponse, len(brokers))
	for _, b := range brokers {
		c.asked.Go(func() {
			resp, err := b.Request(try, metadataRequest(names))
			if err != nil {
				resp = (*kmsg.MetadataResponse)(nil)
			}
			answer, _ := resp.(*kmsg.MetadataResponse)
			answers <- answer
		})
	}
	var out []*kmsg.MetadataResponse
	for range brokers {
		select {
		case a := <-answers:
			if a != nil {
				out = append(out, a)
			}
		case <-try.Done():
			return out
		}
	}
	return out
}

// notBefore keeps the leaders of an earlier catalog where this one tells of older
// ones: it is of a broker that has not heard of an election yet.
func (c *catalog) notBefore(old *catalog) {
	for name, t := range c.topics {
		was := old.topics[name]
		if t.id == [16]byte{} || was.id != t.id { // without an id it may be another topic
			continue
		}
		for p, r := range was.parts {
			if now, ok := t.parts[p]; ok && now.epoch < r.epoch {
				t.parts[p] = r
			}
		}
	}
}

// missing is the error for a topic that does not exist. It names the nearest
// topics that do.
func (c *cluster) missing(ctx context.Context, name string) error {
	hint := ""
	if all, err := c.metadata(ctx, nil, c.conf.apiTimeout); err == nil {
		var names []string
		for n := range all.topics {
			names = append(names, n)
		}
		if near := types.Nearest(name, names); len(near) > 0 {
			hint = "; did you mean " + strings.Join(near, " or ") + "?"
		}
	}
	return fmt.Errorf("topic %s: %w in kafka at %s%s; no topic is made by itself, create it first",
		name, errMissing, strings.Join(c.conf.servers, ","), hint)
}

// listOffsets asks for the offset at each partition's place: latest (with
// read_committed the last stable offset), earliest, or the first at or after a
// time in milliseconds; the answer to a time later than all records is latest,
// -1, itself.
func (c *cluster) listOffsets(ctx context.Context, at offsets) (offsets, error) {
	return c.listOffsetsIn(ctx, at, c.conf.isolation())
}

// listOffsetsIn is listOffsets with an isolation level: 1 is read_committed.
func (c *cluster) listOffsetsIn(ctx context.Context, at offsets, isolation int8) (offsets, error) {
	return c.list(ctx, at, isolation, offsets{})
}

// list is listOffsetsIn. It puts the leader epochs of the offsets into epochs, those
// of the ends of logs being their leaders'; -1 where brokers do not tell.
func (c *cluster) list(ctx context.Context, at offsets, isolation int8, epochs offsets) (offsets, error) {
	if len(at) == 0 {
		return offsets{}, nil
	}
	try, cancel := context.WithTimeout(ctx, c.conf.apiTimeout)
	defer cancel()
	out, left := offsets{}, at
	for {
		req := listRequest(left, isolation)
		resp, err := ask(ctx, c, c.conf.apiTimeout, "cannot list offsets", func(ctx context.Context) (*kmsg.ListOffsetsResponse, error) { return req.RequestWith(ctx, c.cl) })
		if err != nil {
			return nil, err
		}
		var again error
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				k := tp{t.Topic, p.Partition}
				switch err := kerr.ErrorForCode(p.ErrorCode); {
				case err == nil:
					out[k], epochs[k] = p.Offset, int64(p.LeaderEpoch)
				case kerr.IsRetriable(err):
					again = fmt.Errorf("%s: %w", k, err)
				default:
					return nil, c.explain(ctx, fmt.Sprintf("cannot list offsets of %s", k), err)
				}
			}
		}
		if left = without(at, out); len(left) == 0 {
			return out, nil
		}
		select {
		case <-try.Done():
			return nil, c.explain(ctx, "cannot list offsets", errors.Join(again, try.Err()))
		case <-time.After(c.conf.backoff):
		}
	}
}

func without(all, done offsets) offsets {
	left := offsets{}
	for k, v := range all {
		if _, ok := done[k]; !ok {
			left[k] = v
		}
	}
	return left
}

func listRequest(at offsets, isolation int8) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.IsolationLevel = isolation
	for _, k := range at.sorted() {
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != k.topic {
			t := kmsg.NewListOffsetsRequestTopic()
			t.Topic = k.topic
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Partition, p.Timestamp = k.partition, at[k]
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, p)
	}
	return req
}

func (c *clientConf) isolation() int8 {
	if c.committed {
		return 1
	}
	return 0
}

// all returns the same place for each of the partitions.
func (o offsets) all(place int64) offsets {
	out := make(offsets, len(o))
	for k := range o {
		out[k] = place
	}
	return out
}
