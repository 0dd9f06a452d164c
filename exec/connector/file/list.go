package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// lister finds the files that the options name.
type lister struct {
	paths     []string
	recursive bool
	filter    string
	streaming bool
	// skip tells that a file is known already, and need not be looked at.
	skip func(path string) bool
}

// entry is a file as it was when it was listed. time is when it was last written,
// in microseconds since 1970; 0 for the files of a table, which have an order.
type entry struct {
	path string
	size int64
	time int64
}

func entryOf(path string, info fs.FileInfo) entry {
	return entry{path, info.Size(), info.ModTime().UnixMicro()}
}

func newLister(spec source.Spec) (*lister, error) {
	l := &lister{filter: spec.Options.Get("pathGlobFilter"), streaming: spec.Streaming, skip: func(string) bool { return false }}
	var err error
	if l.recursive, err = spec.Options.Bool("recursiveFileLookup"); err != nil {
		return nil, err
	}
	if p := spec.Options.Get("path"); p != "" {
		l.paths = append(l.paths, p)
	}
	if list := spec.Options.Get("paths"); list != "" {
		var more []string
		if err := json.Unmarshal([]byte(list), &more); err != nil {
			return nil, &option.Error{Key: "paths", Msg: fmt.Sprintf(`%s is no JSON list of texts; write ["a.json","b.json"]`, list)}
		}
		l.paths = append(l.paths, more...)
	}
	if len(l.paths) == 0 {
		return nil, &option.Error{Key: "path", Msg: "no files to read; name a file, a folder or a pattern, in Load(path)"}
	}
	if _, err := filepath.Match(l.filter, "x"); err != nil {
		return nil, &option.Error{Key: "pathGlobFilter", Msg: fmt.Sprintf("%q is not a pattern: %v", l.filter, err)}
	}
	return l, l.qualify()
}

// qualify makes the paths of a stream absolute: a file is known by its path, in
// runs that are started from other folders too.
func (l *lister) qualify() error {
	if !l.streaming {
		return nil
	}
	for i, path := range l.paths {
		var err error
		if l.paths[i], err = filepath.Abs(path); err != nil {
			return err
		}
	}
	return nil
}

// list returns the files in order: as the paths were given, sorted by name
// within a folder or a pattern. A path that is not there is an error, but for a
// pattern in a stream, which may yet find files.
func (l *lister) list() ([]entry, error) {
	var out []entry
	for _, path := range l.paths {
		found, err := l.expand(path)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (l *lister) expand(path string) ([]entry, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return l.folder(path)
	case err == nil:
		return []entry{entryOf(path, info)}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case !strings.ContainsAny(path, "*?["):
		return nil, fmt.Errorf("no file or folder %s", path)
	}
	names, err := filepath.Glob(path)
	if err != nil {
		return nil, &option.Error{Key: "path", Msg: fmt.Sprintf("%q is not a pattern: %v", path, err)}
	}
	if len(names) == 0 && !l.streaming {
		return nil, fmt.Errorf("no file matches %s", path)
	}
	var out []entry
	for _, name := range names {
		found, err := l.match(name, hidden(filepath.Base(path)))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// match returns what a pattern has found: a file, or the files of a folder.
// Hidden ones are meant only by a pattern that begins as they do.
func (l *lister) match(name string, meant bool) ([]entry, error) {
	if l.skip(name) {
		return nil, nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && hidden(filepath.Base(name)) && !meant:
		return nil, nil
	case err != nil:
		return nil, err
	case info.IsDir():
		return l.folder(name)
	}
	return []entry{entryOf(name, info)}, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }

// folder lists the files of a folder but those whose names begin with a dot or
// an underscore, as Spark does. One that a query writes to lists its files itself.
func (l *lister) folder(root string) ([]entry, error) {
	if out, table, err := l.table(root); table || err != nil {
		return out, err
	}
	var out []entry
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path != root && errors.Is(err, fs.ErrNotExist) {
				return nil // a folder that is gone again
			}
			return err
		}
		hidden := hidden(d.Name())
		if d.IsDir() {
			if path != root && (hidden || !l.recursive) {
				return fs.SkipDir
			}
			return nil
		}
		if match, _ := filepath.Match(l.filter, d.Name()); hidden || l.filter != "" && !match {
			return nil
		}
		if l.skip(path) {
			return nil
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
			return nil // gone again, or a link to a folder
		}
		if err == nil {
			out = append(out, entryOf(path, info))
		}
		return err
	})
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out, err
}

// table lists the files of a folder that a query writes to: those its manifests
// name, batch by batch, and no others.
func (l *lister) table(root string) ([]entry, bool, error) {
	batches, table, err := tableFiles(root)
	if err != nil || !table {
		return nil, table, err
	}
	var out []entry
	for _, m := range batches {
		for _, f := range m.Files {
			if match, _ := filepath.Match(l.filter, f.Name); l.filter == "" || match {
				out = append(out, entry{filepath.Join(root, f.Name), f.Bytes, 0})
			}
		}
	}
	return out, true, nil
}
