package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// records is a record batch that is being decoded, from the record at r.at on.
type records struct {
	r         reader // over the records, decompressed
	region    []byte // that r's bytes are a part of, and
	base      int    // where they begin in it
	left      int    // records not yet decoded
	first     int64  // what offset deltas are relative to
	last      int64  // no record has an offset beyond
	firstTime int64  // what timestamp deltas are relative to, in milliseconds
	maxTime   int64
	appended  bool // timestamps are the broker's: all are maxTime
	legacy    []*kgo.Record
}

// open checks the batch at sp and decompresses it.
func (s *stream) open(c chunk, sp span) (records, error) {
	b := c.raw[sp.from:sp.to]
	if b[atMagic] < 2 {
		return s.openLegacy(b, sp)
	}
	if s.conf.client.checkCRC {
		if err := checkCRC(b, sp.first); err != nil {
			return records{}, err
		}
	}
	attrs := b[atAttributes+1]
	out := records{
		left: int(int32(binary.BigEndian.Uint32(b[atRecordCount:]))), first: sp.first, last: sp.last,
		firstTime: int64(binary.BigEndian.Uint64(b[atFirstTime:])), maxTime: int64(binary.BigEndian.Uint64(b[atMaxTime:])),
		appended: attrs&attrLogAppendTime != 0,
	}
	out.region, out.base = c.raw, sp.from+headerSize
	out.r.b = c.raw[sp.from+headerSize : sp.to]
	if codec := kgo.CompressionCodecType(attrs & attrCodec); codec != 0 {
		plain, err := s.codecs.Decompress(out.r.b, codec)
		if err != nil {
			return records{}, s.undecodable(err, sp, len(out.r.b))
		}
		out.r.b, out.region, out.base = plain, plain, 0
	}
	if out.left < 0 || out.left > len(out.r.b) {
		return records{}, fmt.Errorf("the record batch at offset %d is damaged: it claims %d records in %d bytes", sp.first, out.left, len(out.r.b))
	}
	return out, nil
}

// openLegacy decodes a message of the formats before 2, which Kafka wrote until
// version 0.11 and still serves, with the client library: nobody needs it fast.
func (s *stream) openLegacy(b []byte, sp span) (records, error) {
	p := kmsg.NewFetchResponseTopicPartition()
	p.Partition, p.RecordBatches = s.at.partition, b
	opts := kgo.ProcessFetchPartitionOpts{Offset: s.pos, Topic: s.at.topic, Partition: s.at.partition}
	got, _ := kgo.ProcessFetchPartition(opts, &p, s.codecs, nil)
	if errors.Is(got.Err, kgo.ErrMaxDecompress) {
		got.Err = s.undecodable(got.Err, sp, len(b))
	}
	return records{legacy: got.Records, left: len(got.Records)}, got.Err
}

// codecsOf are the decompressors of a client: unlike the library's default ones they
// stop at its MaxDecompressBatchBytes.
func codecsOf(cl *kgo.Client) kgo.Decompressor {
	d, _ := cl.OptValue(kgo.WithDecompressor).(kgo.Decompressor)
	return d
}

// undecodable is the error for so many bytes that cannot be decompressed.
func (s *stream) undecodable(err error, sp span, size int) error {
	what := fmt.Sprintf("the record batch at offset %d", sp.first)
	if sp.last > sp.first {
		what = fmt.Sprintf("the record batch at offsets %d to %d", sp.first, sp.last)
	}
	if errors.Is(err, kgo.ErrMaxDecompress) {
		return fmt.Errorf("%s, of %d bytes, decompresses to more than %d: %w; if it is to be read, set max.batch.bytes higher, and have so much memory for each core; if it is to be left out, set failOnDataLoss=false",
			what, size, s.conf.batchBytes, ErrBatchTooLarge)
	}
	return fmt.Errorf("%s cannot be decompressed: %w", what, err)
}

// fill decodes records with offsets in [s.pos, s.to) into the builder until it
// holds a batch, or there are no more. It moves s.pos past each record.
func (s *stream) fill(rec *records) error {
	if rec.legacy != nil {
		s.fillLegacy(rec)
		return nil
	}
	r := &rec.r
	s.out.region(rec.region, rec.base)
	for rec.left > 0 && !s.out.full() {
		size := r.varint()
		end := r.at + int(size)
		if size < 0 || size > int64(len(r.b)-r.at) {
			r.bad = true
			break
		}
		r.skip(1) // attributes, unused
		stamp := r.varint()
		off := rec.first + r.varint()
		if off < rec.first || off > rec.last {
			r.bad = true
		}
		if r.bad || off >= s.to {
			break
		}
		rec.left--
		if off < s.pos {
			r.at = end
			continue
		}
		if rec.appended {
			stamp = rec.maxTime
		} else {
			stamp += rec.firstTime
		}
		s.out.row(r, end, off, stamp, rec.appended)
		if r.bad = r.bad || r.at > end; r.bad {
			break
		}
		r.at = end
		s.pos = off + 1
	}
	if r.bad {
		return fmt.Errorf("the record batch at offset %d is damaged: a record in it does not fit", rec.first)
	}
	return nil
}

func (s *stream) fillLegacy(rec *records) {
	for rec.left > 0 && !s.out.full() {
		k := rec.legacy[len(rec.legacy)-rec.left]
		if k.Offset >= s.to {
			return
		}
		rec.left--
		if k.Offset >= s.pos {
			s.out.legacyRow(k)
			s.pos = k.Offset + 1
		}
	}
}
