package operator

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/state"
)

// The spaces of the state of a join: rows by join key, and the times at which
// they go, by side; and how many there are.
var (
	rowSpaces   = [2]byte{'l', 'r'}
	timerSpaces = [2]byte{'t', 'u'}
	// lonelySpaces are those of rows that can match nothing, where a complete result
	// asks for them.
	lonelySpaces = [2]byte{'L', 'R'}
)

const countSpace = 'n'

// State describes the state of a join for a checkpoint.
func (s *StreamJoinSpec) State(operator string) state.Spec {
	spaces := make([]state.Space, 0, 7)
	for _, one := range []struct {
		id   byte
		name string
	}{{lonelySpaces[LeftSide], "left without a key"}, {lonelySpaces[RightSide], "right without a key"}, {rowSpaces[LeftSide], "left"}, {countSpace, "counts"}, {rowSpaces[RightSide], "right"},
		{timerSpaces[LeftSide], "left times"}, {timerSpaces[RightSide], "right times"}} {
		spaces = append(spaces, state.Space{ID: one.id, Name: one.name})
	}
	return state.Spec{Operator: operator, Spaces: spaces, Version: 1}
}

// joinSide is what is fixed of one side of a join.
type joinSide struct {
	side   int
	keys   int
	skip   int           // columns of the input before those of schema
	schema *arrow.Schema // without the keys and the time
	codec  *state.RowCodec
	// stored: rows are remembered; tracked: with their number of matches; timed: by
	// their times; evicts: rows go once the watermark is keeps beyond them.
	stored, tracked, timed, evicts bool
	nullsMatch                     bool
	keeps                          int64
	// alone: rows without a match leave; first: rows with one leave, once.
	alone, exists bool
}

func newJoinSide(spec *StreamJoinSpec, k int) (*joinSide, error) {
	in := spec.Inputs[k]
	s := &joinSide{side: k, keys: spec.Keys, skip: spec.Keys}
	if spec.Bounds != nil {
		s.timed, s.nullsMatch = true, spec.Bounds.NullsMatch
		s.skip++
	}
	s.schema = arrow.NewSchema(in.Fields()[s.skip:], nil)
	s.stored = spec.Table == NoSide || spec.Table == k
	left := k == LeftSide
	s.exists = left && spec.Output == JoinExists
	s.alone = left && spec.Output == JoinMissing || spec.Output == JoinPairs && spec.Outer[k]
	s.tracked = (s.alone || s.exists) && spec.Table == NoSide
	if s.timed && spec.Table == NoSide && spec.Emit != EmitComplete {
		s.keeps, s.evicts = spec.Bounds.keeps(k)
	}
	types := make([]arrow.DataType, s.schema.NumFields())
	for i, f := range s.schema.Fields() {
		types[i] = f.Type
	}
	var err error
	s.codec, err = state.NewRowCodec(types)
	return s, err
}

// gone is the last time of which rows go at a watermark.
func (s *joinSide) gone(wm int64) int64 { return addTime(wm, -s.keeps) }

// appendKey appends the part of a row's key in the table that all rows of its
// join key share.
func (s *joinSide) appendKey(dst []byte, hash uint64, key []byte) []byte {
	return append(state.AppendKey(dst, state.KeyGroup(hash), rowSpaces[s.side]), key...)
}

// A value in the table is a list of rows: those of one join key, time and hash.
// That is one row but for collisions. A row is how often it is there, the number
// of its matches where those are tracked, both zigzag varints, the length of its
// encoding, and that.

// joinEntry is a row in the state.
type joinEntry struct {
	times, matches int64
	row            []byte
}

func (s *joinSide) appendEntry(dst []byte, e joinEntry) []byte {
	dst = binary.AppendVarint(dst, e.times)
	if s.tracked {
		dst = binary.AppendVarint(dst, e.matches)
	}
	return append(binary.AppendUvarint(dst, uint64(len(e.row))), e.row...)
}

var errBadJoinState = errors.New("the state of a join holds a value that no join wrote; restore an earlier version of the checkpoint")

// nextEntry reads the first row of a value and returns the rest.
func (s *joinSide) nextEntry(v []byte) (e joinEntry, rest []byte, err error) {
	var n int
	if e.times, n = binary.Varint(v); n <= 0 {
		return e, nil, errBadJoinState
	}
	v = v[n:]
	if s.tracked {
		if e.matches, n = binary.Varint(v); n <= 0 {
			return e, nil, errBadJoinState
		}
		v = v[n:]
	}
	size, n := binary.Uvarint(v)
	if n <= 0 || size > math.MaxInt32 || uint64(len(v)-n) < size {
		return e, nil, errBadJoinState
	}
	e.row = v[n : n+int(size)]
	return e, v[n+int(size):], nil
}
