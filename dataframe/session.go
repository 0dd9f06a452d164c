package dataframe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
)

// Session is where queries begin: it has an engine, settings and temporary
// views. It is safe for concurrent use.
type Session struct {
	ctx    context.Context
	engine engine.Engine
	out    io.Writer

	streams StreamingQueryManager

	mu    sync.Mutex
	conf  engine.Conf
	views map[string]view // by lower-case name
}

type view struct {
	name string
	node plan.Node
}

// Option configures a session.
type Option func(*Session)

// Output sets where Show, PrintSchema and Explain print. Default os.Stdout.
func Output(w io.Writer) Option { return func(s *Session) { s.out = w } }

// Open returns a session on an engine, which Close closes. ctx bounds the calls
// that have no context of their own: looking up a source's schema.
func Open(ctx context.Context, e engine.Engine, opts ...Option) *Session {
	s := &Session{ctx: ctx, engine: e, out: os.Stdout, views: map[string]view{}}
	s.streams.s = s
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Close stops all streaming queries and closes the engine.
func (s *Session) Close() error { return s.engine.Close() }

// Conf returns the session's settings.
func (s *Session) Conf() *Conf { return &Conf{s} }

// Read begins a dataframe that reads what is there.
func (s *Session) Read() *Reader { return &Reader{session: s, options: map[string]string{}} }

// ReadStream begins a dataframe that reads what is there and what will come.
func (s *Session) ReadStream() *Reader {
	return &Reader{session: s, options: map[string]string{}, streaming: true}
}

// SQL returns the result of a query over views and tables, which reads them
// when it runs.
func (s *Session) SQL(query string) *DataFrame {
	node, err := sql.Query(query, catalog{s})
	return &DataFrame{s, node, at("SQL", err)}
}

// Table returns a view or a table by name.
func (s *Session) Table(name string) *DataFrame {
	node, ok := catalog{s}.Table(name)
	if !ok {
		names := catalog{s}.Names()
		err := fmt.Errorf("no table or view %s in (%s)%s", types.QuoteIfNeeded(name), strings.Join(names, ", "), types.DidYouMean(name, names))
		return &DataFrame{s, nil, at("Table", err)}
	}
	return &DataFrame{s, node, nil}
}

// CreateDataFrame returns a dataframe of rows that the program holds. Each row
// has a Go value for each column of the schema; nil is NULL.
func (s *Session) CreateDataFrame(schema *types.Schema, rows [][]any) *DataFrame {
	rec, err := types.Record(schema, rows)
	if err != nil {
		return &DataFrame{s, nil, at("CreateDataFrame", err)}
	}
	return s.FromArrow(rec)
}

// FromArrow returns a dataframe of a record batch, which it copies.
func (s *Session) FromArrow(rec arrow.RecordBatch) *DataFrame {
	schema, err := types.SchemaFromArrow(rec.Schema())
	var buf strings.Builder
	if err == nil {
		w := ipc.NewWriter(&buf, ipc.WithSchema(rec.Schema()))
		err = errors.Join(w.Write(rec), w.Close())
	}
	if err != nil {
		return &DataFrame{s, nil, at("FromArrow", err)}
	}
	return &DataFrame{s, plan.NewLocal(schema, []byte(buf.String())), nil}
}

func (s *Session) setView(name string, node plan.Node) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views[strings.ToLower(name)] = view{name, node}
}

// DropTempView forgets a view and tells whether there was one.
func (s *Session) DropTempView(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, had := s.views[strings.ToLower(name)]
	delete(s.views, strings.ToLower(name))
	return had
}

// catalog is what SQL finds by name: the session's views, then the engine's
// tables.
type catalog struct{ s *Session }

// Table returns the plan that reads a view or a table.
func (c catalog) Table(name string) (plan.Node, bool) {
	c.s.mu.Lock()
	v, ok := c.s.views[strings.ToLower(name)]
	c.s.mu.Unlock()
	if ok {
		return &plan.Alias{Input: v.node, Name: v.name}, true
	}
	schema, ok := c.s.engine.Table(name)
	if !ok {
		return nil, false
	}
	return &plan.Alias{Input: plan.NewTable(name, schema), Name: name}, true
}

// Names returns the names of views and tables, sorted.
func (c catalog) Names() []string {
	names := c.s.engine.Tables()
	c.s.mu.Lock()
	for _, v := range c.s.views {
		names = append(names, v.name)
	}
	c.s.mu.Unlock()
	sort.Strings(names)
	return names
}

// Conf is a session's settings: riffle.* keys, and the few of Spark's that
// people know. A query keeps the settings it was started with.
type Conf struct{ s *Session }

// Set changes a setting. An unknown key or a bad value is an error.
func (c *Conf) Set(key, value string) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	conf, err := c.s.conf.Set(key, value)
	if err != nil {
		return at("Conf().Set", err)
	}
	c.s.conf = conf
	return nil
}

// Get returns a setting, or its default.
func (c *Conf) Get(key string) (string, error) { return c.snapshot().Get(key) }

func (c *Conf) snapshot() engine.Conf {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.conf
}
