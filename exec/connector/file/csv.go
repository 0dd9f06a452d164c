package file

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/source"
)

// dialect is what the records of a format need beside line ends; see lines.
type dialect struct {
	head  func(chunk []byte) (int, error)
	first func(b []byte) int
}

// csvDialect passes over byte order marks and headers; whole says that files cannot
// be cut at line ends, since these may stand in quotes.
func csvDialect(spec source.Spec) (d dialect, whole bool, err error) {
	o, err := csv.ParseOptions(spec.Options)
	if err != nil {
		return d, false, err
	}
	if o.MultiLine {
		d.first = csv.NewSplitter(o).Record
	}
	h := csvHead{opts: o, first: d.first}
	if spec.Schema != nil {
		for _, name := range spec.Schema.Names() {
			if name != o.CorruptColumn {
				h.names = append(h.names, name)
			}
		}
	}
	d.head = h.take
	return d, o.MultiLine, nil
}

// csvHead takes the head of a file.
type csvHead struct {
	opts  csv.Options
	first func(b []byte) int
	names []string
}

func (h csvHead) take(chunk []byte) (int, error) {
	n := 0
	if bytes.HasPrefix(chunk, []byte("\xef\xbb\xbf")) {
		n = 3
	}
	if !h.opts.Header {
		return n, nil
	}
	for { // lines that are comments or blank may stand before it
		rest := chunk[n:]
		end := bytes.IndexByte(rest, '\n') + 1
		if h.first != nil {
			end = h.first(rest)
		}
		if end <= 0 {
			end = len(rest)
		}
		n += end
		line := bytes.TrimRight(rest[:end], "\r\n")
		if len(line) > 0 && (h.opts.Comment == 0 || line[0] != h.opts.Comment) {
			return n, h.check(line)
		}
		if n == len(chunk) {
			return n, nil
		}
	}
}

// check compares a header with the declared columns, where that is asked for.
func (h csvHead) check(line []byte) error {
	if !h.opts.CheckHeader {
		return nil
	}
	names, err := csv.Fields(line, h.opts)
	if err == nil && !slices.EqualFunc(names, h.names, strings.EqualFold) {
		err = fmt.Errorf("the header names the columns (%s), and those declared are (%s); declare them so, or leave enforceSchema true to go by their order", strings.Join(names, ", "), strings.Join(h.names, ", "))
	}
	return err
}
