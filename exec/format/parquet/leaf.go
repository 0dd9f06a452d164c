package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"
	pq "github.com/parquet-go/parquet-go"
)

// leaf reads one column of values, page by page.
type leaf struct {
	file   *pq.File
	name   string
	index  int // among the file's leaves
	def    int // level of a value that is not null
	rep    int // of the innermost list
	base   int
	values values

	// What was read for a batch: entries with their levels, which are nil where the
	// column has none, and so many values among them.
	entries    int
	defs, reps []byte
	there      int

	group        int // the next one
	pages        pq.Pages
	page         pq.Page
	pageDefs     []byte
	pageReps     []byte
	at, pageSize int // entries
}

// values gathers the values of a leaf that are not null.
type values interface {
	// reset begins a batch of about n values.
	reset(n int)
	// load takes up a page, of which the values come in their order.
	load(page pq.Page) error
	// take appends the next n values of the page.
	take(n int) error
	// data makes an array of the values and, where valid says so, of nulls between
	// them. It gives away its memory.
	data(valid *bits) *array.Data
}

var errShort = errors.New("the file is damaged or cut off: it has fewer values than rows")

// read reads the entries of the next rows.
func (l *leaf) read(rows int) error {
	l.entries, l.there, l.defs, l.reps = 0, 0, l.defs[:0], l.reps[:0]
	l.values.reset(rows)
	for got := 0; ; {
		if l.at == l.pageSize {
			switch more, err := l.nextPage(); {
			case err != nil:
				return err
			case !more && got < rows:
				return errShort
			case !more:
				return nil
			}
		}
		n, begun := l.span(rows - got)
		if n == 0 {
			return nil
		}
		if got == 0 && l.entries == 0 && l.rep > 0 && l.pageReps[l.at] != 0 {
			return errLevels
		}
		if err := l.take(n); err != nil {
			return err
		}
		if got += begun; l.rep == 0 && got == rows {
			return nil
		}
	}
}

// span returns how many entries of the page belong to the rows that are wanted,
// and how many rows begin among them.
func (l *leaf) span(rows int) (n, begun int) {
	if l.rep == 0 {
		n = min(l.pageSize-l.at, rows)
		return n, n
	}
	for _, r := range l.pageReps[l.at:] {
		if r == 0 {
			if begun == rows {
				break
			}
			begun++
		}
		n++
	}
	return n, begun
}

// take takes n entries of the page.
func (l *leaf) take(n int) error {
	there := n
	if l.def > 0 {
		defs := l.pageDefs[l.at : l.at+n]
		l.defs = append(l.defs, defs...)
		there = 0
		for _, d := range defs {
			if int(d) == l.def {
				there++
			}
		}
	}
	if l.rep > 0 {
		l.reps = append(l.reps, l.pageReps[l.at:l.at+n]...)
	}
	l.at += n
	l.entries += n
	l.there += there
	return l.values.take(there)
}

// nextPage takes up the next page that has entries; more is false at the end.
func (l *leaf) nextPage() (more bool, err error) {
	for {
		if l.page != nil {
			pq.Release(l.page)
			l.page = nil
		}
		l.at, l.pageSize = 0, 0
		if l.pages == nil {
			groups := l.file.RowGroups()
			if l.group == len(groups) {
				return false, nil
			}
			l.pages = groups[l.group].ColumnChunks()[l.index].Pages()
			l.group++
		}
		page, err := l.pages.ReadPage()
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			if err := l.closePages(); err != nil {
				return false, err
			}
			continue
		}
		if err != nil {
			return false, err
		}
		l.page, l.pageSize = page, int(page.NumValues())
		if l.pageSize > 0 {
			return true, l.load()
		}
	}
}

func (l *leaf) load() error {
	l.pageDefs, l.pageReps = l.page.DefinitionLevels(), l.page.RepetitionLevels()
	if l.def > 0 && len(l.pageDefs) != l.pageSize || l.rep > 0 && len(l.pageReps) != l.pageSize {
		return fmt.Errorf("the file is damaged: %d and %d levels for %d values", len(l.pageDefs), len(l.pageReps), l.pageSize)
	}
	return l.values.load(l.page)
}

func (l *leaf) closePages() error {
	pages := l.pages
	l.pages = nil
	return pages.Close()
}

func (l *leaf) close() error {
	if l.page != nil {
		pq.Release(l.page)
		l.page = nil
	}
	if l.group = len(l.file.RowGroups()); l.pages == nil {
		return nil
	}
	return l.closePages()
}

func (l *leaf) first() *leaf { return l }

// levels returns those of the batch's entries, zeros where the column has none.
func (l *leaf) levels() (defs, reps []byte) {
	if l.def == 0 {
		l.defs = append(l.defs[:0], make([]byte, l.entries)...)
	}
	if l.rep == 0 {
		l.reps = append(l.reps[:0], make([]byte, l.entries)...)
	}
	return l.defs, l.reps
}

func (l *leaf) build() (*array.Data, error) {
	if l.there == l.entries {
		return l.values.data(&bits{n: l.there}), nil
	}
	valid := newBits(l.entries)
	for _, d := range l.defs {
		if int(d) >= l.base {
			valid.add(int(d) == l.def)
		}
	}
	return l.values.data(valid), nil
}
