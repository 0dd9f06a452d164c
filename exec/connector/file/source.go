package file

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/source"
)

// pollEvery is how often a stream looks for new files: often enough for a
// person, seldom enough to cost nothing.
const pollEvery = 250 * time.Millisecond

// splitBytes is the size of the ranges that plain files are cut into. Where that
// gives less than manyRanges they are smaller, but not below minSplitBytes: tasks
// that take ranges in turn shall end at about the same time.
const (
	splitBytes    = 32 << 20
	minSplitBytes = 1 << 20
	manyRanges    = 64
)

// files reads the files that a lister finds, each once. An offset is the number
// of files before it, {"files":3}, in the order of a log: in which they were
// found, and among those found at once the one that was written first.
type files struct {
	lister     *lister
	split      int64
	whole      bool // files are not cut into ranges
	perTrigger int
	maxRecord  int
	missing    bool // files that are gone are passed over
	lost       func(path string)

	mu     sync.Mutex
	log    *fileLog
	frozen int // where the log ends for good; -1 where it does not
}

// newFiles makes what all formats share; lost hears of files that are gone.
func newFiles(spec source.Spec, lost func(path string)) (*files, error) {
	f := &files{log: newFileLog(), frozen: -1, lost: lost}
	var err error
	if f.lister, err = newLister(spec); err != nil {
		return nil, err
	}
	if spec.Streaming {
		f.lister.skip = f.log.knows
	}
	perTrigger, err := spec.Options.Int("maxFilesPerTrigger", 1)
	if err != nil {
		return nil, err
	}
	f.perTrigger = int(perTrigger)
	f.missing, err = spec.Options.Bool("ignoreMissingFiles")
	return f, err
}

var rawSchema = types.NewSchema(types.Field{Name: "value", Type: types.Binary})

// Schema is one column, value: a line, which may end in white space.
func (f *files) Schema() *types.Schema { return rawSchema }

// Keep keeps the log of files in the query's checkpoint, and reads what is there.
func (f *files) Keep(ctx context.Context, r source.Records) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log.records = r
	return f.log.load(ctx)
}

// fresh looks for files that are not in the log.
func (f *files) fresh() ([]entry, error) {
	found, err := f.lister.list()
	if err != nil || !f.lister.streaming {
		return found, err
	}
	out := found[:0]
	for _, e := range found {
		switch {
		case e.size == 0 || f.log.knows(e.path): // an empty one may have been made just now, and be written next
		case !utf8.ValidString(e.path):
			return nil, fmt.Errorf("the name of the file %q is not UTF-8; rename it", e.path)
		default:
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b entry) int { return cmp.Compare(a.time, b.time) })
	return out, nil
}

// refresh adds new files to the log and returns how many it has.
func (f *files) refresh(ctx context.Context) (int, error) {
	if f.frozen >= 0 {
		return f.frozen, nil
	}
	found, err := f.fresh()
	if err == nil {
		err = f.log.add(ctx, found)
	}
	return f.log.end(), err
}

type place struct {
	Files int `json:"files"`
}

func at(n int) source.Offset { return source.Offset(fmt.Sprintf(`{"files":%d}`, n)) }

func (f *files) index(o source.Offset) (int, error) {
	if len(o) == 0 {
		return 0, nil
	}
	var p place
	if err := json.Unmarshal(o, &p); err != nil || p.Files < 0 {
		return 0, fmt.Errorf("bad offset %s of a file source", o)
	}
	return p.Files, nil
}

// Bounds is all files that are there.
func (f *files) Bounds(ctx context.Context) (from, to source.Offset, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.lister.streaming {
		f.log = newFileLog() // what is there now, each time
	}
	n, err := f.refresh(ctx)
	return at(0), at(n), err
}

// Initial is before the first file.
func (f *files) Initial(context.Context) (source.Offset, error) { return at(0), nil }

// Next is after the last file, or after maxFilesPerTrigger. It looks for new ones
// only where there are not as many left.
func (f *files) Next(ctx context.Context, from source.Offset) (source.Offset, error) {
	i, err := f.index(from)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i > f.log.end() {
		return nil, fmt.Errorf("the query has read %d files, and the log of files in its checkpoint has %d; the objects under sources/ are not all there: put them back", i, f.log.end())
	}
	n := f.log.end()
	if f.frozen >= 0 || f.perTrigger == 0 || n < i+f.perTrigger {
		if n, err = f.refresh(ctx); err != nil {
			return nil, err
		}
	}
	if f.perTrigger > 0 {
		n = min(n, i+f.perTrigger)
	}
	return at(max(n, i)), nil
}

// Wait looks for new files now and then.
func (f *files) Wait(ctx context.Context, from source.Offset) error {
	i, err := f.index(from)
	if err != nil {
		return err
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if more, err := f.more(i); err != nil || more {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// more tells whether there are files after the first i.
func (f *files) more(i int) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen >= 0 || f.log.end() > i {
		return i < f.log.end(), nil
	}
	found, err := f.fresh()
	return len(found) > 0, err
}

// Freeze fixes the files that are there as the last ones.
func (f *files) Freeze(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.refresh(ctx)
	f.frozen = n
	return err
}

// Latest is after the last file known.
func (f *files) Latest() source.Offset {
	f.mu.Lock()
	defer f.mu.Unlock()
	return at(f.log.end())
}

// Committed drops the files before an offset from memory.
func (f *files) Committed(_ context.Context, to source.Offset) error {
	i, err := f.index(to)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log.forget(i)
	return nil
}

// span is what a range reads: bytes [From, To) of a plain file, To being the
// size it was listed with; all of a compressed one, where To is -1.
type span struct {
	Path     string
	From, To int64
}

// Plan cuts large plain files into several ranges.
func (f *files) Plan(ctx context.Context, from, to source.Offset) ([]source.Range, error) {
	a, err := f.index(from)
	if err != nil {
		return nil, err
	}
	b, err := f.index(to)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list, err := f.log.slice(ctx, a, b)
	if err != nil {
		return nil, err
	}
	var out []source.Range
	size := f.rangeSize(list)
	for _, e := range list {
		if f.whole || compressed(e.path) {
			out = append(out, rangeOf(span{e.path, 0, -1}, e.size*8))
			continue
		}
		for pos := int64(0); pos < e.size; pos += size {
			end := min(pos+size, e.size)
			out = append(out, rangeOf(span{e.path, pos, end}, end-pos))
		}
	}
	return out, nil
}

// rangeSize is the size of the ranges for some files: whole chunks.
func (f *files) rangeSize(list []entry) int64 {
	total := int64(0)
	for _, e := range list {
		if !compressed(e.path) {
			total += e.size
		}
	}
	part := (total/manyRanges + chunkBytes - 1) / chunkBytes * chunkBytes
	return min(f.split, max(part, minSplitBytes))
}

func rangeOf(s span, bytes int64) source.Range {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a struct of text and numbers is always JSON
	}
	return source.Range{Split: text, Bytes: bytes}
}

func compressed(path string) bool {
	path = strings.ToLower(path)
	return strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".zst")
}

// Open reads a range.
func (f *files) Open(_ context.Context, r source.Range) (batch.Stream, error) {
	var s span
	if err := json.Unmarshal(r.Split, &s); err != nil {
		return nil, fmt.Errorf("bad range %s of a file source: %w", r.Split, err)
	}
	file, err := f.openFile(s)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return emptyStream{rawSchema.Arrow()}, nil
	}
	if compressed(s.Path) {
		return newLines(s.Path, file, &gzipReader{file: file}, f.maxRecord), nil
	}
	l := newLines(s.Path, file, newRange(file, s.From, s.To), f.maxRecord)
	// A small file needs no large buffer; two pages more are for its beginning
	// and for the end of its last line.
	l.chunk = int(min(chunkBytes, (s.To-s.From+3*page-1)&^(page-1)))
	return l, nil
}

// openFile opens the file of a range. It returns nil for one that is gone and shall
// be passed over.
func (f *files) openFile(s span) (*os.File, error) {
	file, err := os.Open(s.Path)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if !f.missing {
		return nil, fmt.Errorf("the file %s, which was found earlier and is to be read in this batch, is gone: put it back, or set ignoreMissingFiles to true to go on without it: %w", s.Path, err)
	}
	if s.From == 0 && f.lost != nil {
		f.lost(s.Path)
	}
	return nil, nil
}

// emptyStream has no rows.
type emptyStream struct{ schema *arrow.Schema }

func (s emptyStream) String() string                            { return "Empty" }
func (s emptyStream) Schema() *arrow.Schema                     { return s.schema }
func (s emptyStream) Next(context.Context) (batch.Batch, error) { return batch.Batch{}, io.EOF }
func (s emptyStream) Reuse()                                    {}
func (s emptyStream) Close() error                              { return nil }

// Close does nothing: streams close their own files.
func (f *files) Close() error { return nil }
