package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/riffledata/riffle/exec/source"
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
		if says := "t-0: the record batch at offsets 0 to 2, of "; !strings.HasPrefix(err.Error(), says) || !strings.Contains(err.Error(), "decompresses to more than 1048576: the batch is too large; if it is to be read, set max.batch.bytes higher, and have so much memory for each core; if it is to be left out, set failOnDataLoss=false") {
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

// leftOut reads what options say of a range of t-0, and what is told of it beside.
func leftOut(t *testing.T, s opened, from, to source.Offset) (rows, told []string) {
	t.Helper()
	for _, r := range s.rangesOf(from, to) {
		st, err := s.Open(ctxOf(t), r)
		if err != nil {
			t.Fatal(err)
		}
		st.(source.Refuser).Refuse(func(r source.Refused) error {
			if !errors.Is(r.Cause, ErrBatchTooLarge) || !strings.Contains(r.Cause.Error(), "t-0: the record batch at offsets 1 to 3, of ") {
				t.Errorf("%v", r.Cause)
			}
			told = append(told, fmt.Sprintf("%s-%d %d-%d %d", r.Topic, r.Partition, r.First, r.Last, r.Rows))
			return nil
		})
		got, err := drain(st)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, textOf(got)...)
	}
	return rows, told
}

// With failOnDataLoss=false a record batch that is too large is left out, the same way
// each time, and of the part of it in a range alone.
func TestTooLargeIsLeftOut(t *testing.T) {
	c := broker(t, kfake.SeedTopics(1, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerLinger(50*time.Millisecond))
	produce(t, cl, "t", 0, "a")
	produce(t, cl, "t", 0, strings.Repeat("x", 3000), strings.Repeat("y", 3000), strings.Repeat("z", 3000))
	produce(t, cl, "t", 0, "b")
	at := func(n int) source.Offset { return off(`{"t":{"0":%d}}`, n) }
	for _, streaming := range []bool{false, true} {
		s := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t", "max.batch.bytes=4096", "failOnDataLoss=false")
		for range 2 {
			rows, told := leftOut(t, s, at(0), at(5))
			equal(t, rows, []string{"t-0@0=a", "t-0@4=b"})
			equal(t, told, []string{"t-0 1-3 3"})
		}
		rows, told := leftOut(t, s, at(0), at(2))
		equal(t, rows, []string{"t-0@0=a"})
		equal(t, told, []string{"t-0 1-1 1"})
		rows, told = leftOut(t, s, at(2), at(5))
		equal(t, rows, []string{"t-0@4=b"})
		equal(t, told, []string{"t-0 2-3 2"})
		if m := s.Metrics(at(5)); m["recordBatchesTooLarge"] != "4" || m["recordsTooLarge"] != "9" {
			t.Errorf("metrics %v", m)
		}
		if _, err := s.tryRead(at(0), at(5)); !errors.Is(err, ErrBatchTooLarge) {
			t.Errorf("with nobody to tell: %v", err)
		}
		strict := openSpec(t, bootstrap(c), streaming, nil, NewProvider(), "subscribe=t", "max.batch.bytes=4096")
		st, err := strict.Open(ctxOf(t), strict.rangesOf(at(0), at(5))[0])
		if err != nil {
			t.Fatal(err)
		}
		st.(source.Refuser).Refuse(func(source.Refused) error { t.Error("it was left out"); return nil })
		if _, err := drain(st); !errors.Is(err, ErrBatchTooLarge) {
			t.Errorf("with failOnDataLoss: %v", err)
		}
	}
}

// A record batch may be larger than anything that was asked for, and than the answers
// that are usual: a broker has taken it, so it is read.
func TestBatchLargerThanAnswers(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "t"))
	cl := newTestClient(t, bootstrap(c), kgo.ProducerBatchCompression(kgo.NoCompression()))
	big := strings.Repeat("x", 900_000)
	want := []string{"t-0@0=a", "t-0@1=" + big, "t-0@2=b", "t-1@0=c"}
	produce(t, cl, "t", 0, "a")
	produce(t, cl, "t", 0, big)
	produce(t, cl, "t", 0, "b")
	produce(t, cl, "t", 1, "c")
	for _, streaming := range []bool{false, true} {
		for _, answers := range []int32{100 << 20, 200 << 10} {
			sp, err := spec(NewProvider(), streaming, "kafka.bootstrap.servers="+bootstrap(c), "subscribe=t", "startingOffsets=earliest",
				"kafka.fetch.max.bytes=4096", "kafka.max.partition.fetch.bytes=1024", "kafka.retry.backoff.ms=5", "kafka.default.api.timeout.ms=10000")
			if err != nil {
				t.Fatal(err)
			}
			conf, err := parseConfig(sp)
			if err != nil {
				t.Fatal(err)
			}
			conf.client.answerBytes = answers
			schema, err := schemaOf(conf, sp)
			if err != nil {
				t.Fatal(err)
			}
			src, err := openSource(ctxOf(t), conf, schema, false, func(Loss) {})
			if err != nil {
				t.Fatal(err)
			}
			s := opened{src, t}
			begin, at := time.Now(), s.initial()
			if streaming {
				if err := s.Wait(ctxOf(t), at); err != nil {
					t.Error(err)
				}
			}
			to := off(`{"t":{"0":3,"1":1}}`)
			equal(t, s.read(at, to), want)
			if streaming {
				produceMore := make(chan error, 1)
				go func() { produceMore <- s.Wait(ctxOf(t), to) }()
				produce(t, cl, "t", 1, "d")
				if err := <-produceMore; err != nil {
					t.Error(err)
				}
			}
			if small := answers < 900_000; src.usedLarge.Load() != small {
				t.Errorf("streaming %t, answers of %d: another client was used: %t", streaming, answers, !small)
			}
			if took := time.Since(begin); took > 4*time.Second {
				t.Errorf("streaming %t, answers of %d: it took %v", streaming, answers, took)
			}
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
