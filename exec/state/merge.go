package state

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
)

// Merger reads a snapshot and the deltas after it, or any run of deltas, as one:
// of each key the newest pair, in order. It holds a block of each file in memory.
type Merger struct {
	files []*Reader
	heads []Pair // of files, their current pairs; no operator is the end
	order []int  // heap of files by pair, newer ones first
	last  []int  // files whose pair is what Next returned
	err   error
}

// OpenFiles reads the heads of files, which are given oldest first: a snapshot
// and the deltas after it, or a run of deltas. Errors call files that have no
// Name by number.
func OpenFiles(files ...io.Reader) ([]*Reader, error) {
	var out []*Reader
	for i, r := range files {
		f, err := NewReader(fmt.Sprintf("number %d of %d", i+1, len(files)), r)
		if err != nil {
			return nil, err
		}
		switch {
		case i == 0:
		case f.header.Kind == Snapshot:
			return nil, fmt.Errorf("state file %s is a snapshot, and stands behind %s; give one snapshot, and the deltas after it", f.name, out[i-1].name)
		case f.header.Version <= out[i-1].header.Version:
			return nil, fmt.Errorf("state file %s is of batch %d, and stands behind %s of batch %d; give the oldest first",
				f.name, f.header.Version, out[i-1].name, out[i-1].header.Version)
		}
		out = append(out, f)
	}
	return out, nil
}

// NewMerger merges files that OpenFiles has opened, at least one.
func NewMerger(files ...*Reader) *Merger {
	m := &Merger{files: files, heads: make([]Pair, len(files))}
	for i := range files {
		m.last = append(m.last, i)
	}
	return m
}

// OpenState opens files that give the whole state after a batch: a snapshot or
// the delta of the first batch, and the deltas up to that batch.
func OpenState(version int64, files ...io.Reader) ([]*Reader, error) {
	readers, err := OpenFiles(files...)
	if err == nil {
		err = whole(readers)
	}
	if err != nil {
		return nil, err
	}
	if last := readers[len(readers)-1]; last.header.Version != version {
		return nil, fmt.Errorf("state file %s, the last, is of batch %d, and the state after batch %d is asked for", last.name, last.header.Version, version)
	}
	return readers, nil
}

// whole is an error unless files begin where the state does.
func whole(readers []*Reader) error {
	if len(readers) == 0 {
		return errors.New("there are no state files; name a snapshot, or the delta of the first batch, and the deltas after it")
	}
	if f := readers[0]; f.header.Kind == Delta && f.header.Parent != (Hash{}) {
		return fmt.Errorf("state file %s is a delta and not the first; give the snapshot before it", f.name)
	}
	return nil
}

// Tip is that of the newest file, once Next has returned io.EOF.
func (m *Merger) Tip() Hash { return m.files[len(m.files)-1].info.Tip }

// Next returns the next pair, a deletion among them, or io.EOF once all files
// have proved whole and each delta to be the successor of the file before.
func (m *Merger) Next() (Pair, error) {
	if m.err == nil {
		m.err = m.advance()
	}
	if m.err != nil {
		m.close()
		return Pair{}, m.err
	}
	i := m.order[0]
	p := m.heads[i]
	for { // take the older pairs of the key out
		m.last = append(m.last, m.pop())
		if len(m.order) == 0 || compareKeys(m.heads[m.order[0]], p) != 0 {
			return p, nil
		}
	}
}

func (m *Merger) close() {
	for _, f := range m.files {
		f.close()
	}
}

// advance moves the files on whose pairs Next has returned.
func (m *Merger) advance() error {
	for _, i := range m.last {
		p, err := m.files[i].Next()
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			continue
		}
		if err != nil {
			return err
		}
		m.heads[i] = p
		m.push(i)
	}
	m.last = m.last[:0]
	if len(m.order) == 0 {
		return m.finish()
	}
	return nil
}

// finish compares each delta's parent with the file before.
func (m *Merger) finish() error {
	for i, f := range m.files[1:] {
		if before := m.files[i]; f.header.Parent != before.info.Tip {
			return fmt.Errorf("state file %s follows a file with hash %s, and %s has %s; they are of different runs: %w",
				f.name, f.header.Parent, before.name, before.info.Tip, ErrDamaged)
		}
	}
	return io.EOF
}

func compareKeys(a, b Pair) int {
	if a.Operator != b.Operator {
		return cmp.Compare(a.Operator, b.Operator)
	}
	return bytes.Compare(a.Key, b.Key)
}

// before orders the heap: by key, and the newest file first.
func (m *Merger) before(i, j int) bool {
	c := compareKeys(m.heads[i], m.heads[j])
	return c < 0 || c == 0 && i > j
}

func (m *Merger) push(i int) {
	m.order = append(m.order, i)
	for k := len(m.order) - 1; k > 0; {
		up := (k - 1) / 2
		if !m.before(m.order[k], m.order[up]) {
			return
		}
		m.order[k], m.order[up] = m.order[up], m.order[k]
		k = up
	}
}

func (m *Merger) pop() int {
	top, n := m.order[0], len(m.order)-1
	m.order[0] = m.order[n]
	m.order = m.order[:n]
	for k := 0; ; {
		least := k
		for c := 2*k + 1; c <= 2*k+2 && c < n; c++ {
			if m.before(m.order[c], m.order[least]) {
				least = c
			}
		}
		if least == k {
			return top
		}
		m.order[k], m.order[least] = m.order[least], m.order[k]
		k = least
	}
}

// Merge writes a snapshot of what a snapshot and the deltas after it say, or the
// deltas from the first batch on, given oldest first: the newest pair of each
// key, without deletions. Memory does not depend on the files' lengths. After an
// error what was written is of no use.
func Merge(w io.Writer, files ...io.Reader) (Info, error) {
	readers, err := OpenFiles(files...)
	if err == nil {
		err = whole(readers)
	}
	if err != nil {
		return Info{}, err
	}
	m := NewMerger(readers...)
	f := NewWriter(w, Header{Kind: Snapshot, Version: readers[len(readers)-1].header.Version})
	err = m.Each(func(p Pair) error {
		if p.Value == nil {
			return nil
		}
		return f.Add(p.Operator, p.Key, p.Value)
	})
	if err != nil {
		return Info{}, err
	}
	f.SetTip(m.Tip())
	return f.Close()
}

// Each calls fn for each further pair, and returns its first error, or that of a
// file.
func (m *Merger) Each(fn func(Pair) error) error {
	for {
		p, err := m.Next()
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			return nil
		}
		if err == nil {
			err = fn(p)
		}
		if err != nil {
			m.close()
			return err
		}
	}
}
