package kafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// recordBatch encodes a batch of offsets first, first+2, ... with attributes.
func recordBatch(first int64, attrs int16, producer int64, values ...string) []byte {
	var records []byte
	for i, v := range values {
		rec := kmsg.NewRecord()
		rec.OffsetDelta, rec.TimestampDelta64, rec.Value = int32(2*i), int64(i), []byte(v)
		rec.Headers = []kmsg.Header{{Key: "h", Value: []byte("1")}}
		body := rec.AppendTo(nil)
		rec.Length = int32(len(body) - 1)
		records = rec.AppendTo(records)
	}
	b := kmsg.NewRecordBatch()
	b.FirstOffset, b.Magic, b.Attributes, b.ProducerID = first, 2, attrs, producer
	b.LastOffsetDelta, b.NumRecords, b.Records = int32(2*len(values)), int32(len(values)), records
	b.FirstTimestamp, b.MaxTimestamp = 1000, 2000
	raw := b.AppendTo(nil)
	return seal(raw)
}

// seal sets the length and the checksum of an encoded batch.
func seal(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[atLength:], uint32(len(raw)-atEpoch))
	binary.BigEndian.PutUint32(raw[atCRC:], crc32.Checksum(raw[atAttributes:], castagnoli))
	return raw
}

// sealLegacy does so for a message of format 0 or 1.
func sealLegacy(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[atLength:], uint32(len(raw)-atEpoch))
	binary.BigEndian.PutUint32(raw[atEpoch:], crc32.ChecksumIEEE(raw[atMagic:]))
	return raw
}

func controlBatch(at, producer int64, commit byte) []byte {
	key := []byte{0, 0, 0, commit}
	rec := kmsg.NewRecord()
	rec.Key, rec.Value = key, []byte{0, 0, 0, 0, 0, 0}
	rec.Length = int32(len(rec.AppendTo(nil)) - 1)
	b := kmsg.NewRecordBatch()
	b.FirstOffset, b.Magic, b.Attributes, b.ProducerID = at, 2, attrTransactional|attrControl, producer
	b.NumRecords, b.Records = 1, rec.AppendTo(nil)
	return seal(b.AppendTo(nil))
}

// ours decodes the bytes of a fetch as a range [pos, to) would.
func ours(raw []byte, pos, to int64, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) (rows []string, next int64, err error) {
	c, err := walk(raw, pos, aborted)
	if err != nil {
		return nil, c.next, err
	}
	p := &provider{}
	set, err := option.Check("", map[string]string{"kafka.bootstrap.servers": "h:1", "subscribe": "t", "includeHeaders": "true"}, p.Options())
	if err != nil {
		return nil, 0, err
	}
	sp := source.Spec{Options: set}
	conf, err := p.config(sp)
	if err != nil {
		return nil, 0, err
	}
	schema, err := schemaOf(conf, sp)
	if err != nil {
		return nil, 0, err
	}
	arrow := arrowSchema(schema, true)
	s := &stream{conf: conf, at: tp{"t", 0}, pos: pos, to: min(to, c.next), codecs: kgo.DefaultDecompressor(), schema: arrow, chunk: c, spans: c.spans,
		out: newBuilder(arrow, tp{"t", 0}, true, 64)}
	for {
		b, err := s.Next(context.Background())
		if batch.IsEnd(err) {
			return rows, c.next, nil
		}
		if err != nil {
			return rows, c.next, err
		}
		for i := range b.NumRows() {
			key, value := b.Record.Column(0).(*array.Binary), b.Record.Column(1).(*array.BinaryView)
			rows = append(rows, fmt.Sprintf("%s %q %t %q %t %s", b.Record.Column(4).ValueStr(i), key.Value(i), key.IsNull(i), value.Value(i), value.IsNull(i), b.Record.Column(6).ValueStr(i)))
		}
	}
}

// theirs decodes with the client library.
func theirs(raw []byte, pos, to int64, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) (rows []string, next int64, err error) {
	p := kmsg.NewFetchResponseTopicPartition()
	p.RecordBatches, p.AbortedTransactions = raw, aborted
	o := kgo.ProcessFetchPartitionOpts{Offset: pos, IsolationLevel: kgo.ReadCommitted(), Topic: "t"}
	got, next := kgo.ProcessFetchPartition(o, &p, kgo.DefaultDecompressor(), nil)
	for _, r := range got.Records {
		if r.Offset < to {
			kind := max(0, r.Attrs.TimestampType())
			rows = append(rows, fmt.Sprintf("%d %q %t %q %t %d", r.Offset, r.Key, r.Key == nil, r.Value, r.Value == nil, kind))
		}
	}
	return rows, next, got.Err
}

func seeds() [][]byte {
	several := append(recordBatch(10, 0, -1, "a", "bb", "a value of some length"), recordBatch(30, attrLogAppendTime, -1, "c")...)
	tx := append(recordBatch(10, attrTransactional, 7, "x", "y"), recordBatch(16, attrTransactional, 8, "ok")...)
	tx = append(append(tx, controlBatch(20, 7, 0)...), controlBatch(21, 8, 1)...)
	tx = append(tx, recordBatch(30, attrTransactional, 7, "again")...)
	return [][]byte{several, tx, append(several, tx[:70]...), recordBatch(10, 0, -1)}
}

var abortedOf7 = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 7, FirstOffset: 10}}

func TestDecodesAsTheLibraryDoes(t *testing.T) {
	for i, raw := range seeds() {
		last := int64(34)
		if i == 1 {
			last = 20 // brokers send no batch before the position, nor transactions that ended there
		}
		for pos := int64(8); pos < last; pos++ {
			want, wantNext, err := theirs(raw, pos, 1<<40, abortedOf7)
			if err != nil {
				t.Fatal(err)
			}
			got, next, err := ours(raw, pos, 1<<40, abortedOf7)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || next != wantNext {
				t.Fatalf("seed %d from %d: to %d %v\nwant to %d %v\n%v", i, pos, next, got, wantNext, want, err)
			}
		}
	}
}

// Whatever the bytes, decoding ends, reads nothing outside them, and where it
// and the library both succeed they agree.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, int64(10), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, pos int64, fix bool) {
		if pos < 0 || len(raw) > 1<<12 {
			return
		}
		if fix && len(raw) > headerSize { // let damage get past the checksum
			size := min(int(binary.BigEndian.Uint32(raw[atLength:]))+atEpoch, len(raw))
			if size > headerSize {
				seal(raw[:size])
			}
		}
		got, _, err := ours(raw, pos, 1<<62, abortedOf7)
		want, _, wantErr := theirs(raw, pos, 1<<62, abortedOf7)
		if len(raw) > 8 && pos > int64(binary.BigEndian.Uint64(raw)) {
			return // see above
		}
		if err == nil && wantErr == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}
