package file

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

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

// files reads the files that a lister finds, each once, in the order in which
// they were found. An offset is the number of files before it, in JSON
// {"files":3}; the ranges of a plan name the files themselves.
type files struct {
	lister     *lister
	split      int64
	whole      bool // files are not cut into ranges
	perTrigger int
	maxRecord  int

	mu     sync.Mutex
	seen   map[string]bool
	known  []entry
	frozen int
}

var rawSchema = types.NewSchema(types.Field{Name: "value", Type: types.Binary})

// Schema is one column, value: a line, which may end in white space.
func (f *files) Schema() *types.Schema { return rawSchema }

// refresh looks for new files and returns how many are known.
func (f *files) refresh() (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen >= 0 {
		return f.frozen, nil
	}
	found, err := f.lister.list()
	if err != nil {
		return 0, err
	}
	for _, e := range found {
		if f.lister.streaming && e.size == 0 {
			continue // it may have been made just now, and be written next
		}
		if !f.seen[e.path] {
			f.seen[e.path] = true
			f.known = append(f.known, e)
		}
	}
	return len(f.known), nil
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
func (f *files) Bounds(context.Context) (from, to source.Offset, err error) {
	n, err := f.refresh()
	return at(0), at(n), err
}

// Initial is before the first file.
func (f *files) Initial(context.Context) (source.Offset, error) { return at(0), nil }

// Next is after the last file, or after maxFilesPerTrigger.
func (f *files) Next(_ context.Context, from source.Offset) (source.Offset, error) {
	i, err := f.index(from)
	if err != nil {
		return nil, err
	}
	n, err := f.refresh()
	if err != nil {
		return nil, err
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
		if n, err := f.refresh(); err != nil || n > i {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Freeze fixes the files that are there as the last ones.
func (f *files) Freeze(context.Context) error {
	n, err := f.refresh()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen = n
	return err
}

// Latest is after the last file known.
func (f *files) Latest() source.Offset {
	f.mu.Lock()
	defer f.mu.Unlock()
	return at(len(f.known))
}

// count is the number of files known.
func (f *files) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.known)
}

// span is what a range reads: bytes [From, To) of a plain file, To being the
// size it was listed with; all of a compressed one, where To is -1.
type span struct {
	Path     string
	From, To int64
}

// Plan cuts large plain files into several ranges.
func (f *files) Plan(_ context.Context, from, to source.Offset) ([]source.Range, error) {
	a, err := f.index(from)
	if err != nil {
		return nil, err
	}
	b, err := f.index(to)
	if err != nil {
		return nil, err
	}
	if b > f.count() { // a batch that an earlier run has planned: nobody has looked yet
		if _, err := f.refresh(); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if a > b || b > len(f.known) {
		return nil, fmt.Errorf("a file source of %d files has no files %d to %d", len(f.known), a, b)
	}
	var out []source.Range
	size := f.rangeSize(f.known[a:b])
	for _, e := range f.known[a:b] {
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

func compressed(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".gz") }

// Open reads a range.
func (f *files) Open(_ context.Context, r source.Range) (batch.Stream, error) {
	var s span
	if err := json.Unmarshal(r.Split, &s); err != nil {
		return nil, fmt.Errorf("bad range %s of a file source: %w", r.Split, err)
	}
	file, err := os.Open(s.Path)
	if err != nil {
		return nil, fmt.Errorf("the file %s was there when the batch was planned: %w", s.Path, err)
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

// Close does nothing: streams close their own files.
func (f *files) Close() error { return nil }
