package operator

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/state"
)

// The spaces of the state of a join: the rows of both sides by join key; the
// times at which they go, by side; how many there are; and rows that can match
// nothing, where a complete result asks for them. The rows of a join key lie
// together, those of the left side first.
const (
	rowSpace    = 'r'
	countSpace  = 'n'
	lonelySpace = 'o'
)

var timerSpaces = [2]byte{'t', 'u'}

// State describes the state of a join for a checkpoint.
//
// A key is that of the join key, then whether the row is a right one, then its
// time where there are bounds, and its hash, as bytes that are in order. A value
// is how often the row is there, the number of its matches where that is needed,
// and the row on its side.
func (s *StreamJoinSpec) State(operator string) state.Spec {
	key := append(slices.Clone(s.Inputs[LeftSide].Fields()[:s.Keys]),
		arrow.Field{Name: "right", Type: arrow.FixedWidthTypes.Boolean}, arrow.Field{Name: "id", Type: arrow.BinaryTypes.Binary})
	row := []arrow.Field{{Name: "times", Type: arrow.PrimitiveTypes.Int64}, {Name: "matches", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}
	for k, name := range []string{"left", "right"} {
		fields := s.Inputs[k].Fields()[s.skip():]
		row = append(row, arrow.Field{Name: name, Type: arrow.StructOf(fields...), Nullable: true})
	}
	counts := []arrow.Field{{Name: "left", Type: arrow.PrimitiveTypes.Int64}, {Name: "right", Type: arrow.PrimitiveTypes.Int64}}
	return state.Spec{Operator: operator, Version: 1, Spaces: append([]state.Space{
		{ID: rowSpace, Name: "rows", Key: ddl(key), Value: ddl(row)},
		{ID: lonelySpace, Name: "rows that match nothing", Key: ddl(key), Value: ddl(row)},
		{ID: countSpace, Name: "counts", Value: ddl(counts)},
		{ID: timerSpaces[LeftSide], Name: "left times"}, {ID: timerSpaces[RightSide], Name: "right times"}},
		s.lifetime().Spaces(ddl(key))...)}
}

// skip is the number of columns of an input before those of its side.
func (s *StreamJoinSpec) skip() int {
	if s.Bounds != nil {
		return s.Keys + 1
	}
	return s.Keys
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
	// lives: else they go by their lifetime.
	stored, tracked, timed, evicts, lives bool
	keeps                                 int64
	// alone: rows without a match leave; first: rows with one leave, once.
	alone, exists bool
}

func newJoinSide(spec *StreamJoinSpec, k int) (*joinSide, error) {
	in := spec.Inputs[k]
	s := &joinSide{side: k, keys: spec.Keys, skip: spec.skip(), timed: spec.Bounds != nil}
	s.schema = arrow.NewSchema(in.Fields()[s.skip:], nil)
	s.stored = spec.Table == NoSide || spec.Table == k
	left := k == LeftSide
	s.exists = left && spec.Output == JoinExists
	s.alone = left && spec.Output == JoinMissing || spec.Output == JoinPairs && spec.Outer[k]
	s.tracked = (s.alone || s.exists) && spec.Table == NoSide
	if s.timed && spec.Table == NoSide && spec.Emit != EmitComplete {
		s.keeps, s.evicts = spec.Bounds.keeps(k)
	}
	s.lives = s.stored && !s.evicts && spec.Life[k] > 0
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

// What follows the join key in the key of a row, as state.KeyCodec has it: a
// boolean, whether the row is of the right side, and binary, its time and hash.
const (
	boolTag, binaryTag = 1, 5
	sideSize           = 2
	idHead             = 5
)

// idSize is the number of bytes behind the join key and the side.
func (s *joinSide) idSize() int {
	if s.timed {
		return idHead + 16
	}
	return idHead + 8
}

// appendKey appends the part of a row's key in the table that all rows of its
// join key share.
func appendKey(dst []byte, hash uint64, key []byte) []byte {
	return append(state.AppendKey(dst, state.KeyGroup(hash), rowSpace), key...)
}

// appendSide appends which side a row is of.
func (s *joinSide) appendSide(dst []byte) []byte { return append(dst, boolTag, byte(s.side)) }

// appendTime appends a time behind a side, of a row or as a bound.
func appendTime(dst []byte, time int64) []byte {
	return state.AppendTime(append(dst, binaryTag, 16, 0, 0, 0), time)
}

// appendID appends what follows the side in the key of a row.
func (s *joinSide) appendID(dst []byte, time int64, hash uint64) []byte {
	if s.timed {
		dst = appendTime(dst, time)
	} else {
		dst = append(dst, binaryTag, 8, 0, 0, 0)
	}
	return binary.BigEndian.AppendUint64(dst, hash)
}

// A value in the table is a row as state.RowCodec has it: which columns are null,
// how often it is there, the number of its matches where those are tracked, and
// the row itself. Rows that differ though their hashes do not are a list: a byte
// that no row begins with, and each row behind its length.

// joinEntry is a row in the state.
type joinEntry struct {
	times, matches int64
	row            []byte
}

const (
	noMatches = 1 << 1 // of a side that is not tracked
	noLeft    = 1 << 2
	noRight   = 1 << 3
	entryList = 1 << 7
)

// head is the first byte of an entry.
func (s *joinSide) head() byte {
	head := byte(noRight)
	if s.side == RightSide {
		head = noLeft
	}
	if !s.tracked {
		head |= noMatches
	}
	return head
}

// headSize is the number of bytes of an entry before the row.
func (s *joinSide) headSize() int {
	if s.tracked {
		return 17
	}
	return 9
}

// appendEntry appends a row to a value: the only one, or one of a list.
func (s *joinSide) appendEntry(dst []byte, e joinEntry, list bool) []byte {
	if list {
		if len(dst) == 0 {
			dst = append(dst, entryList)
		}
		dst = binary.AppendUvarint(dst, uint64(s.headSize()+len(e.row)))
	}
	dst = binary.LittleEndian.AppendUint64(append(dst, s.head()), uint64(e.times))
	if s.tracked {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(e.matches))
	}
	return append(dst, e.row...)
}

var errBadJoinState = errors.New("the state of a join holds a value that no join wrote; restore an earlier version of the checkpoint")

// entries begins to read a value: what nextEntry takes.
func entries(v []byte) (rest []byte, list bool) {
	if len(v) > 0 && v[0] == entryList {
		return v[1:], true
	}
	return v, false
}

// nextEntry reads the first row of a value and returns the rest.
func (s *joinSide) nextEntry(v []byte, list bool) (e joinEntry, rest []byte, err error) {
	if list {
		size, n := binary.Uvarint(v)
		if n <= 0 || uint64(len(v)-n) < size {
			return e, nil, errBadJoinState
		}
		v, rest = v[n:n+int(size)], v[n+int(size):]
	}
	head := s.headSize()
	if len(v) < head || v[0] != s.head() {
		return e, nil, errBadJoinState
	}
	e.times = int64(binary.LittleEndian.Uint64(v[1:]))
	if s.tracked {
		e.matches = int64(binary.LittleEndian.Uint64(v[9:]))
	}
	e.row = v[head:]
	return e, rest, nil
}
