package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strconv"
	"strings"

	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/store"
	stores "github.com/riffledata/riffle/exec/store/open"
)

// ReplayBatch runs a past batch of the query again whose checkpoint is files, found
// at location, as exec.Replay does. Where the query's topics were those of an embedded
// broker, which has ended with the job, one is started that has them again.
func ReplayBatch(ctx context.Context, files store.Store, location string, r exec.Replay) error {
	options, stop, err := embeddedAgain(ctx, location, r.Options)
	if err != nil {
		return err
	}
	r.Options = options
	return errors.Join(r.Run(ctx, files), stop())
}

// servers is the option that says where brokers are.
const servers = "kafka.bootstrap.servers"

// embeddedAgain starts an embedded broker on the topics beside a checkpoint, and adds
// its address to the options. It does not where there are none, where other brokers
// are given, or where a job is using them, whose broker then answers.
func embeddedAgain(ctx context.Context, location string, options map[string]string) (map[string]string, func() error, error) {
	none := func() error { return nil }
	dir := brokerDir(location)
	if _, given := options[servers]; given || dir == "" {
		return options, none, nil
	}
	if _, err := os.Stat(dir); err != nil {
		return options, none, nil //nolint:nilerr // the query had other brokers
	}
	b, err := broker.Embedded(ctx, broker.Options{Dir: dir})
	if errors.Is(err, broker.ErrInUse) {
		return options, none, nil
	}
	if err != nil {
		return nil, none, err
	}
	out := maps.Clone(options)
	if out == nil {
		out = map[string]string{}
	}
	out[servers] = b.Addr()
	return out, b.Close, nil
}

// again is a past batch that is to be run again instead of the job.
type again struct {
	batch    int64
	location string
	trace    string
	options  map[string]string
}

// parseAgain reads N@CHECKPOINT; nil where there is nothing.
func parseAgain(text, trace string, options []string) (*again, error) {
	if text == "" {
		if trace != "" || len(options) > 0 {
			return nil, errors.New("replay-trace and replay-option are for a batch that is replayed; say which with --replay-batch")
		}
		return nil, nil
	}
	number, location, ok := strings.Cut(text, "@")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 || location == "" {
		return nil, fmt.Errorf("replay-batch %q: write N@CHECKPOINT, as 7@/var/lib/checkpoints/hosts", text)
	}
	given, err := SourceOptions(options)
	if err != nil {
		return nil, fmt.Errorf("replay-option %w", err)
	}
	return &again{n, location, trace, given}, nil
}

// SourceOptions reads options written as KEY=VALUE.
func SourceOptions(texts []string) (map[string]string, error) {
	out := map[string]string{}
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q: write KEY=VALUE, as kafka.bootstrap.servers=localhost:9092", text)
		}
		out[key] = value
	}
	return out, nil
}

// run runs the batch. The functions and processors of the job are there: they are
// registered in package variables.
func (a *again) run(ctx context.Context, out io.Writer) error {
	files, err := stores.Open(a.location)
	if err != nil {
		return err
	}
	r := exec.Replay{Batch: a.batch, Trace: json.RawMessage(a.trace), Options: a.options, Out: out}
	return errors.Join(ReplayBatch(ctx, files, a.location, r), files.Close())
}
