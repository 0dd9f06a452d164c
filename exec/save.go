package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/connector/foreach"
	"github.com/riffledata/riffle/exec/sink"
)

// Hold keeps a function for a streaming query.
func (l *local) Hold(f engine.BatchFunc) (name string, drop func()) {
	return l.functions.Hold(foreach.Function(f))
}

var saveModes = map[engine.SaveMode]sink.SaveMode{engine.ErrorIfExists: sink.ErrorIfExists, engine.AppendTo: sink.AppendTo,
	engine.Overwrite: sink.Overwrite, engine.Ignore: sink.Ignore}

// Save computes a plan once and writes its result.
func (l *local) Save(ctx context.Context, n plan.Node, to engine.Target, conf engine.Conf) error {
	mode, ok := saveModes[engine.SaveMode(strings.ToLower(string(to.Mode)))]
	if !ok {
		return fmt.Errorf("no save mode %q; use errorifexists, append, overwrite or ignore%s", to.Mode,
			types.DidYouMean(string(to.Mode), []string{"errorifexists", "append", "overwrite", "ignore"}))
	}
	out, err := l.saver(ctx, n.Schema(), to, mode, conf)
	if err != nil || out == nil {
		return err
	}
	rows, err := l.Run(ctx, n, conf)
	if err != nil {
		return errors.Join(err, out.Close())
	}
	return errors.Join(save(ctx, rows, out), rows.Close(), out.Close())
}

// saver opens the sink for a result; nil where there is nothing to do.
func (l *local) saver(ctx context.Context, schema *types.Schema, to engine.Target, mode sink.SaveMode, conf engine.Conf) (sink.Sink, error) {
	options := maps.Clone(to.Options)
	if strings.EqualFold(to.Format, "kafka") && options["delivery"] == "" {
		options["delivery"] = "at-least-once" // a batch query has no checkpoint
	}
	p, spec, err := l.checkSink(to.Format, options, sink.Spec{Schema: schema, Mode: sink.Append, Role: "sink", Committed: sink.NoBatch, Zone: conf.Zone()}, conf)
	if err != nil {
		return nil, err
	}
	if s, ok := p.(sink.Saver); ok {
		return s.Save(ctx, spec, mode)
	}
	if mode == sink.Overwrite || mode == sink.Ignore {
		return nil, fmt.Errorf("the %s sink adds to what is there and cannot tell; use the save mode append", p.Format())
	}
	return p.Open(ctx, spec)
}

// save writes all rows as one batch.
func save(ctx context.Context, rows engine.Rows, out sink.Sink) error {
	w, err := out.Begin(ctx, 0)
	if err != nil {
		return err
	}
	for {
		rec, err := rows.Next(ctx)
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			return w.Commit(ctx)
		}
		if err == nil {
			err = w.Write(ctx, batch.Batch{Record: rec})
		}
		if err != nil {
			return errors.Join(err, w.Abort())
		}
	}
}
