package exec

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/connector/console"
	"github.com/riffledata/riffle/exec/connector/file"
	"github.com/riffledata/riffle/exec/connector/foreach"
	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/connector/rate"
	"github.com/riffledata/riffle/exec/connector/statestore"
	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/source"
	"github.com/riffledata/riffle/exec/state/disk"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/open"
)

// Option configures a local engine.
type Option func(*local)

// Cores sets how many tasks run at once. Default: the processor's cores.
func Cores(n int) Option { return func(l *local) { l.tasks = max(n, 1) } }

// Streams adds memory streams that the program feeds itself, as tests do; the
// source format "memory" reads them.
func Streams(s *memory.Streams) Option { return func(l *local) { l.extra = append(l.extra, s) } }

// WithSource adds a kind of source, or replaces the one of its format.
func WithSource(p source.Provider) Option { return func(l *local) { l.extra = append(l.extra, p) } }

// WithSink adds a kind of sink, or replaces the one of its format.
func WithSink(p sink.Provider) Option {
	return func(l *local) { l.sinks = append([]sink.Provider{p}, l.sinks...) }
}

// Log sets where the engine tells of what is no error but should be known:
// warnings of lost data and bad records, and at level debug each batch. Default:
// nowhere.
func Log(log *slog.Logger) Option { return func(l *local) { l.log = log } }

// Listener calls f for what happens to streaming queries, one event after the
// other, until the engine is closed. f may be slow: queries do not wait.
func Listener(f func(engine.Event)) Option { return func(l *local) { l.bus.Listen(f) } }

// CrashPoints calls f whenever a streaming query comes to a place at which a
// crash is worth testing, by the name of the place: for tests that kill.
func CrashPoints(f func(point string)) Option { return func(l *local) { l.crash = f } }

// Stores replaces how the location of a checkpoint is opened: for tests whose
// stores fail, or live in memory.
func Stores(open func(location string) (store.Store, error)) Option {
	return func(l *local) { l.stores = open }
}

// Altered replaces operators of plans as they are built: for tests that see whether
// a wrong one would be noticed.
func Altered(alter func(physical.Op) physical.Op) Option {
	return func(l *local) { l.alter = alter }
}

// NoOptimizer computes plans as they were written: for tests that compare.
func NoOptimizer() Option { return func(l *local) { l.plain = true } }

// Local returns an engine that computes in this process.
func Local(opts ...Option) engine.Engine {
	l := &local{memory: newMemoryLimit(), tasks: runtime.GOMAXPROCS(0), tables: memory.NewTables(), names: map[string]bool{}, functions: foreach.NewFunctions(), log: slog.New(slog.DiscardHandler), stores: open.Open}
	l.sinks = []sink.Provider{memory.NewSinkProvider(l.tables), console.NewSinkProvider(), kafka.NewSinkProvider(), foreach.NewSinkProvider(l.functions)}
	for _, format := range []string{"json", "csv", "parquet", "ipc"} {
		l.sinks = append(l.sinks, file.NewSinkProvider(format))
	}
	for _, opt := range opts {
		opt(l)
	}
	l.sources = physical.NewSources(append(l.extra,
		kafka.NewProvider(kafka.FormatOptions(json.OptionSpecs()...), kafka.OnDataLoss(l.lost)),
		file.NewProvider("json", json.OptionSpecs(), file.OnMissing(l.missing)), file.NewProvider("csv", csv.OptionSpecs(), file.OnMissing(l.missing)), file.NewColumnarProvider("parquet", l.missing), file.NewColumnarProvider("ipc", l.missing),
		rate.NewProvider(), statestore.NewProvider(),
	)...)
	return l
}

type local struct {
	tasks   int
	plain   bool
	alter   func(physical.Op) physical.Op
	log     *slog.Logger
	sources *physical.Sources
	extra   []source.Provider
	sinks   []sink.Provider
	tables  *memory.Tables

	functions *foreach.Functions // of queries with Foreach
	crash     func(point string)
	stores    func(location string) (store.Store, error)
	replace   func(physical.Stateful) physical.Stateful // of tests: what the loop sees of an op; nil for itself
	spills    func(used func() int64) func() int64      // of tests: what a query takes for the memory of its state; nil for itself
	disk      func(*disk.Options)                       // of tests: changes what state on disk is opened with; nil: nothing
	bus       bus
	memory    *memoryLimit

	mu      sync.Mutex
	queries []engine.Query
	names   map[string]bool // of queries that are being started
	closed  bool
}

// lost tells of data that failOnDataLoss=false has passed over.
func (l *local) lost(loss kafka.Loss) {
	l.log.Warn("kafka data was lost and is left out", "topic", loss.Topic, "partition", loss.Partition, "from", loss.From, "to", loss.To, "reason", loss.Reason)
}

// missing tells of files that ignoreMissingFiles has passed over.
func (l *local) missing(path string) {
	l.log.Warn("a file was gone before it was read and is left out", "path", path)
}

// Describe returns the schema of a source.
func (l *local) Describe(ctx context.Context, read engine.Read) (*types.Schema, error) {
	return l.sources.Describe(ctx, read.Format, read.Options, read.Declared, read.Streaming)
}

// Listen calls f for what happens to streaming queries.
func (l *local) Listen(f func(engine.Event)) (remove func()) { return l.bus.Listen(f) }

// Table returns the schema of a memory table.
func (l *local) Table(name string) (*types.Schema, bool) {
	t, ok := l.tables.Find(name)
	if !ok {
		return nil, false
	}
	return t.Schema(), true
}

// Tables returns the names of the memory tables.
func (l *local) Tables() []string { return l.tables.Names() }

func (l *local) snapshot(name string) ([]batch.Batch, error) {
	t, ok := l.tables.Find(name)
	if !ok {
		return nil, fmt.Errorf("the table %s is gone", types.QuoteIfNeeded(name))
	}
	return t.Snapshot().Batches, nil
}

// Queries returns the active queries, oldest first.
func (l *local) Queries() []engine.Query {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queries = slices.DeleteFunc(l.queries, ended)
	return slices.Clone(l.queries)
}

func ended(q engine.Query) bool {
	select {
	case <-q.Done():
		return true
	default:
		return false
	}
}

// Start checks and prepares a streaming query, and starts it.
func (l *local) Start(ctx context.Context, w *plan.Write, conf engine.Conf) (engine.Query, error) {
	if err := l.reserve(w.QueryName); err != nil {
		return nil, err
	}
	q, err := l.start(ctx, w, conf)
	l.mu.Lock()
	delete(l.names, w.QueryName)
	closed := l.closed
	if err == nil {
		l.queries = append(l.queries, q)
	}
	l.mu.Unlock()
	if err == nil && closed {
		return nil, errors.Join(errEngineClosed, q.Stop())
	}
	return q, err
}

var errEngineClosed = errors.New("the session is closed; open another")

// reserve keeps a name for a query that is about to start.
func (l *local) reserve(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errEngineClosed
	}
	running := func(q engine.Query) bool { return q.Name() == name && !ended(q) }
	if name != "" && (l.names[name] || slices.ContainsFunc(l.queries, running)) {
		return fmt.Errorf("a query called %s is running already; stop it, or give this one another name with QueryName", name)
	}
	l.names[name] = true
	return nil
}

// connect opens the sources of a plan; on an error, none stays open.
func connect(ctx context.Context, p *physical.Plan) error {
	for _, s := range p.Sources() {
		if err := s.Connect(ctx); err != nil {
			return errors.Join(err, disconnect(p))
		}
	}
	return nil
}

func disconnect(p *physical.Plan) error {
	var errs []error
	for _, s := range p.Sources() {
		if s.Source != nil {
			errs = append(errs, s.Source.Close())
		}
	}
	return errors.Join(errs...)
}

// Explain describes how a plan would be computed.
func (l *local) Explain(p plan.Node, conf engine.Conf) (engine.Explained, error) {
	best, err := l.optimize(p, conf)
	if err != nil {
		return engine.Explained{}, err
	}
	b := l.builder(conf, explained(best))
	b.Streaming = plan.Streaming(p)
	built, err := b.Build(best)
	if err != nil {
		return engine.Explained{}, err
	}
	return engine.Explained{Optimized: plan.Format(best), Physical: plan.Format(built.Root)}, nil
}

// explained is how a plan is written as long as nobody has said so: in mode complete,
// or in append where only that is possible.
func explained(n plan.Node) *plan.Write {
	w := plan.Write{Input: n, Format: "console", Mode: plan.Append}
	if whole := (plan.Write{Input: n, Format: w.Format, Mode: plan.Complete}); plan.CheckWrite(&whole) == nil || plan.CheckWrite(&w) != nil {
		return &whole
	}
	return &w
}

// builder plans a streaming query, or where w is nil a batch query.
func (l *local) builder(conf engine.Conf, w *plan.Write) *physical.Builder {
	b := &physical.Builder{Tasks: l.tasks, Alter: l.alter, Sources: l.sources, Streaming: w != nil, Settings: physical.Settings{
		ANSI: conf.ANSI(), Zone: conf.Zone(), Shuffle: int(conf.Int("riffle.shuffle.partitions")),
		StateBytes: conf.Int("riffle.state.bytes"), StateDisk: conf.StateBackend() == "disk", StateTTL: conf.StateTTL(), SortBytes: conf.Int("riffle.sort.bytes"),
		JoinBytes: conf.Int("riffle.join.bytes"), JoinReread: conf.JoinReread()}}
	if w != nil {
		b.Mode, b.Quarantine = modes[w.Mode], w.Quarantine != nil
		if w.Mode == plan.Update {
			b.Keys = keysOf(w.Input)
		}
	}
	return b
}

// Close stops all queries; no other can be started.
func (l *local) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	var errs []error
	for _, q := range l.Queries() {
		errs = append(errs, q.Stop())
	}
	l.bus.close()
	return errors.Join(errs...)
}
