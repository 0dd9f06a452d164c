package kafka

import (
	"cmp"
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kgo"
)

// kafkaSource reads the topics of one query.
type kafkaSource struct {
	conf    *config
	schema  *types.Schema
	arrow   *arrow.Schema
	views   bool
	lost    func(Loss)
	cluster *cluster
	codecs  kgo.Decompressor
	ctx     context.Context // until Close
	cancel  context.CancelFunc
	ahead   *ahead // nil in a batch query
	lag     *lag   // nil where it is not published
	passed  passed

	large     func() (*kgo.Client, error) // one for answers that are larger than usual, made at its first use
	usedLarge atomic.Bool

	asking chan struct{} // holds one token: whoever took it may ask for cat
	cat    *catalog

	mu     sync.Mutex
	ids    map[string][16]byte // of topics, when they were first seen
	epochs offsets             // of the leaders in which logs reached the last offset given; none where unknown
	starts offsets             // where partitions begin that the query has no offset of
	void   offsets             // offsets in logs that are gone
	back   source.Offset       // the last offset given, if it goes back and no batch was planned with it yet
	frozen offsets             // ends, after Freeze
	newest offsets             // ends, as last heard
}

func openSource(ctx context.Context, c *config, schema *types.Schema, views bool, lost func(Loss)) (*kafkaSource, error) {
	cl, err := newCluster(c.client, kgo.MaxDecompressBatchBytes(int(cmp.Or(c.batchBytes, math.MaxInt32))))
	if err != nil {
		return nil, err
	}
	s := &kafkaSource{conf: c, schema: schema, arrow: arrowSchema(schema, views), views: views, lost: lost, cluster: cl,
		codecs: codecsOf(cl.cl), asking: make(chan struct{}, 1), ids: map[string][16]byte{}, epochs: offsets{}, starts: offsets{}, void: offsets{}}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.large = sync.OnceValues(func() (*kgo.Client, error) {
		return kgo.NewClient(append(c.client.opts(cl.dials), kgo.BrokerMaxReadBytes(largestAnswer))...)
	})
	if s.cat, err = s.findFirst(ctx); err == nil && c.streaming {
		s.ahead, err = newAhead(s)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if c.streaming && c.group != "" {
		s.lag = newLag(cl, c.group)
	}
	s.note(s.cat)
	s.asking <- struct{}{}
	return s, nil
}

func arrowSchema(schema *types.Schema, views bool) *arrow.Schema {
	fields := schema.Arrow().Fields()
	for i := range fields {
		if views && fields[i].Name == "value" {
			fields[i].Type = arrow.BinaryTypes.BinaryView
		}
	}
	return arrow.NewSchema(fields, nil)
}

// Schema returns the wanted columns.
func (s *kafkaSource) Schema() *types.Schema { return s.schema }

// Close ends the prefetching and closes the connections. Streams should be
// closed before; those that are not will fail.
func (s *kafkaSource) Close() error {
	s.cancel()
	if s.ahead != nil {
		s.ahead.close()
	}
	if s.lag != nil {
		s.lag.wait()
	}
	if s.usedLarge.Load() {
		if cl, err := s.large(); err == nil {
			cl.Close()
		}
	}
	s.cluster.close()
	return nil
}

// note remembers the ids of topics that are seen for the first time.
func (s *kafkaSource) note(cat *catalog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, t := range cat.topics {
		if _, ok := s.ids[name]; !ok {
			s.ids[name] = t.id
		}
	}
}

func (s *kafkaSource) id(name string) [16]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[name]
}

// catalog returns the topics: those of the last answer, or with fresh new ones,
// if that is not only just there.
func (s *kafkaSource) catalog(ctx context.Context, fresh bool) (*catalog, error) {
	if fresh {
		return s.catalogAfter(ctx, s.conf.client.backoff/2)
	}
	return s.catalogAfter(ctx, time.Hour)
}

// catalogAfter asks for the topics again if the last answer is older than age.
func (s *kafkaSource) catalogAfter(ctx context.Context, age time.Duration) (*catalog, error) {
	select {
	case <-s.asking:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { s.asking <- struct{}{} }()
	if time.Since(s.cat.at) <= age {
		return s.cat, nil
	}
	var cat *catalog
	var err error
	// A broker that has just started may not know all topics yet: one that was
	// there must be missing for a while to be believed gone.
	for range 4 {
		if cat, err = s.find(ctx, false, s.conf.client.apiTimeout); err != nil {
			return nil, err
		}
		if !s.lacks(cat) {
			break
		}
		sleep(ctx, s.conf.client.backoff)
	}
	cat.notBefore(s.cat)
	s.note(cat)
	s.cat = cat
	return cat, nil
}

func (s *kafkaSource) lacks(cat *catalog) bool {
	for k := range s.cat.partitions() {
		if _, _, ok := cat.leader(k); !ok {
			return true
		}
	}
	return false
}

// Bounds returns where a batch query starts and ends.
func (s *kafkaSource) Bounds(ctx context.Context) (from, to source.Offset, err error) {
	cat, err := s.catalogAfter(ctx, s.conf.client.metadataAge)
	if err != nil {
		return nil, nil, err
	}
	parts := cat.partitions()
	end, err := s.resolve(ctx, s.conf.end, parts)
	if err != nil {
		return nil, nil, err
	}
	begin, err := s.resolve(ctx, s.conf.start, parts)
	if err != nil {
		return nil, nil, err
	}
	for k := range end { // an end before the start reads nothing
		end[k] = max(end[k], begin[k])
	}
	return begin.json(), end.json(), nil
}

// Initial returns startingOffsets as numbers.
func (s *kafkaSource) Initial(ctx context.Context) (source.Offset, error) {
	cat, err := s.catalogAfter(ctx, s.conf.client.metadataAge)
	if err != nil {
		return nil, err
	}
	at, err := s.resolve(ctx, s.conf.start, cat.partitions())
	if err != nil {
		return nil, err
	}
	return at.json(), nil
}

// Freeze fixes the end of the stream at what is there now.
func (s *kafkaSource) Freeze(ctx context.Context) error {
	cat, err := s.catalog(ctx, true)
	if err != nil {
		return err
	}
	ends, err := s.cluster.listOffsets(ctx, cat.partitions().all(latest))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = ends
	return err
}

// Latest returns the ends of the partitions as last heard of.
func (s *kafkaSource) Latest() source.Offset {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.newest) == 0 {
		return nil
	}
	return s.newest.json()
}

// Open reads a range of Plan's.
func (s *kafkaSource) Open(ctx context.Context, r source.Range) (batch.Stream, error) {
	sp, id, err := parseSplit(r.Split)
	if err != nil {
		return nil, err
	}
	st := &stream{conf: s.conf, at: sp.at(), split: sp, pos: sp.From, to: sp.To, codecs: s.codecs, schema: s.arrow, lost: s.lost, passed: &s.passed,
		out: newBuilder(s.arrow, sp.at(), s.views, sp.To-sp.From)}
	if sp.From == sp.To {
		return st, nil
	}
	cat, err := s.catalog(ctx, false)
	if err != nil {
		return nil, err
	}
	same, to, err := s.whole(ctx, cat, sp, id)
	if err != nil {
		return nil, err
	}
	if st.to = to; st.pos == st.to {
		return st, nil
	}
	if s.ahead != nil && !sp.Part && same {
		st.feed = s.ahead.attach(cat, sp.at(), id, sp.From, to)
	}
	if st.feed == nil {
		st.feed = newDirect(s, sp.at(), id, sp.From, to)
	}
	return st, nil
}
