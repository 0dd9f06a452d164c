package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var inEveryCodec = map[string]kgo.CompressionCodec{"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

func compressed(t testing.TB, codec kgo.CompressionCodec, plain []byte) ([]byte, kgo.CompressionCodecType) {
	t.Helper()
	c, err := kgo.DefaultCompressor(codec)
	if err != nil {
		t.Fatal(err)
	}
	return c.Compress(new(bytes.Buffer), plain)
}

// packed puts other bytes in the place of a batch's records.
func packed(raw, records []byte, codec kgo.CompressionCodecType) []byte {
	out := slices.Concat(raw[:headerSize], records)
	out[atAttributes+1] |= byte(codec)
	return seal(out)
}

// endless is a frame of zstd that does not say how long it is: so many blocks of 128
// KiB, each of them four bytes.
func endless(blocks int) []byte {
	out := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x50}
	for i := range blocks {
		head := uint32(128<<10)<<3 | 1<<1
		if i == blocks-1 {
			head |= 1
		}
		out = append(out, byte(head), byte(head>>8), byte(head>>16), 0)
	}
	return out
}

// inflate decodes the bytes of a fetch with at most 1 MiB for a record batch. It
// returns how many bytes that took.
func inflate(t testing.TB, c *kfake.Cluster, raw []byte) (rows int, took uint64, err error) {
	t.Helper()
	s := batch1(t, bootstrap(c), "subscribe=t", "max.batch.bytes=1048576")
	ch, err := walk(raw, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	st := &stream{conf: s.conf, at: tp{"t", 0}, to: ch.next, codecs: s.codecs, schema: s.arrow, chunk: ch, spans: ch.spans, out: newBuilder(s.arrow, tp{"t", 0}, false, 1)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := drain(st)
	runtime.ReadMemStats(&after)
	for _, b := range got {
		rows += b.NumRows()
	}
	return rows, after.TotalAlloc - before.TotalAlloc, err
}

// A record batch that holds far more than its size tells fails before it has taken
// that memory, in each codec; one just below the limit is read.
func TestBatchTooLarge(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	small, large := recordBatch(0, 0, -1, strings.Repeat("x", 1<<20-100)), recordBatch(0, 0, -1, strings.Repeat("x", 32<<20))
	bombs := map[string][]byte{"zstd without a length": packed(large, endless(8192), 4)}
	for name, codec := range inEveryCodec {
		plain, kind := compressed(t, codec, small[headerSize:])
		if rows, _, err := inflate(t, c, packed(small, plain, kind)); err != nil || rows != 1 {
			t.Errorf("%s, just below the limit: %d rows, %v", name, rows, err)
		}
		plain, kind = compressed(t, codec, large[headerSize:])
		bombs[name] = packed(large, plain, kind)
	}
	for name, raw := range bombs {
		rows, took, err := inflate(t, c, raw)
		if !errors.Is(err, ErrBatchTooLarge) || rows != 0 {
			t.Fatalf("%s: %d rows, %v", name, rows, err)
		}
		if says := "t-0: the record batch at offset 0, of "; !strings.HasPrefix(err.Error(), says) || !strings.Contains(err.Error(), "decompresses to more than 1048576: the batch is too large; if it is to be read, set max.batch.bytes higher") {
			t.Errorf("%s: %v", name, err)
		}
		if took > 24<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", name, took, len(raw))
		}
	}
}

// So does a message of the formats before record batches.
func TestLegacyMessageTooLarge(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	inner := kmsg.MessageV1{Magic: 1, Value: make([]byte, 4<<20)}
	plain, kind := compressed(t, kgo.GzipCompression(), sealLegacy(inner.AppendTo(nil)))
	outer := kmsg.MessageV1{Magic: 1, Attributes: int8(kind), Value: plain}
	if rows, _, err := inflate(t, c, sealLegacy(outer.AppendTo(nil))); !errors.Is(err, ErrBatchTooLarge) {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// The option counts what comes from a broker.
func TestMaxBatchBytes(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	produce(t, newTestClient(t, bootstrap(c), kgo.ProducerBatchCompression(kgo.ZstdCompression())), "t", 0, strings.Repeat("x", 5000))
	to := off(`{"t":{"0":1}}`)
	for _, streaming := range []bool{false, true} {
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t", "max.batch.bytes=4096")
		if _, err := s.tryRead(off(`{}`), to); !errors.Is(err, ErrBatchTooLarge) {
			t.Errorf("4096 bytes: %v", err)
		}
		s = openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t")
		equal(t, s.read(off(`{}`), to), []string{"t-0@0=" + strings.Repeat("x", 5000)})
	}
}

// Damaged compression is an error, and never a crash.
func FuzzInflate(f *testing.F) {
	for _, codec := range inEveryCodec {
		plain, kind := compressed(f, codec, recordBatch(0, 0, -1, "a", "b")[headerSize:])
		f.Add(plain, byte(kind))
	}
	f.Add(endless(3), byte(4))
	cl := newTestClient(f, "127.0.0.1:1", kgo.MaxDecompressBatchBytes(1<<20))
	f.Fuzz(func(t *testing.T, records []byte, kind byte) {
		out, err := codecsOf(cl).Decompress(records, kgo.CompressionCodecType(kind%5))
		if err == nil && len(out) > max(1<<20, len(records)) {
			t.Errorf("%d bytes give %d", len(records), len(out))
		}
		head := recordBatch(0, 0, -1, "a", "b")
		binary.BigEndian.PutUint32(head[atRecordCount:], 2)
		ours(packed(head, records, kgo.CompressionCodecType(kind%5)), 0, 1<<40, nil)
	})
}
