package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/riffledata/riffle/exec/source"
)

// fileLog lists the files that a stream has found, in the order in which it
// reads them: an offset is a position in it. Kept in a checkpoint it is a row of
// write-once records, each of the files that one look has found, so that a
// position means the same files in every run, whatever a listing looks like then.
//
// Two runs that are alive at once agree on each record: the first to create it
// wins, and the other takes it over. A file that a later record names again is
// passed over by all of them.
type fileLog struct {
	records source.Records // nil: the log lasts as long as the process
	seen    map[string]struct{}
	entries []entry // from position base on
	base    int
	next    int64 // the number of the next record
}

func newFileLog() *fileLog { return &fileLog{seen: map[string]struct{}{}} }

const (
	// recordFiles bounds the files of one record.
	recordFiles = 4096
	// mergeWidth is how many records are merged into one, and how many of those
	// again, up to mergeMost records in one: a log of n records has some 64 log n
	// objects, and each entry is written at most four times.
	mergeWidth = 64
	mergeMost  = mergeWidth * mergeWidth * mergeWidth
	// loadTries is how often the log is read again where another run merges it
	// meanwhile.
	loadTries = 10
)

// end is the position after the last file.
func (l *fileLog) end() int { return l.base + len(l.entries) }

func (l *fileLog) knows(path string) bool { _, ok := l.seen[path]; return ok }

// take appends files that are not in the log yet.
func (l *fileLog) take(list []entry) {
	for _, e := range list {
		if !l.knows(e.path) {
			l.seen[e.path] = struct{}{}
			l.entries = append(l.entries, e)
		}
	}
}

// add appends files, durably.
func (l *fileLog) add(ctx context.Context, found []entry) error {
	if l.records == nil {
		l.take(found)
		return nil
	}
	for {
		fresh := found[:0:0]
		for _, e := range found {
			if !l.knows(e.path) {
				fresh = append(fresh, e)
			}
		}
		if found = fresh; len(found) == 0 {
			return nil
		}
		name := runName(l.next, l.next+1)
		now, err := l.records.PutIfAbsent(ctx, name, encodeEntries(found[:min(len(found), recordFiles)]))
		if err != nil {
			return err
		}
		merged, err := l.merged(ctx)
		if err != nil {
			return err
		}
		if merged {
			if err := l.reload(ctx); err != nil {
				return err
			}
			continue
		}
		list, err := decodeEntries(name, now)
		if err != nil {
			return err
		}
		l.take(list)
		l.next++
		if err := l.merge(ctx); err != nil {
			return err
		}
	}
}

// merged tells whether another run has merged the next record with others. Its
// name is free again then, and a record under it means nothing: a merged record is
// there before those inside it are deleted.
func (l *fileLog) merged(ctx context.Context) (bool, error) {
	for size := int64(mergeWidth); size <= mergeMost; size *= mergeWidth {
		from := l.next / size * size
		_, err := l.records.Get(ctx, runName(from, from+size))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, source.ErrNoRecord) {
			return false, err
		}
	}
	return false, nil
}

// reload reads the log anew, as another run has left it.
func (l *fileLog) reload(ctx context.Context) error {
	fresh := newFileLog()
	fresh.records = l.records
	if err := fresh.load(ctx); err != nil {
		return err
	}
	*l = *fresh
	return nil
}

// slice returns the files between two positions. Those of batches that were
// committed are read from the checkpoint again.
func (l *fileLog) slice(ctx context.Context, from, to int) ([]entry, error) {
	if from > to || to > l.end() {
		return nil, fmt.Errorf("the log of files has %d of them, and a batch was planned to read numbers %d to %d; the objects of the checkpoint under sources/ are not all there: put them back", l.end(), from, to)
	}
	if from >= l.base {
		return l.entries[from-l.base : to-l.base], nil
	}
	whole := &fileLog{records: l.records, seen: map[string]struct{}{}}
	if l.records == nil {
		return nil, errors.New("files before the last batch are not remembered without a checkpoint")
	}
	if err := whole.load(ctx); err != nil {
		return nil, err
	}
	if to > whole.end() {
		return nil, errors.New("the log of files in the checkpoint has become shorter")
	}
	return whole.entries[from:to], nil
}

// forget drops the files before a position from memory; they stay known.
func (l *fileLog) forget(to int) {
	if n := min(to, l.end()) - l.base; n > 0 {
		l.entries = append([]entry(nil), l.entries[n:]...)
		l.base += n
	}
}

// load reads the log from the checkpoint.
func (l *fileLog) load(ctx context.Context) error {
	var err error
	for range loadTries {
		var names []string
		if names, err = l.records.List(ctx); err != nil {
			return err
		}
		var list []entry
		runs, end := runsOf(names)
		if list, err = l.read(ctx, runs, 0, end); err == nil {
			l.take(list)
			l.next = end
			return nil
		}
		if !errors.Is(err, source.ErrNoRecord) {
			return err
		}
	}
	return fmt.Errorf("the log of files in the checkpoint has a gap: %w", err)
}

// read returns the files of the records in [from, to), of the longest runs.
func (l *fileLog) read(ctx context.Context, runs map[int64]int64, from, to int64) ([]entry, error) {
	var out []entry
	for from < to {
		end, ok := runs[from]
		if !ok || end > to {
			return nil, fmt.Errorf("record %d: %w", from, source.ErrNoRecord)
		}
		name := runName(from, end)
		data, err := l.records.Get(ctx, name)
		if err != nil {
			return nil, err
		}
		list, err := decodeEntries(name, data)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
		from = end
	}
	return out, nil
}

// merge replaces records by one that holds them all, where their number is round.
// All runs would merge the same into it; what was there is deleted only then.
func (l *fileLog) merge(ctx context.Context) error {
	for size := int64(mergeWidth); l.next%size == 0 && size <= mergeMost; size *= mergeWidth {
		names, err := l.records.List(ctx)
		if err != nil {
			return err
		}
		from := l.next - size
		inside := names[:0:0]
		for _, name := range names {
			if a, b, ok := parseRun(name); ok && a >= from && b <= l.next && b-a < size {
				inside = append(inside, name)
			}
		}
		runs, _ := runsOf(inside)
		list, err := l.read(ctx, runs, from, l.next)
		if errors.Is(err, source.ErrNoRecord) {
			return nil // another run is doing it
		}
		if err != nil {
			return err
		}
		if _, err := l.records.PutIfAbsent(ctx, runName(from, l.next), encodeEntries(list)); err != nil {
			return err
		}
		for _, name := range inside {
			if err := l.records.Delete(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// runName names the object that holds the records [from, to).
func runName(from, to int64) string { return fmt.Sprintf("%d-%d", from, to) }

func parseRun(name string) (from, to int64, ok bool) {
	a, b, _ := strings.Cut(name, "-")
	from, errA := strconv.ParseInt(a, 10, 64)
	to, errB := strconv.ParseInt(b, 10, 64)
	return from, to, errA == nil && errB == nil && 0 <= from && from < to && runName(from, to) == name
}

// runsOf returns the longest run from each record on, and the record after the
// last.
func runsOf(names []string) (runs map[int64]int64, end int64) {
	runs = map[int64]int64{}
	for _, name := range names {
		if from, to, ok := parseRun(name); ok {
			runs[from] = max(runs[from], to)
			end = max(end, to)
		}
	}
	return runs, end
}

// logRecord is an object of the log: JSON, in zstd where it is long.
type logRecord struct {
	Format int        `json:"format"`
	Files  []logEntry `json:"files"`
}

type logEntry struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
	Time int64  `json:"time,omitempty"`
}

const (
	logFormat = 1
	logPlain  = 4 << 10 // up to this size records can be read by people
)

func encodeEntries(list []entry) []byte {
	r := logRecord{Format: logFormat}
	for _, e := range list {
		r.Files = append(r.Files, logEntry{e.path, e.size, e.time})
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of texts and numbers is always JSON
	}
	if len(text) <= logPlain {
		return text
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are right
	}
	return z.EncodeAll(text, nil)
}

func decodeEntries(name string, text []byte) ([]entry, error) {
	var r logRecord
	var err error
	if len(text) > 0 && text[0] != '{' {
		text, err = unzipAll(text)
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil && r.Format != logFormat {
		err = fmt.Errorf("its format is %d; this program knows %d", r.Format, logFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("the record %s of the log of files: %w", name, err)
	}
	out := make([]entry, len(r.Files))
	for i, f := range r.Files {
		out[i] = entry{f.Path, f.Size, f.Time}
	}
	return out, nil
}

func unzipAll(data []byte) ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(data, nil)
}
