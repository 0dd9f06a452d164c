package dataframe_test

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
)

// lookup is a DNS query of a host, known a domain that it is known to use.
type lookup struct {
	At     time.Time `riffle:"at"`
	Domain string    `riffle:"domain"`
}

type known struct {
	Domain string `riffle:"domain"`
}

// newDomain is told when a host asks for a domain that it has not used before.
type newDomain struct {
	Host   string `riffle:"host"`
	Domain string `riffle:"domain"`
}

// newDomains remembers the domains of each host, for a month after the last time.
type newDomains struct {
	seen *dataframe.MapState[string, bool]
}

func (p *newDomains) Init(h *dataframe.Handle) error {
	p.seen = dataframe.NewMap[string, bool](h, "seen", dataframe.TTL(30*24*time.Hour))
	return nil
}

// HandleInitialState takes in what is known of a host when the query begins.
func (p *newDomains) HandleInitialState(_ context.Context, _ *dataframe.Handle, _ string, k known) error {
	p.seen.Set(k.Domain, true)
	return nil
}

func (p *newDomains) Process(_ context.Context, _ *dataframe.Handle, host string, rows iter.Seq[lookup], emit func(newDomain)) error {
	for r := range rows {
		if _, ok := p.seen.Get(r.Domain); !ok {
			emit(newDomain{host, r.Domain})
		}
		p.seen.Set(r.Domain, true) // its time to live begins anew
	}
	return nil
}

var newDomainsByHost = fn.ProcessorWithInitialState("example/new-domains@v1",
	func() dataframe.ProcessorWithInitialState[string, lookup, newDomain, known] { return &newDomains{} })

// A processor tells of domains that a host has not asked for before; what is known
// already comes from another dataframe, once.
func ExampleTransform() {
	ctx := context.Background()
	streams := memory.NewStreams()
	s := dataframe.Open(ctx, exec.Local(exec.WithSource(streams)))
	defer s.Close()
	lookups, feed := lookupStream(s, streams)
	knownBefore := s.CreateDataFrame(schemaOf("host STRING, domain STRING"), [][]any{{"a", "go.dev"}})

	alerts := dataframe.Transform(lookups.GroupBy(fn.Col("host")), newDomainsByHost, dataframe.ByProcessingTime, dataframe.Append,
		dataframe.InitialState(knownBefore.GroupBy(fn.Col("host"))))
	q, err := alerts.WriteStream().Format("memory").QueryName("alerts").Start(ctx)
	check(err)
	feed(q, "12:00:00 a go.dev", "12:00:01 a example.com", "12:00:02 b go.dev")
	feed(q, "12:00:03 a example.com", "12:00:04 b example.org")
	check(s.SQL("SELECT * FROM alerts ORDER BY host, domain").Show(ctx))
	check(q.Stop())
	// Output:
	// +----+-----------+
	// |host|     domain|
	// +----+-----------+
	// |   a|example.com|
	// |   b|example.org|
	// |   b|     go.dev|
	// +----+-----------+
}

// visit is what a host did until it was quiet for a while.
type visit struct {
	Host    string    `riffle:"host"`
	Ended   time.Time `riffle:"ended"`
	Lookups int64     `riffle:"lookups"`
}

// visits end half a minute after the last lookup of a host, by event time.
type visits struct {
	lookups *dataframe.ValueState[int64]
}

func (p *visits) Init(h *dataframe.Handle) error {
	p.lookups = dataframe.NewValue[int64](h, "lookups")
	return nil
}

func (p *visits) Process(_ context.Context, h *dataframe.Handle, host string, rows iter.Seq[lookup], emit func(visit)) error {
	n, _ := p.lookups.Get()
	var end time.Time
	for _, at := range h.Timers() { // one at most
		end = at
		h.DeleteTimer(at)
	}
	for r := range rows {
		if n > 0 && r.At.After(end) { // the timer would come behind the rows
			emit(visit{host, end, n})
			n = 0
		}
		n++
		if quiet := r.At.Add(30 * time.Second); quiet.After(end) {
			end = quiet
		}
	}
	p.lookups.Set(n)
	h.SetTimer(end)
	return nil
}

// OnTimer is called once no row can come any more that would make the visit longer.
func (p *visits) OnTimer(_ context.Context, _ *dataframe.Handle, host string, at time.Time, emit func(visit)) error {
	n, _ := p.lookups.Get()
	emit(visit{host, at, n})
	p.lookups.Clear()
	return nil
}

var visitsByHost = fn.Processor("example/visits@v1", func() dataframe.Processor[string, lookup, visit] { return &visits{} })

// Timers by event time end the visits of hosts, and the result has event time of
// its own: visits are counted by the minute in which they ended, in mode append.
func ExampleEventTimeColumn() {
	ctx := context.Background()
	streams := memory.NewStreams()
	s := dataframe.Open(ctx, exec.Local(exec.WithSource(streams)))
	defer s.Close()
	lookups, feed := lookupStream(s, streams)

	ended := dataframe.Transform(lookups.WithWatermark("at", "5 seconds").GroupBy(fn.Col("host")), visitsByHost,
		dataframe.ByEventTime, dataframe.Append, dataframe.EventTimeColumn("ended"))
	q, err := ended.GroupBy(fn.Window(fn.Col("ended"), "1 minute")).
		Agg(fn.Count().Alias("visits"), fn.Sum(fn.Col("lookups")).Alias("lookups")).
		Select(fn.Expr("date_format(window.end, 'HH:mm') AS until"), fn.Col("visits"), fn.Col("lookups")).
		WriteStream().Format("memory").QueryName("minutes").Start(ctx)
	check(err)
	feed(q, "12:00:00 a go.dev", "12:00:02 b go.dev", "12:00:10 a example.com")
	feed(q, "12:01:20 a go.dev")
	feed(q, "12:05:00 c go.dev")
	check(s.SQL("SELECT * FROM minutes ORDER BY until").Show(ctx))
	check(q.Stop())
	// Output:
	// +-----+------+-------+
	// |until|visits|lookups|
	// +-----+------+-------+
	// |12:01|     2|      3|
	// |12:02|     1|      1|
	// +-----+------+-------+
}

// lookupStream returns a stream of lookups, and what feeds it with lines of time,
// host and domain and waits for a query to have read them.
func lookupStream(s *dataframe.Session, streams *memory.Streams) (*dataframe.DataFrame, func(q *dataframe.StreamingQuery, lines ...string)) {
	schema := schemaOf("at TIMESTAMP, host STRING, domain STRING")
	in := streams.Add("lookups", schema)
	return s.ReadStream().Format("memory").Option("name", "lookups").Load(), func(q *dataframe.StreamingQuery, lines ...string) {
		rows := make([][]any, len(lines))
		for i, line := range lines {
			var clock, host, domain string
			_, err := fmt.Sscan(line, &clock, &host, &domain)
			check(err)
			at, err := time.Parse(time.DateTime, "2026-05-01 "+clock)
			check(err)
			rows[i] = []any{at, host, domain}
		}
		rec, err := types.Record(schema, rows)
		check(err)
		in.Append(rec)
		check(q.ProcessAllAvailable(context.Background()))
	}
}

func schemaOf(ddl string) *types.Schema {
	s, err := types.ParseDDL(ddl)
	check(err)
	return s
}
