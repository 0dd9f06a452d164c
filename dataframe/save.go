package dataframe

import (
	"context"
	"fmt"
	"maps"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
)

// SaveMode says what becomes of a result that is there already.
type SaveMode = engine.SaveMode

// The save modes of a Writer.
const (
	// ErrorIfExists refuses to write where there is a result.
	ErrorIfExists = engine.ErrorIfExists
	// AppendTo adds to it.
	AppendTo = engine.AppendTo
	// Overwrite shows the new result instead of it, once that is complete.
	Overwrite = engine.Overwrite
	// Ignore leaves it, and writes nothing.
	Ignore = engine.Ignore
)

// Writer describes where the result of a batch query goes, step by step, until
// Save.
type Writer struct {
	df *DataFrame
	to engine.Target
}

// Write begins to describe where the dataframe's rows go.
func (d *DataFrame) Write() *Writer {
	return &Writer{d, engine.Target{Options: map[string]string{}, Mode: ErrorIfExists}}
}

// Format names the kind of sink: "json", "csv", "parquet", "ipc", "kafka",
// "console".
func (w *Writer) Format(name string) *Writer { w.to.Format = name; return w }

// Option sets an option of the sink. An unknown one is an error, which Save
// returns.
func (w *Writer) Option(key string, value any) *Writer {
	w.to.Options[key] = fmt.Sprint(value)
	return w
}

// Options sets several options.
func (w *Writer) Options(options map[string]string) *Writer {
	maps.Copy(w.to.Options, options)
	return w
}

// Mode says what becomes of a result that is there already. Default
// ErrorIfExists.
func (w *Writer) Mode(mode SaveMode) *Writer { w.to.Mode = mode; return w }

// Save computes the dataframe and writes its rows. A path is the option of that
// name: for files the folder, in which the result shows whole or not at all.
func (w *Writer) Save(ctx context.Context, path ...string) error {
	if w.df.err != nil {
		return w.df.err
	}
	if plan.Streaming(w.df.node) {
		return at("Save", ErrStreaming)
	}
	to := w.to
	to.Options = maps.Clone(w.to.Options)
	switch {
	case to.Format == "":
		return at("Save", fmt.Errorf(`no format; say Format("parquet") or another before Save`))
	case len(path) > 1:
		return at("Save", fmt.Errorf("%d paths; a result goes to one folder", len(path)))
	case len(path) == 1:
		to.Options["path"] = path[0]
	}
	return at("Save", w.df.session.engine.Save(ctx, w.df.node, to, w.df.session.Conf().snapshot()))
}
