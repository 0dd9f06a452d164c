package kafka

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

// outRow is a record on its way out. Its slices belong to whoever made it.
type outRow struct {
	topic       string
	partition   int32 // -1: by the key, or by the content where there is none
	key, value  []byte
	nokey, gone bool   // null key, null value
	headers     []byte // as appendHeader makes them
}

// appendHeader appends a header; a null value is nil.
func appendHeader(dst []byte, key string, value []byte) []byte {
	return appendBytes(appendBytes(dst, []byte(key), false), value, value == nil)
}

// appendBytes appends a length, 0 for null, and the bytes.
func appendBytes(dst, b []byte, null bool) []byte {
	if null {
		return append(dst, 0)
	}
	return append(binary.AppendUvarint(dst, uint64(len(b))+1), b...)
}

// appendRow appends a row's content, all of it but its partition.
func appendRow(dst []byte, r *outRow) []byte {
	dst = appendBytes(dst, []byte(r.topic), false)
	dst = appendBytes(dst, r.key, r.nokey)
	dst = appendBytes(dst, r.value, r.gone)
	return appendBytes(dst, r.headers, false)
}

var errRow = errors.New("a buffered row is damaged")

// readBytes returns the next bytes of b, nil where they are null, and the rest.
func readBytes(b []byte) (v, rest []byte, err error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k)+1 {
		return nil, nil, errRow
	}
	if n == 0 {
		return nil, b[k:], nil
	}
	end := k + int(n-1)
	return b[k:end:end], b[end:], nil
}

// readRow fills a record from what appendRow wrote behind a partition. The record
// shares the bytes.
func readRow(b []byte, r *kgo.Record) (rest []byte, err error) {
	if len(b) < 4 {
		return nil, errRow
	}
	r.Partition = int32(binary.LittleEndian.Uint32(b))
	var topic, headers []byte
	if topic, b, err = readBytes(b[4:]); err != nil {
		return nil, err
	}
	if r.Topic != string(topic) {
		r.Topic = string(topic)
	}
	if r.Key, b, err = readBytes(b); err != nil {
		return nil, err
	}
	if r.Value, b, err = readBytes(b); err != nil {
		return nil, err
	}
	if headers, b, err = readBytes(b); err != nil {
		return nil, err
	}
	r.Headers, err = readHeaders(r.Headers, headers)
	return b, err
}

func readHeaders(dst []kgo.RecordHeader, b []byte) ([]kgo.RecordHeader, error) {
	for len(b) > 0 {
		var key, value []byte
		var err error
		if key, b, err = readBytes(b); err != nil {
			return nil, err
		}
		if value, b, err = readBytes(b); err != nil {
			return nil, err
		}
		dst = append(dst, kgo.RecordHeader{Key: string(key), Value: value})
	}
	return dst, nil
}

// marked adds the header that all records have; most have no other, and share it.
func marked(own, mark []kgo.RecordHeader) []kgo.RecordHeader {
	if len(own) == 0 {
		return mark
	}
	return append(own, mark...)
}

// chunks of rows grow up to this size.
const (
	firstChunk = 4 << 10
	fullChunk  = 1 << 20
)

// rowChunk is a piece of a set's rows: in memory, or in the spill file.
type rowChunk struct {
	bytes    []byte
	from, to int64 // in the file, where bytes is nil
}

// shardRows are all rows of one shard of a batch: a set of each sink that writes
// to it.
type shardRows []*rowSet

// sums returns the number of the rows, their bytes, and the sum of their hashes.
func (s shardRows) sums() (rows, bytes int64, hash uint64) {
	for _, set := range s {
		rows, bytes, hash = rows+set.rows, bytes+set.bytes, hash+set.hash
	}
	return rows, bytes, hash
}

// each gives the rows, set by set.
func (s shardRows) each(give func(*kgo.Record) error) error {
	for _, set := range s {
		if err := set.each(give); err != nil {
			return err
		}
	}
	return nil
}

// rowSet holds the rows of one shard of a batch and one sink, in their order.
type rowSet struct {
	mark   []kgo.RecordHeader // is added to each row; nil for nothing
	chunks []rowChunk
	rows   int64
	bytes  int64
	hash   uint64
	file   *os.File
}

// add keeps a copy of a row that appendRow has written, for a partition.
func (s *rowSet) add(partition int32, row []byte, hash uint64) {
	last := len(s.chunks) - 1
	if need := 4 + len(row); last < 0 || s.chunks[last].bytes == nil || cap(s.chunks[last].bytes)-len(s.chunks[last].bytes) < need {
		size := firstChunk
		if last >= 0 {
			size = min(fullChunk, max(2*len(s.chunks[last].bytes), firstChunk))
		}
		s.chunks = append(s.chunks, rowChunk{bytes: make([]byte, 0, max(size, need))})
		last++
	}
	b := binary.LittleEndian.AppendUint32(s.chunks[last].bytes, uint32(partition))
	s.chunks[last].bytes = append(b, row...) //nolint:gocritic // b is the chunk, grown
	s.rows++
	s.bytes += int64(len(row))
	s.hash += inPartition(hash, partition)
}

// inPartition is the hash of a row with its partition: in another it is another row.
func inPartition(hash uint64, partition int32) uint64 {
	return hash ^ uint64(partition+1)*0x9e3779b97f4a7c15
}

// spill moves what is in memory to the end of a file, and returns the file's new
// length.
func (s *rowSet) spill(f *os.File, at int64) (int64, error) {
	s.file = f
	for i := range s.chunks {
		c := &s.chunks[i]
		if c.bytes == nil {
			continue
		}
		if _, err := f.WriteAt(c.bytes, at); err != nil {
			return at, err
		}
		*c = rowChunk{from: at, to: at + int64(len(c.bytes))}
		at = c.to
	}
	return at, nil
}

// slabRecords is how many records are made at once: they live until the brokers
// have them all.
const slabRecords = 64

// each gives the rows in their order, as records that may be kept. Those without
// headers of their own share one slice of them.
func (s *rowSet) each(give func(*kgo.Record) error) error {
	for _, c := range s.chunks {
		b := c.bytes
		if b == nil {
			b = make([]byte, c.to-c.from)
			if _, err := s.file.ReadAt(b, c.from); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		topic := ""
		var slab []kgo.Record // records are made many at a time
		for len(b) > 0 {
			if len(slab) == 0 {
				slab = make([]kgo.Record, min(slabRecords, s.rows))
			}
			r := &slab[0]
			slab, r.Topic = slab[1:], topic
			var err error
			if b, err = readRow(b, r); err != nil {
				return err
			}
			topic, r.Headers = r.Topic, marked(r.Headers, s.mark)
			if err := give(r); err != nil {
				return err
			}
		}
	}
	return nil
}
