package state

import (
	"encoding/binary"
	"errors"
)

// Table is the keyed state that one task of one stateful operator owns: pairs of
// key and value, in the order of the keys' bytes. A key begins with its key group
// (Key makes one), so that the groups of a task lie together and can be handed to
// another task.
//
// Changes belong to the running batch: the table's own reads see them at once,
// Store.Commit keeps them and Store.Rollback drops them. A table is not safe for
// concurrent use; different tables of a store are.
type Table interface {
	// Get returns the value of a key, or nil where there is none; an empty value is
	// not nil. It is valid until the table is next used.
	Get(key []byte) ([]byte, error)
	// Set gives a key a value. It copies both.
	Set(key, value []byte) error
	// Delete removes a key; that it is not there is no error.
	Delete(key []byte) error
	// Scan calls f for each pair with from <= key < to, in order; nil as to means
	// the end. Pairs are valid until f returns. f may not change the table. An error
	// of f ends the scan and is returned; ErrStop ends it without one.
	Scan(from, to []byte, f func(key, value []byte) error) error
	// Groups is the range of key groups that the table holds.
	Groups() Range
}

// Kind says how an operator uses a table.
type Kind int

const (
	// Keyed tables are where the operator looks up and changes its state.
	Keyed Kind = iota
	// Journal tables belong to operators that hold their state themselves, in
	// memory. Scan gives what was restored, once, before the first batch; after
	// that Set and Delete only record what the batch changed, for the checkpoint.
	Journal
	// Counted tables are Keyed ones whose pairs the store counts, for operators that
	// do not count what they keep. On disk that costs a look at what was there for
	// each key that changes, unless the operator has just looked it up.
	Counted
)

// ErrReopen is wrapped by the error of a store that can write no more until it is
// opened anew; what was committed is in the checkpoint.
var ErrReopen = errors.New("the state must be opened anew")

// Store is the state of one query: the tables of all its operators. It is
// opened at the version of the last commit.
type Store interface {
	// Table returns the state of one task of an operator. Each is asked for once,
	// before the first batch. Ranges of the tasks of one operator do not overlap.
	Table(spec Spec, groups Range, kind Kind) (Table, error)
	// Changes calls f for each pair that the batch changed, ordered by operator and
	// key. Value is nil where the key was deleted.
	Changes(f func(operator string, key, value []byte) error) error
	// Commit makes the batch's changes version v, and Rollback drops them.
	Commit(v int64) error
	Rollback() error
	// Stats describes the tables of one operator after a batch; Rows are also those of
	// a running batch, as its commit would leave them.
	Stats(operator string) Stats
	// Close gives memory and files back. What was committed to disk stays.
	Close() error
}

// KeyPrefix is the number of bytes before a key's own: two for its key group and
// one for its space.
const KeyPrefix = 3

// AppendKey appends the beginning of a key: its group, so that a task's keys lie
// together, and its space, by which an operator keeps different things apart
// (rows of the left side, rows of the right side, timers).
func AppendKey(dst []byte, group int, space byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(group)), space)
}

// GroupOf returns the key group of a key.
func GroupOf(key []byte) int { return int(binary.BigEndian.Uint16(key)) }

// AppendTime appends a time in microseconds so that keys are ordered by it,
// times before 1970 included.
func AppendTime(dst []byte, micros int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(micros)^1<<63)
}

// TimeOf reads what AppendTime wrote.
func TimeOf(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }
