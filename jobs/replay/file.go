package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxLine is the most bytes of an event, that of the file source.
const maxLine = 16 << 20

// file reads the events of one file.
type file struct {
	path   string
	raw    io.Closer
	read   int64 // bytes of the file itself
	lines  *bufio.Scanner
	number int
	field  string // of the time, "" for any

	line  []byte // valid until next
	timed bool   // the line has a time
	stamp stamp
	at    int64 // the line's time, or that of the line before
}

// openFile opens a file, or standard input for "-".
func openFile(path string, stdin io.Reader, field string) (*file, error) {
	f := &file{path: path, field: field}
	var in io.Reader
	if path == "-" {
		f.path, in, f.raw = "standard input", stdin, io.NopCloser(nil)
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, notThere(path, err)
		}
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.Join(fmt.Errorf("%s is a folder; name the files in it", path), file.Close())
		}
		in, f.raw = file, file
	}
	in = &counter{in, &f.read}
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		in = &unzipped{in: bufio.NewReaderSize(in, 1<<16)}
	}
	f.lines = bufio.NewScanner(in)
	f.lines.Buffer(make([]byte, 1<<16), maxLine)
	return f, nil
}

func notThere(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no file %s", path)
	}
	return err
}

// next reads the next line that is not blank, and its time where that is
// wanted. It returns false at the end.
func (f *file) next(timed bool) (bool, error) {
	for f.lines.Scan() {
		f.number++
		if f.line = f.lines.Bytes(); len(bytes.TrimSpace(f.line)) == 0 {
			continue
		}
		if !timed {
			return true, nil
		}
		if f.stamp, f.timed = timeOf(f.line, f.field); f.timed {
			f.at = f.stamp.ns
		}
		return true, nil
	}
	err := f.lines.Err()
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, bufio.ErrTooLong):
		return false, fmt.Errorf("%s: line %d is longer than %d bytes", f.path, f.number+1, maxLine)
	}
	return false, fmt.Errorf("%s: after line %d: %w", f.path, f.number, err)
}

// close may be called more than once.
func (f *file) close() error {
	if err := f.raw.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// counter counts the bytes read.
type counter struct {
	in io.Reader
	n  *int64
}

// Read reads on.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	*c.n += int64(n)
	return n, err
}

// unzipped opens the gzip stream at its first read, so that its errors come
// where those of lines do.
type unzipped struct {
	in io.Reader
	z  *gzip.Reader
}

// Read reads on.
func (u *unzipped) Read(p []byte) (n int, err error) {
	if u.z == nil {
		if u.z, err = gzip.NewReader(u.in); errors.Is(err, io.EOF) {
			return 0, errors.New("the file is empty and no gzip file")
		}
	}
	if err == nil {
		n, err = u.z.Read(p)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the gzip data are cut off: %w", err)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		err = fmt.Errorf("the gzip data are damaged: %w", err)
	}
	return n, err
}
