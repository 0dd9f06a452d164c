package main

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/riffledata/riffle/jobs/zeek/gen"
)

// eventFile returns the path of a file with so many events, one a line, below
// dir or the user's cache folder. It is made where it is not there yet.
func eventFile(dir string, rows int) (string, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to keep the events in; name one with --dir: %w", err)
		}
		dir = filepath.Join(cache, "riffle-bench")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	// The first events stand in the name: another generator makes another file.
	sum := crc32.NewIEEE()
	if err := writeEvents(sum, min(rows, 1000)); err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("dns-%d-%d-%08x.ndjson", rows, seed, sum.Sum32()))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, create(path, func(w io.Writer) error { return writeEvents(w, rows) })
}

func writeEvents(w io.Writer, rows int) error {
	g, line := gen.New(seed), []byte(nil)
	for range rows {
		line = append(g.Append(line[:0]), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// create writes a file that is there whole or not at all.
func create(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "*.part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		_ = f.Close()
		return err
	}
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
