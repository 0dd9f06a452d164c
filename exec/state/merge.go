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

// NewMerger reads the heads of files, which are given oldest first and by their
// versions follow each other. Errors call files that have no Name by number.
func NewMerger(files ...io.Reader) (*Merger, error) {
	if len(files) == 0 {
		return nil, errors.New("internal: there are no state files to read")
	}
	m := &Merger{heads: make([]Pair, len(files))}
	for i, r := range files {
		f, err := NewReader(fmt.Sprintf("number %d of %d", i+1, len(files)), r)
		if err != nil {
			return nil, err
		}
		m.files = append(m.files, f)
		switch {
		case i == 0:
		case f.header.Kind == Snapshot:
			return nil, fmt.Errorf("state file %s is a snapshot, and stands behind %s; give one snapshot, and the deltas after it", f.name, m.files[i-1].name)
		case f.header.Version <= m.files[i-1].header.Version:
			return nil, fmt.Errorf("state file %s is of batch %d, and stands behind %s of batch %d; give the oldest first",
				f.name, f.header.Version, m.files[i-1].name, m.files[i-1].header.Version)
		}
		m.last = append(m.last, i)
	}
	return m, nil
}

// First is the head of the oldest file.
func (m *Merger) First() Header { return m.files[0].header }

// Version is the batch after which the state is as the newest file says.
func (m *Merger) Version() int64 { return m.files[len(m.files)-1].header.Version }

// Tip is that of the newest file, once Next has returned io.EOF.
func (m *Merger) Tip() Hash { return m.files[len(m.files)-1].info.Tip }

// Whole is an error unless the files give the whole state: unless they begin
// with a snapshot or with the delta of the first batch.
func (m *Merger) Whole() error {
	if f := m.files[0]; f.header.Kind == Delta && f.header.Parent != (Hash{}) {
		return fmt.Errorf("state file %s is a delta and not the first; give the snapshot before it", f.name)
	}
	return nil
}

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
		if err == io.EOF {
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
	m, err := NewMerger(files...)
	if err != nil {
		return Info{}, err
	}
	if err := m.Whole(); err != nil {
		return Info{}, err
	}
	f := NewWriter(w, Header{Kind: Snapshot, Version: m.Version()})
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
		if err == io.EOF {
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
