package disk

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// Keys of pairs begin with the number of their operator, a byte. Behind them, so
// that they can be written last, are the keys of what the store knows of itself:
//
//	FF 'o' name    the operator's number, 1 byte
//	FF 'r' number  the operator's pairs, 8 bytes; -1 where they are not counted
//	FF 'v'         the version, 8 bytes
const (
	metaPrefix   = 0xFF
	metaOperator = 'o'
	metaRows     = 'r'
	metaVersion  = 'v'
	maxOperators = metaPrefix
)

// operator is one operator's part of the database.
type operator struct {
	name string
	id   byte
	rows int64
}

func operatorKey(name string) []byte { return append([]byte{metaPrefix, metaOperator}, name...) }
func rowsKey(id byte) []byte         { return []byte{metaPrefix, metaRows, id} }
func versionKey() []byte             { return []byte{metaPrefix, metaVersion} }

// number encodes a count or a version.
func number(v int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }

func parseNumber(key, value []byte) (int64, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("the key %x has a value of %d bytes and not 8", key, len(value))
	}
	return int64(binary.LittleEndian.Uint64(value)), nil
}

// load reads what the store knows of itself.
func (s *Store) load() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{metaPrefix}})
	if err != nil {
		return err
	}
	for it.First(); it.Valid() && err == nil; it.Next() {
		err = s.loadPair(it.Key(), it.Value())
	}
	if e := it.Close(); err == nil {
		err = e
	}
	return err
}

func (s *Store) loadPair(key, value []byte) (err error) {
	switch {
	case len(key) > 2 && key[1] == metaOperator && len(value) == 1:
		s.operators = append(s.operators, &operator{name: string(key[2:]), id: value[0]})
	case len(key) == 3 && key[1] == metaRows:
		i := slices.IndexFunc(s.operators, func(o *operator) bool { return o.id == key[2] })
		if i < 0 {
			return fmt.Errorf("operator number %d has no name", key[2])
		}
		s.operators[i].rows, err = parseNumber(key, value)
	case len(key) == 2 && key[1] == metaVersion:
		s.version, err = parseNumber(key, value)
	default:
		return fmt.Errorf("the key %x means nothing", key)
	}
	return err
}

// operator returns the part of an operator, giving it the next number if it is
// new.
func (s *Store) operator(name string) (*operator, error) {
	for _, o := range s.operators {
		if o.name == name {
			return o, nil
		}
	}
	if len(s.operators) == maxOperators {
		return nil, fmt.Errorf("%s: a query has at most %d stateful operators; divide it", name, maxOperators)
	}
	o := &operator{name: name, id: byte(len(s.operators))}
	s.operators = append(s.operators, o)
	return o, nil
}

// uncounted is the number of pairs of an operator whose pairs are not counted.
const uncounted = -1

// countPairs begins to keep the number of an operator's pairs, or no longer does.
func (s *Store) countPairs(op *operator, counted bool) error {
	if !counted {
		op.rows = uncounted
	}
	if !counted || op.rows >= 0 {
		return nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{op.id}, UpperBound: []byte{op.id + 1}})
	if err != nil {
		return err
	}
	op.rows = 0
	for it.First(); it.Valid(); it.Next() {
		op.rows++
	}
	return it.Close()
}

// putMeta writes what the store knows of itself.
func (s *Store) putMeta(b writer, version int64) error {
	names := slices.Clone(s.operators)
	slices.SortFunc(names, func(a, b *operator) int { return compare(a.name, b.name) })
	for _, o := range names {
		if err := b.put(operatorKey(o.name), []byte{o.id}); err != nil {
			return err
		}
	}
	for _, o := range s.operators {
		if err := b.put(rowsKey(o.id), number(o.rows)); err != nil {
			return err
		}
	}
	return b.put(versionKey(), number(version))
}

// writer is what pairs are written to, in order of keys.
type writer interface{ put(key, value []byte) error }

// batchWriter writes into a batch.
type batchWriter struct{ *pebble.Batch }

func (b batchWriter) put(key, value []byte) error { return b.Set(key, value, nil) }
