package kafka

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sort"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The layout of a record batch of Kafka's message format 2 (KIP-98), in bytes
// from its start: the header, then the records, compressed or not.
//
//	0 first offset    8 length of what follows   12 leader epoch    16 magic
//	17 crc32c of what follows it   21 attributes   23 last offset delta
//	27 first timestamp   35 max timestamp   43 producer id   51 producer epoch
//	53 first sequence    57 number of records      61 records
const (
	atLength      = 8
	atEpoch       = 12
	atMagic       = 16
	atCRC         = 17
	atAttributes  = 21
	atLastDelta   = 23
	atFirstTime   = 27
	atMaxTime     = 35
	atProducer    = 43
	atRecordCount = 57
	headerSize    = 61

	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// span is a record batch within the bytes of a fetch: raw[from:to] holds the
// offsets first to last, some of which may be missing.
type span struct {
	from, to    int
	first, last int64
}

// chunk is what one fetch returned of a partition. It covers the offsets
// [from, next) wholly: those in no span hold nothing to be read. It is immutable.
type chunk struct {
	raw        []byte
	spans      []span
	from, next int64
	epoch      int32 // leader epoch of the last batch, -1 where there is none
}

// walk finds the record batches in raw that hold something to read at or after
// pos: no control batches, and none of the aborted transactions. A batch that
// is cut off at the end, as brokers do, is left for the next fetch.
func walk(raw []byte, pos int64, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) (chunk, error) {
	c := chunk{raw: raw, from: pos, next: pos, epoch: -1}
	abort := newAborter(aborted)
	for at := 0; len(raw)-at > atMagic; {
		b := raw[at:]
		size := int(int32(binary.BigEndian.Uint32(b[atLength:]))) + atEpoch
		if size > len(b) {
			break
		}
		first := int64(binary.BigEndian.Uint64(b))
		if size <= atMagic || b[atMagic] > 2 || b[atMagic] == 2 && size < headerSize {
			return c, fmt.Errorf("the record batch at offset %d is damaged: length %d, format %d", first, size-atEpoch, b[atMagic])
		}
		// Of a compressed message set of the old formats only the last offset is known.
		sp := span{from: at, to: at + size, first: c.next, last: first}
		keep := true
		if b = b[:size]; b[atMagic] == 2 {
			sp.first = first
			sp.last += int64(int32(binary.BigEndian.Uint32(b[atLastDelta:])))
			c.epoch = int32(binary.BigEndian.Uint32(b[atEpoch:]))
			var err error
			if keep, err = abort.keeps(b, sp); err != nil {
				return c, err
			}
		}
		if sp.last >= c.next {
			c.next = sp.last + 1
		}
		if keep && sp.last >= pos {
			c.spans = append(c.spans, sp)
		}
		at += size
	}
	return c, nil
}

// aborter follows the aborted transactions of a fetch as Kafka's own client
// does: a producer's batches are dropped from the transaction's first offset up
// to its abort marker.
type aborter struct {
	pending []kmsg.FetchResponseTopicPartitionAbortedTransaction // by first offset
	active  map[int64]bool                                       // by producer id
}

func newAborter(list []kmsg.FetchResponseTopicPartitionAbortedTransaction) *aborter {
	a := &aborter{pending: list}
	// Brokers need not send them in order.
	sort.Slice(list, func(i, j int) bool { return list[i].FirstOffset < list[j].FirstOffset })
	return a
}

func (a *aborter) keeps(b []byte, sp span) (bool, error) {
	for len(a.pending) > 0 && a.pending[0].FirstOffset <= sp.last {
		if a.active == nil {
			a.active = map[int64]bool{}
		}
		a.active[a.pending[0].ProducerID] = true
		a.pending = a.pending[1:]
	}
	attrs := b[atAttributes+1]
	producer := int64(binary.BigEndian.Uint64(b[atProducer:]))
	if attrs&attrControl == 0 {
		return attrs&attrTransactional == 0 || !a.active[producer], nil
	}
	if err := checkCRC(b, sp.first); err != nil {
		return false, err
	}
	if a.active[producer] && isAbortMarker(b[headerSize:]) {
		delete(a.active, producer)
	}
	return false, nil
}

// isAbortMarker reads the key of the only record of a control batch: version,
// then type, where 0 is abort and 1 commit.
func isAbortMarker(records []byte) bool {
	r := reader{b: records}
	r.varint() // length
	r.skip(1)  // attributes
	r.varint() // timestamp delta
	r.varint() // offset delta
	key, ok := r.bytes()
	return ok && !r.bad && len(key) >= 4 && key[2] == 0 && key[3] == 0
}

func checkCRC(b []byte, first int64) error {
	if want, got := binary.BigEndian.Uint32(b[atCRC:]), crc32.Checksum(b[atAttributes:], castagnoli); want != got {
		return fmt.Errorf("the record batch at offset %d is damaged: its checksum is %08x, that of its bytes %08x", first, want, got)
	}
	return nil
}
