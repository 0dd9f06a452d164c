package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/store"
)

// The form of state in a checkpoint: a snapshot of all pairs and, for each batch
// since, the pairs that it changed. Small changes stand in the record of the
// commit itself, which saves a file and its flush to disk.
const (
	inlineBytes  = 64 << 10
	commitPrefix = checkpoint.CommitsPrefix
)

// stateFiles writes the state of a query into its checkpoint: the changes of each
// batch before its commit, and snapshots in the background, made of the files
// alone. It belongs to the query's loop.
type stateFiles struct {
	store store.Store // nil: no checkpoint
	log   *slog.Logger
	epoch int64
	every int // deltas after which a snapshot is made

	manifest checkpoint.Manifest // that of the last commit, the inline changes by their name
	sizes    map[string]int64    // of the files that it names, as far as known
	changed  state.Info          // what the batch has changed
	whole    state.Info          // the last snapshot that this run has made
	open     string              // the file of a batch that is not committed, or ""

	making sync.WaitGroup
	made   chan snapshot
	busy   bool
	cancel context.CancelFunc
}

// snapshot is one that was made in the background, of a manifest's files.
type snapshot struct {
	name string
	info state.Info
	of   checkpoint.Manifest
	err  error
}

func newStateFiles(s store.Store, log *slog.Logger, r Resume, every int) *stateFiles {
	f := &stateFiles{store: s, log: log, epoch: r.Epoch, every: every, sizes: map[string]int64{}, made: make(chan snapshot, 1)}
	if r.Last != nil {
		f.manifest = named(*r.Last)
	}
	return f
}

// named returns a commit's manifest in which inline changes are named by the
// commit that holds them.
func named(c checkpoint.Commit) checkpoint.Manifest {
	m := c.State
	if len(m.Inline) > 0 {
		m.Deltas = append(append([]string(nil), m.Deltas...), fmt.Sprintf("%s%d", commitPrefix, c.Batch))
		m.Inline = nil
	}
	return m
}

// version is that of the state of the last commit; -1 where no batch has changed it.
func (f *stateFiles) version() int64 {
	if f.manifest.Tip == "" {
		return -1
	}
	return f.manifest.Version
}

// delta makes the changes of a batch durable and returns the manifest of the
// state with them.
func (f *stateFiles) delta(ctx context.Context, id int64, s state.Store) (checkpoint.Manifest, error) {
	f.changed = state.Info{}
	if f.store == nil || s == nil {
		return checkpoint.Manifest{}, nil
	}
	f.adopt()
	m := f.manifest
	m.Deltas = append([]string(nil), m.Deltas...)
	parent, err := state.ParseHash(m.Tip)
	if err != nil {
		return m, err
	}
	var small bytes.Buffer
	w := &spill{small: &small, open: func() (store.Writer, string, error) {
		name := checkpoint.StateName(f.epoch, id, uuid.NewString()[:8]+".delta")
		file, err := f.store.Create(ctx, name)
		return file, name, err
	}}
	info, err := state.WriteDelta(w, id, parent, s.Changes)
	if err != nil {
		return m, w.abort(err)
	}
	if info.Rows == 0 {
		return m, w.abort(nil)
	}
	f.changed = info
	m.Version, m.Tip = id, info.Tip.String()
	if w.file == nil {
		m.Inline = small.Bytes()
		f.sizes[fmt.Sprintf("%s%d", commitPrefix, id)] = int64(len(m.Inline))
		return m, nil
	}
	if err := w.file.Commit(); err != nil {
		return m, err
	}
	m.Deltas = append(m.Deltas, w.name)
	f.sizes[w.name], f.open = info.Bytes, w.name
	return m, nil
}

// drop removes the file of a batch that has failed before its commit was tried. A
// file that stays is garbage to the next run.
func (f *stateFiles) drop(ctx context.Context) {
	if f.open == "" {
		return
	}
	if err := f.store.Delete(ctx, f.open); err != nil {
		f.log.Debug("a file of the state that nobody needs stays", "file", f.open, "error", err)
	}
	delete(f.sizes, f.open)
	f.open = ""
}

// decided tells that the commit of the batch is being written: its files may count
// from now on.
func (f *stateFiles) decided() { f.open = "" }

// spill keeps what is written in memory, until it is too much for a record.
type spill struct {
	small *bytes.Buffer
	open  func() (store.Writer, string, error)
	file  store.Writer
	name  string
}

// Write writes to memory, or to the file.
func (w *spill) Write(p []byte) (int, error) {
	if w.file == nil && w.small.Len()+len(p) <= inlineBytes {
		return w.small.Write(p)
	}
	if w.file == nil {
		var err error
		if w.file, w.name, err = w.open(); err != nil {
			return 0, err
		}
		if _, err := w.file.Write(w.small.Bytes()); err != nil {
			return 0, err
		}
		w.small.Reset()
	}
	return w.file.Write(p)
}

func (w *spill) abort(err error) error {
	if w.file != nil {
		if aborted := w.file.Abort(); err == nil {
			err = aborted
		}
	}
	return err
}

// committed is told of the commit of a batch; it starts a snapshot where the
// changes since the last one have become many, or large beside it.
func (f *stateFiles) committed(c checkpoint.Commit) {
	if f.store == nil {
		return
	}
	f.manifest = named(c)
	if f.busy || len(f.manifest.Deltas) < f.every {
		return
	}
	changed := int64(0)
	for _, name := range f.manifest.Deltas {
		changed += f.sizes[name]
	}
	if changed*2 < f.whole.Bytes && len(f.manifest.Deltas) < 50*f.every {
		return
	}
	f.start(c.Batch, f.manifest)
}

// start makes a snapshot of a manifest's files in the background.
func (f *stateFiles) start(id int64, m checkpoint.Manifest) {
	f.busy = true
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	name := checkpoint.StateName(f.epoch, id, uuid.NewString()[:8]+".snapshot")
	f.making.Go(func() {
		info, err := makeSnapshot(ctx, f.store, m, name)
		f.made <- snapshot{name, info, m, err}
	})
}

// adopt puts a snapshot that has become ready in the place of its changes.
func (f *stateFiles) adopt() {
	select {
	case s := <-f.made:
		f.busy = false
		f.cancel()
		if s.err != nil {
			f.log.Warn("no snapshot of the state could be made; it will be tried again", "error", s.err)
			return
		}
		if !beginsWith(f.manifest, s.of) { // another run's commit was taken over meanwhile
			return
		}
		for _, name := range s.of.Deltas {
			delete(f.sizes, name)
		}
		f.whole = s.info
		f.manifest.Snapshot, f.manifest.Deltas = s.name, f.manifest.Deltas[len(s.of.Deltas):]
	default:
	}
}

// beginsWith tells whether a state's files begin with those of another.
func beginsWith(m, first checkpoint.Manifest) bool {
	n := len(first.Deltas)
	return m.Snapshot == first.Snapshot && len(m.Deltas) >= n && slices.Equal(m.Deltas[:n], first.Deltas)
}

func (f *stateFiles) close() {
	if f.cancel != nil {
		f.cancel()
	}
	f.making.Wait()
}

// makeSnapshot merges the files of a manifest into one.
func makeSnapshot(ctx context.Context, s store.Store, m checkpoint.Manifest, name string) (state.Info, error) {
	files, err := OpenState(ctx, s, m)
	if err != nil {
		return state.Info{}, err
	}
	defer CloseState(files)
	out, err := s.Create(ctx, name)
	if err != nil {
		return state.Info{}, err
	}
	readers := make([]io.Reader, len(files))
	for i := range files {
		readers[i] = files[i]
	}
	info, err := state.Merge(&endingWriter{out, ctx}, readers...)
	if err != nil {
		_ = out.Abort() // the merge's error is the one to tell
		return state.Info{}, err
	}
	return info, out.Commit()
}

// OpenState opens the files of a manifest: the snapshot, then the changes,
// oldest first. There are none where no batch has changed the state.
func OpenState(ctx context.Context, s store.Store, m checkpoint.Manifest) ([]io.ReadCloser, error) {
	var out []io.ReadCloser
	names := append([]string(nil), m.Deltas...)
	if m.Snapshot != "" {
		names = append([]string{m.Snapshot}, names...)
	}
	for _, name := range names {
		r, err := openOne(ctx, s, name)
		if err != nil {
			CloseState(out)
			return nil, fmt.Errorf("the state of the checkpoint: %w", err)
		}
		out = append(out, r)
	}
	if len(m.Inline) > 0 {
		out = append(out, io.NopCloser(bytes.NewReader(m.Inline)))
	}
	return out, nil
}

// openOne opens one file, or the changes inside a commit. Whoever knows their names
// knows that they are durable, so nothing is asked of the store but to read.
func openOne(ctx context.Context, s store.Store, name string) (io.ReadCloser, error) {
	if !strings.HasPrefix(name, commitPrefix) {
		return s.Open(ctx, name)
	}
	in, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, err
	}
	c, err := checkpoint.Decode[checkpoint.Commit](text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return io.NopCloser(bytes.NewReader(c.State.Inline)), nil
}

// CloseState closes what OpenState has opened.
func CloseState(files []io.ReadCloser) {
	for _, f := range files {
		_ = f.Close() // only read
	}
}

// endingWriter stops when its context ends.
type endingWriter struct {
	w   io.Writer
	ctx context.Context //nolint:containedctx // that of the one snapshot
}

// Write passes on.
func (e *endingWriter) Write(p []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.w.Write(p)
}
