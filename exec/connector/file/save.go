package file

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/riffledata/riffle/exec/sink"
)

// savedBy is the query that manifests of batch queries name.
const savedBy = "batch"

// Save returns a sink that writes one result into a folder. It is shown whole, by
// one manifest, as those of streaming queries are.
func (p *SinkProvider) Save(_ context.Context, spec sink.Spec, mode sink.SaveMode) (sink.Sink, error) {
	spec.QueryID, spec.Role, spec.Mode = savedBy, "sink", sink.Append
	c, err := p.config(spec)
	if err != nil {
		return nil, err
	}
	if err := makeTable(c.dir); err != nil {
		return nil, err
	}
	batches, _, err := manifests(c.dir)
	if err != nil {
		return nil, err
	}
	if len(batches) > 0 && mode == sink.ErrorIfExists {
		return nil, fmt.Errorf("the folder %s has a result in it already; set the mode to append, overwrite or ignore, or choose another folder", c.dir)
	}
	if len(batches) > 0 && mode == sink.Ignore {
		return nil, nil
	}
	if err := checkOwner(c.dir, spec); err != nil {
		return nil, err
	}
	return &saveSink{c, mode == sink.Overwrite}, nil
}

type saveSink struct {
	*sinkConf
	replaces bool
}

// Begin starts the result, under the next number that is free.
func (s *saveSink) Begin(context.Context, int64) (sink.Writer, error) {
	batches, _, err := manifests(s.dir)
	if err != nil {
		return nil, err
	}
	next := int64(0)
	if len(batches) > 0 {
		next = batches[len(batches)-1] + 1
	}
	return &saveWriter{&filesWriter{conf: s.sinkConf, id: next, replaces: s.replaces, saves: true}}, nil
}

// Guarantee is exactly-once, for one run.
func (s *saveSink) Guarantee() (sink.Guarantee, string) {
	return sink.ExactlyOnce, "the result is shown whole, by one manifest"
}

// Close does nothing.
func (s *saveSink) Close() error { return nil }

type saveWriter struct{ *filesWriter }

// Commit shows the result; where it is instead of another, that one's files are
// then removed.
func (w *saveWriter) Commit(ctx context.Context) error {
	if err := w.filesWriter.Commit(ctx); err != nil || !w.replaces {
		return err
	}
	batches, _, err := manifests(w.conf.dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range batches {
		if id >= w.id {
			break
		}
		m, err := readManifest(w.conf.dir, id)
		errs = append(errs, err)
		if m == nil {
			continue
		}
		for _, f := range m.Files {
			errs = append(errs, drop(filepath.Join(w.conf.dir, f.Name)))
		}
		errs = append(errs, drop(manifestPath(w.conf.dir, id)))
	}
	return errors.Join(errs...)
}
