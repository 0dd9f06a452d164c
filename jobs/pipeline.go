package jobs

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
)

// Input is a stream that a pipeline reads: a topic of Kafka, or files of JSON
// lines, plain or gzipped.
type Input struct {
	// Name is that of the flag that names files, and of the topic unless another
	// flag, NAME-topic, names it.
	Name string
	// What the records are, for --help.
	What string
	// Schema is that of a record's JSON. Columns that a record has not are null.
	Schema *types.Schema
	// Key is the name of a text column that is added: the key of the Kafka record.
	// It is null in files. A feed takes what stands before the first colon of a
	// line that does not begin with a brace as its key. Keyed inputs are fed before
	// the others: they are tables that those look things up in. "" adds nothing.
	Key string
	// MadeUp gives about so many records, as key (nil for none) and value, always
	// the same: what the job reads where it is told of neither brokers nor files.
	MadeUp func(rows int) iter.Seq2[[]byte, []byte]
}

// Records are the records of the inputs, by their names.
type Records map[string]*dataframe.DataFrame

// Pipeline is a job that turns streams into a table in memory and shows it: the
// inputs come from Kafka, from files, or are made up and streamed through an
// embedded broker. Its flags are those that --help lists.
type Pipeline struct {
	// Table is the name of the result and of the query.
	Table string
	// About is the first line of --help.
	About  string
	Inputs []Input
	Flags  func(*Flags) // of the job's own; may be nil
	// Query is the job: from records to its result, which is streamed in mode Mode.
	Query func(Records) (*dataframe.DataFrame, error)
	Mode  func() plan.OutputMode // nil stands for append
	// Order is how the result is sorted when it is shown: SQL, such as "count DESC, host".
	Order func() string

	orders
}

// Main runs the pipeline and exits the process.
func (p *Pipeline) Main() {
	os.Exit(p.Call(os.Args[0], os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// Call runs the pipeline as a process of its own would be, and returns its exit
// code. A pipeline is called once.
func (p *Pipeline) Call(name string, args, env []string, out, err io.Writer) int {
	f := &frame{name: filepath.Base(name), args: args, env: env, out: out, err: err, usage: p.About}
	f.define = append(f.define, p.flags)
	return f.run(p.run)
}

// run is the whole job.
func (p *Pipeline) run(ctx context.Context, s *dataframe.Session) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	feed, err := p.feed(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, feed.stop()) }()
	result, err := p.Query(p.records(s))
	if err != nil {
		return err
	}
	if p.format == "" {
		if err := result.PrintSchema(); err != nil {
			return err
		}
	}
	q, err := p.start(ctx, result)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Stop()) }()
	if err := p.follow(ctx, s, q, feed); err != nil {
		return err
	}
	return p.finish(context.WithoutCancel(ctx), s, q)
}

func (p *Pipeline) start(ctx context.Context, result *dataframe.DataFrame) (*dataframe.StreamingQuery, error) {
	w := result.WriteStream().Format("memory").QueryName(p.Table).Trigger(p.trigger())
	if p.Mode != nil {
		w = w.OutputMode(p.Mode())
	}
	if p.checkpoint != "" {
		w = w.Checkpoint(p.checkpoint)
	}
	return w.Start(ctx)
}

func (p *Pipeline) trigger() dataframe.Trigger {
	if p.available {
		return dataframe.AvailableNow()
	}
	return dataframe.DefaultTrigger()
}
