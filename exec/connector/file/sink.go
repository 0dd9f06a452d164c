package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// SinkProvider makes sinks that write files of one format into a folder.
type SinkProvider struct{ format string }

// NewSinkProvider returns the provider of a format: "json" (lines), "csv",
// "parquet" or "ipc". Another one is refused by Check.
func NewSinkProvider(format string) *SinkProvider { return &SinkProvider{format} }

// Format is the format's name.
func (p *SinkProvider) Format() string { return p.format }

// Options lists the options of writing files, then those of the format.
func (p *SinkProvider) Options() []option.Spec {
	return append([]option.Spec{
		{Key: "path", Doc: "the folder to write into; it is made if it is not there"},
		{Key: "compression", Doc: "how the files are compressed: " + strings.Join(codecsOf(p.format), ", ") + "; the first is the default"},
	}, formatSpecs(p.format)...)
}

// Check checks options and columns.
func (p *SinkProvider) Check(spec sink.Spec) error {
	_, err := p.config(spec)
	return err
}

// sinkConf is a checked sink.Spec.
type sinkConf struct {
	spec   sink.Spec
	dir    string
	format *outFormat
	schema *types.Schema
	arrow  *arrow.Schema
	change bool // the last column says what appears and what is gone
}

func (p *SinkProvider) config(spec sink.Spec) (*sinkConf, error) {
	if !slices.Contains([]string{"json", "csv", "parquet", "ipc"}, p.format) {
		return nil, unknownFormat(p.format)
	}
	c := &sinkConf{spec: spec, dir: strings.TrimSpace(spec.Options.Get("path")), schema: spec.Schema}
	if c.dir == "" {
		return nil, &option.Error{Key: "path", Msg: "is needed: the folder to write into"}
	}
	switch spec.Mode {
	case sink.Complete:
		return nil, fmt.Errorf("the %s sink adds files and takes none back, so output mode complete has no use; use append, or update, which writes a column %s", p.format, sink.ChangeColumn)
	case sink.Update:
		c.change = true
		c.schema = spec.Schema.Add(sink.ChangeColumn, types.Byte)
		if i, _ := spec.Schema.Index(sink.ChangeColumn); i >= 0 {
			return nil, fmt.Errorf("the result has a column %s, which output mode update writes itself; give it another name", sink.ChangeColumn)
		}
	}
	c.arrow = c.schema.Arrow()
	var err error
	c.format, err = parseOutFormat(p.format, spec, c.schema)
	return c, err
}

// Open makes the folder, and removes what runs that have crashed have left in it.
func (p *SinkProvider) Open(_ context.Context, spec sink.Spec) (sink.Sink, error) {
	c, err := p.config(spec)
	if err != nil {
		return nil, err
	}
	if spec.QueryID == "" {
		return nil, fmt.Errorf("the %s sink needs a query with a checkpoint, by whose batches it lists its files; set a checkpoint location", p.format)
	}
	if err := makeTable(c.dir); err != nil {
		return nil, err
	}
	if err := checkOwner(c.dir, spec); err != nil {
		return nil, err
	}
	if err := sweep(c.dir, time.Now().Add(-orphanAge)); err != nil {
		return nil, err
	}
	return &fileSink{c}, nil
}

// makeTable makes the folder of a table. One with files of others in it is
// refused: readers would no longer see them.
func makeTable(dir string) error {
	log := filepath.Join(dir, logDir)
	if _, err := os.Stat(log); err == nil {
		return nil
	}
	names, err := os.ReadDir(dir)
	if err == nil {
		for _, n := range names {
			if !hidden(n.Name()) {
				return fmt.Errorf("the folder %s has files in it that this sink has not written, such as %s; choose an empty one", dir, n.Name())
			}
		}
	}
	if err := os.MkdirAll(log, 0o755); err != nil {
		return err
	}
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(filepath.Clean(dir))))
}

// checkOwner refuses a folder that another query writes to.
func checkOwner(dir string, spec sink.Spec) error {
	batches, _, err := manifests(dir)
	if err != nil || len(batches) == 0 {
		return err
	}
	last, err := readManifest(dir, batches[len(batches)-1])
	switch {
	case err != nil || last == nil:
		return err
	case last.Query != ownerOf(spec):
		return fmt.Errorf("the folder %s has the result of another query, %s, in it; choose another folder", dir, last.Query)
	case last.Epoch > spec.Epoch:
		return fmt.Errorf("%w: run %d has written batch %d to %s, this is run %d", sink.ErrDeposed, last.Epoch, last.Batch, dir, spec.Epoch)
	}
	return nil
}

// ownerOf names the query in manifests: a quarantine is none of its query's files.
func ownerOf(spec sink.Spec) string {
	if spec.Role == "" || spec.Role == "sink" {
		return spec.QueryID
	}
	return spec.QueryID + "/" + spec.Role
}

// orphanAge is how old a file must be that no manifest names to be taken for one
// of a run that has crashed: no batch takes so long.
const orphanAge = 24 * time.Hour

// dataFile is how the sinks name their files: part-<batch>-<number>-<nonce>.
var dataFile = regexp.MustCompile(`^part-(\d+)-\d+-[0-9a-f]{16}\.[a-z.]+$`)

// sweep removes files of ours that no manifest names and that were last written
// before a time.
func sweep(dir string, before time.Time) error {
	tables, _, err := tableFiles(dir)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, m := range tables {
		for _, f := range m.Files {
			named[f.Name] = true
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if named[n.Name()] || !dataFile.MatchString(n.Name()) {
			continue
		}
		if info, err := n.Info(); err != nil || !info.ModTime().Before(before) {
			continue
		}
		if err := drop(filepath.Join(dir, n.Name())); err != nil {
			return err
		}
	}
	return nil
}

// fileSink writes the files of a query.
type fileSink struct{ *sinkConf }

// Begin starts a micro-batch. One whose manifest is there is not written again.
func (s *fileSink) Begin(_ context.Context, id int64) (sink.Writer, error) {
	m, err := readManifest(s.dir, id)
	if err == nil && m != nil {
		err = s.check(m)
	}
	if err != nil {
		return nil, err
	}
	return &filesWriter{conf: s.sinkConf, id: id, done: m != nil}, nil
}

// check refuses a manifest of somebody else.
func (c *sinkConf) check(m *manifest) error {
	if m.Query != ownerOf(c.spec) {
		return fmt.Errorf("batch %d in %s is of another query, %s; choose another folder", m.Batch, c.dir, m.Query)
	}
	if m.Epoch > c.spec.Epoch {
		return fmt.Errorf("%w: run %d has written batch %d to %s, this is run %d", sink.ErrDeposed, m.Epoch, m.Batch, c.dir, c.spec.Epoch)
	}
	return nil
}

// LastCommitted is the batch of the last manifest. Batches without rows have
// none, and are not counted.
func (s *fileSink) LastCommitted(context.Context) (int64, error) {
	batches, _, err := manifests(s.dir)
	if err != nil || len(batches) == 0 {
		return -1, err
	}
	return batches[len(batches)-1], nil
}

// Guarantee is exactly-once for readers of the manifests.
func (s *fileSink) Guarantee() (sink.Guarantee, string) {
	return sink.ExactlyOnce, "files count once the manifest of their batch, which is created only once, names them; readers go by " + logDir
}

// Close does nothing: batches that have not ended have no manifest.
func (s *fileSink) Close() error { return nil }
